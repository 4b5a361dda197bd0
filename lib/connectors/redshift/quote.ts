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
