// How names and texts are written into SQL; isomorphic, so that the scripts on the page are quoted as ours are.

/** The one quoter of names. Redshift folds ASCII capitals even inside quotes unless the session asks it not to; ours does. */
export function identifier(name: string): string {
  if (name === "" || name.includes("\0")) throw new Error("A name is empty or holds a zero byte.");
  return `"${name.replaceAll('"', '""')}"`;
}

/** The one quoter of texts. In Redshift a backslash escapes inside ordinary literals, so doubling quotes alone is an injection. */
export function literal(text: string): string {
  if (text.includes("\0")) throw new Error("A text holds a zero byte.");
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** AWS's list (r_pg_keywords): as a name they need quotation marks. */
const RESERVED = new Set(
  `aes128 aes256 all allowoverwrite analyse analyze and any array as asc authorization az64 backup between binary blanksasnull both bytedict
   bzip2 case cast check collate column connect constraint create credentials cross current_date current_time current_timestamp current_user
   current_user_id default deferrable deflate defrag delta delta32k desc disable distinct do else emptyasnull enable encode encrypt encryption
   end except explicit false for foreign freeze from full globaldict256 globaldict64k grant group gzip having identity ignore ilike in initially
   inner intersect interval into is isnull join language leading left like limit localtime localtimestamp lun luns lzo lzop minus mostly16
   mostly32 mostly8 natural new not notnull null nulls off offline offset oid old on only open or order outer overlaps parallel partition percent
   permissions pivot placing primary public raw readratio recover references rejectlog resort respect restore right select session_user similar
   snapshot some start sysdate system table tag tdes text255 text32k then timestamp to top trailing true truncatecolumns union unique unnest
   unpivot user using verbose wallet when where with without`.split(/\s+/),
);

/** A name bare where that says the same, as people write it, else quoted: for scripts that people read. */
export const plainIdentifier = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.has(name) ? name : identifier(name);
