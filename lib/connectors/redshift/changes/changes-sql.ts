// The statements that find what has changed, and remember what was delivered; pure. Golden text: changes-sql.golden.txt.
// Tables in `_rudderstack`, all of one connection alone: Redshift's conflicts (1023) are by table, and a warehouse user
// needs no rights on another's. docs/state.md says what each holds.
import { createHash } from "node:crypto";
import {
  DELETE_MARK,
  SAMPLE_CHARACTERS,
  type ChangeCounts,
  type ChangeSetRequest,
  type InvalidReason,
  type Rejected,
} from "@/lib/connectors/contract/changes";
import { startOf } from "@/lib/platform/foreign-text";
import { MAX_TEXT_BYTES, type RedshiftColumn } from "@/lib/connectors/redshift/catalog/columns";
import { literal } from "@/lib/connectors/redshift/quote";
import { STATE_SCHEMA } from "@/lib/connectors/redshift/spec";
import {
  asCell,
  asText,
  constant,
  identifier,
  inState,
  lines,
  MAX_KEY_BYTES,
  MAX_NAME_BYTES,
  NULL_TEXT,
  qualified,
  tooLong,
  typed,
} from "@/lib/connectors/redshift/sql";

// ── Names ────────────────────────────────────────────────────────────────────

const hex32 = (id: string): string => {
  const plain = id.replaceAll("-", "").toLowerCase();
  return /^[0-9a-f]{32}$/.test(plain)
    ? plain
    : createHash("sha256").update(id).digest("hex").slice(0, 32);
};
export const stateTable = (connectionId: string): string => `tidegate_state_${hex32(connectionId)}`;
export const snapshotTable = (connectionId: string): string =>
  `tidegate_snapshot_${hex32(connectionId)}`;
export const logTable = (connectionId: string): string => `tidegate_log_${hex32(connectionId)}`;
const nextTable = (connectionId: string): string => `tidegate_next_${hex32(connectionId)}`;
const deltaPrefix = (connectionId: string): string =>
  `tidegate_delta_${hex32(connectionId).slice(0, 12)}_`;
export const deltaTable = (connectionId: string, runId: string): string =>
  deltaPrefix(connectionId) + hex32(runId);

// ── State ────────────────────────────────────────────────────────────────────

export const createState = (connectionId: string): string =>
  lines(
    `CREATE TABLE IF NOT EXISTS ${inState(stateTable(connectionId))} (fence bigint NOT NULL, revision bigint NOT NULL, run_id varchar(64), mapping_hash varchar(64), committed_at timestamp, compared_at timestamp, cursor_value varchar(64),`,
    "  delta_run_id varchar(64), delta_mapping_hash varchar(64), delta_kind varchar(8), delta_cursor varchar(64), delta_at timestamp, rows_read bigint, rows_unchanged bigint, rows_to_deliver bigint, rows_invalid bigint, rows_inserted bigint, rows_deleted bigint, rows_known bigint, max_row_bytes bigint)",
  );

/** A cursor alone would miss for ever what was committed later than it looks back: so often the whole table is compared. */
const WHOLE_EVERY = "INTERVAL '24 hours'";

/** Before the first row is made: whoever comes second waits, and then sees it. */
export const lockState = (connectionId: string): string =>
  `LOCK ${inState(stateTable(connectionId))}`;

/** One row. Earlier versions may have made two when two began at once; every change is to both, and the later fence is read. */
export const readState = (connectionId: string): string =>
  lines(
    `SELECT fence, revision, run_id, mapping_hash, cursor_value, CASE WHEN compared_at > GETDATE() - ${WHOLE_EVERY} THEN 1 ELSE 0 END,`,
    "  delta_run_id, delta_mapping_hash, delta_kind, delta_cursor, rows_read, rows_unchanged, rows_to_deliver, rows_invalid, rows_inserted, rows_deleted, rows_known, max_row_bytes, CAST(delta_at AS varchar)",
    `FROM ${inState(stateTable(connectionId))} ORDER BY fence DESC LIMIT 1`,
  );
export const insertState = (connectionId: string, fence: number): string =>
  `INSERT INTO ${inState(stateTable(connectionId))} (fence, revision) VALUES (${fence}, 0)`;
export const moveFence = (connectionId: string, fence: number): string =>
  `UPDATE ${inState(stateTable(connectionId))} SET fence = ${fence}`;
export const dropDelta = (connectionId: string, runId: string): string =>
  `DROP TABLE IF EXISTS ${inState(deltaTable(connectionId, runId))}`;

// ── Change detection ─────────────────────────────────────────────────────────

/**
 * What a delta is about. first: there is nothing comparable to compare with, every row is delivered · whole: the table
 * is compared with the snapshot · part: only some rows are, those from the cursor on or those of `onlyKeys`.
 */
export type DeltaKind = "first" | "whole" | "part";

export type DeltaPlan = Pick<
  ChangeSetRequest,
  "selection" | "mode" | "connectionId" | "runId" | "mappingHash" | "onlyKeys"
> & {
  kind: DeltaKind;
  columns: RedshiftColumn[];
  keys: RedshiftColumn[];
  /** With the value to begin at; null: all rows. */
  cursor: { column: RedshiftColumn; lookBackMinutes: number; from: string | null } | null;
  /** How many runs were committed before. */
  revision: number;
  hasSnapshot: boolean;
  /** Texts whose comparison ignores case, by name: they are compared by their MD5. */
  ignoringCase: ReadonlySet<string>;
  /** Keys of several rows are looked for; without, each key is taken to be of one, which the counts then prove or not. */
  withDuplicates: boolean;
};

const escaped = (text: string): string =>
  [
    ["\\", "\\\\"],
    ['"', '\\"'],
    ["\n", "\\n"],
    ["\r", "\\r"],
    ["\t", "\\t"],
  ].reduce(
    (ref, [from = "", to = ""]) => `REPLACE(${ref}, ${literal(from)}, ${literal(to)})`,
    text,
  );

/** How many characters of a key that is too long are shown to people. */
const SHOWN_OF_LONG_KEY = 200;

/** The key's text: of one column its own, of several a JSON array of them, so that no two keys share a text. NULL when one is. */
export function keyText(keys: RedshiftColumn[]): string {
  if (keys.length === 1) return asText(keys[0]!);
  const part = (key: RedshiftColumn) => {
    const text = asText(key);
    if (key.kind !== "text" && key.kind !== "json") return text;
    if (key.maxBytes <= MAX_KEY_BYTES) return escaped(text);
    // a concatenation beyond Redshift's longest text fails the statement: what is longer than a key may be gets another
    // text that is too long as well, and is rejected by it
    return `CASE WHEN OCTET_LENGTH(${text}) > ${MAX_KEY_BYTES} THEN ${escaped(`LEFT(${text}, ${SHOWN_OF_LONG_KEY})`)} || REPEAT('.', ${MAX_KEY_BYTES}) ELSE ${escaped(`LEFT(${text}, ${MAX_KEY_BYTES})`)} END`;
  };
  return `'["' || ${keys.map(part).join(` || '","' || `)} || '"]'`;
}

/**
 * The value that is the key where that is one whole number, as its index: rows are then matched by it instead of its
 * text. It is cheaper, planners know how many values it has, and a source that is distributed by it meets the snapshot
 * on the same slice.
 */
export function integerKey(
  selection: { columns: string[]; keys: string[] },
  isInteger: (index: number) => boolean,
): number | null {
  const index = selection.keys.length === 1 ? selection.columns.indexOf(selection.keys[0]!) : -1;
  return index >= 0 && isInteger(index) ? index : null;
}

/** How a row `r` of the source and `p` of the snapshot are matched. The columns of another mapping's snapshot are others. */
function matched(plan: DeltaPlan): string {
  const key = plan.kind === "first" ? null : keyIn(plan);
  return key === null ? "p.row_key = r.row_key" : `p.c${key} = r.c${key}`;
}
const keyIn = ({ selection, columns }: DeltaPlan) =>
  integerKey(selection, (index) => /^(integer|bigint)$/.test(columns[index]?.kind ?? ""));

/** Kinds whose text is of a few letters and digits: a `;` ends it, and no `~` is among it. Theirs is made once, not measured first. */
const selfEnding = new Set<RedshiftColumn["kind"]>([
  "integer",
  "bigint",
  "decimal",
  "float",
  "boolean",
  "timestamp",
  "timestamptz",
]);

/**
 * MD5s over an injective text of the values: each is `<bytes>:<text>`, or `<text>;` where the text can't hold a `;`, or
 * `~` for NULL, so that no two rows share a text. Columns are packed into one MD5 while their texts fit into Redshift's
 * longest one, a long column has its own. `ref` names the value of a column.
 */
export function valueHashes(columns: RedshiftColumn[], ref: (index: number) => string): string[] {
  const groups: { terms: string[]; bytes: number }[] = [];
  for (const [index, column] of columns.entries()) {
    const text = asText(column, ref(index));
    const bytes = column.maxBytes + 8; // the length before it and the colon
    const alone = bytes > MAX_TEXT_BYTES;
    const measured = alone
      ? `COALESCE(MD5(${text}), '~')`
      : `COALESCE(CAST(OCTET_LENGTH(${text}) AS varchar) || ':' || ${text}, '~')`;
    const term = selfEnding.has(column.kind) ? `COALESCE(${text} || ';', '~')` : measured;
    const size = alone ? 32 : bytes;
    const open = groups.at(-1);
    if (open && open.bytes + size <= MAX_TEXT_BYTES) {
      open.terms.push(term);
      open.bytes += size;
    } else groups.push({ terms: [term], bytes: size });
  }
  return groups.map(({ terms }) => `MD5(${terms.join(" || ")})`);
}

/**
 * The message id: a redelivery is the same message, also by the run after one that failed, and a value that flips back
 * is a new one. Made where there are many to do it, and only of rows that are delivered.
 */
const messageId = ({ connectionId, mappingHash, revision, columns }: DeltaPlan): string =>
  `MD5(${[literal(`${connectionId}:${mappingHash}:${revision}:`), `CASE WHEN x.op = 'delete' THEN 'd' ELSE '' END`, ...valueHashes(columns, (index) => `x.c${index}`), `COALESCE(LEFT(x.row_key, ${MAX_KEY_BYTES}), '')`].join(" || ")})`;

/** True where both are the same value, NULL and NULL too; false or NULL where not. Blanks at the end count, which `=` ignores. */
function isSame(column: RedshiftColumn, index: number, ignoringCase: ReadonlySet<string>): string {
  const [a, b] = [`r.c${index}`, `p.c${index}`];
  const both = (same: string, x = a, y = b) => `(${same} OR ${x} IS NULL AND ${y} IS NULL)`;
  // whether NaN equals NaN on a cluster is documented nowhere; its text does
  if (column.kind === "float")
    return both(`${a} = ${b} OR ${asText(column, a)} = ${asText(column, b)}`);
  if (selfEnding.has(column.kind) || column.type === "date") return both(`${a} = ${b}`);
  if (ignoringCase.has(column.name))
    return both(`MD5(${asText(column, a)}) = MD5(${asText(column, b)})`);
  if (column.form === "text")
    return both(`${a} = ${b} AND OCTET_LENGTH(${a}) = OCTET_LENGTH(${b})`);
  const [x, y] = [asText(column, a), asText(column, b)];
  return both(`${x} = ${y}`, x, y);
}

const mark = (reason: InvalidReason): string => literal(reason);

/** Interval literals are documented beside DATE and TIMESTAMP alone (AWS, “Interval literals”); the session's zone is UTC. */
const lookedBack = (value: string, type: string, interval: string): string =>
  type === "timestamptz"
    ? `CAST(CAST(${value} AS timestamp) - ${interval} AS timestamptz)`
    : `${value} - ${interval}`;

/** Which rows of the source a delta looks at; null: all. */
function onlyRows({ kind, cursor, onlyKeys, keys }: DeltaPlan): string | null {
  if (kind !== "part") return null;
  if (onlyKeys) return `${keyText(keys)} IN (${onlyKeys.map(literal).join(", ")})`;
  if (!cursor?.from) return null;
  const { column, lookBackMinutes, from } = cursor;
  const value = `CAST(${literal(from)} AS ${column.type})`;
  const isTime = /^(timestamp|date)/.test(column.type) && lookBackMinutes > 0;
  const begin = isTime
    ? lookedBack(value, column.type, `INTERVAL '${Math.trunc(lookBackMinutes)} minutes'`)
    : value;
  return `${identifier(column.name)} >= ${begin} OR ${identifier(column.name)} IS NULL`;
}

const sourceRows = (plan: DeltaPlan): string => {
  const filter = onlyRows(plan);
  return `${qualified(plan.selection.schema, plan.selection.table)}${filter ? ` WHERE ${filter}` : ""}`;
};

/** The key of a delta: one that is too long is another text, of at most 200 characters and 1,024 dots, and still is. */
const KEY_TYPE = `varchar(${2 * MAX_KEY_BYTES})`;
/**
 * The key `ref` as a delta has it. Where a cast to a shorter varchar cuts a text whose characters have several bytes is
 * documented nowhere, so none is cut by it.
 */
function deltaKey(keys: RedshiftColumn[], ref: string): string {
  const [only] = keys;
  const isShort = keys.length === 1 && only!.maxBytes <= MAX_KEY_BYTES;
  if (isShort) return typed(ref, KEY_TYPE);
  return typed(
    `CASE WHEN OCTET_LENGTH(${ref}) > ${MAX_KEY_BYTES} THEN LEFT(${ref}, ${SHOWN_OF_LONG_KEY}) || REPEAT('.', ${MAX_KEY_BYTES}) ELSE ${ref} END`,
    KEY_TYPE,
  );
}
/** Bytes of `op` and of `mark`: the longest are "update" and "duplicate-key". */
const OP_BYTES = 8;
const MARK_BYTES = 16;
const op = (name: "insert" | "update" | "delete" | "gone"): string => constant(name, OP_BYTES);

/**
 * New, changed, gone and invalid rows, in one statement. Values keep their own types under names of ours (c0, c1 …), so
 * that no name of the user's can clash. Of the others only the snapshot's own row, with the very same values, is left
 * out. op: insert, update, delete, or gone, which is a delete that isn't delivered and so has no seq.
 */
export function createDelta(plan: DeltaPlan): string {
  const { connectionId, runId, columns, cursor } = plan;
  return lines(
    `CREATE TABLE ${inState(deltaTable(connectionId, runId))} DISTSTYLE EVEN SORTKEY(seq) AS`,
    `SELECT ${sequence(plan)} AS seq, x.row_key, ${messageId(plan)} AS message_id, x.op, ${markOf(plan)} AS mark,`,
    `  ${[...(cursor ? ["x.cursor_at"] : []), ...columns.map((_, index) => `x.c${index}`)].join(", ")}`,
    `FROM (${changedRows(plan)}) x`,
  );
}

/** Deletes come first, so that a receiver frees what an insert may need; rows that are only gone have no number. */
function sequence(plan: DeltaPlan): string {
  if (!findsGone(plan)) return "ROW_NUMBER() OVER ()";
  if (plan.mode === "mirror")
    return "ROW_NUMBER() OVER (ORDER BY CASE WHEN x.op = 'delete' THEN 0 ELSE 1 END)";
  return "CASE WHEN x.op = 'gone' THEN NULL ELSE ROW_NUMBER() OVER (ORDER BY CASE WHEN x.op = 'gone' THEN 1 ELSE 0 END) END";
}

/** Only a comparison with the whole table shows what is no longer in it. */
const findsGone = ({ hasSnapshot, kind }: DeltaPlan): boolean => hasSnapshot && kind !== "part";
/** Whether the snapshot's values can be compared with the table's. */
const compares = ({ hasSnapshot, kind }: DeltaPlan): boolean => hasSnapshot && kind !== "first";

/** Why a row of `changedRows`, as `x`, is not simply delivered; NULL for one that is. */
function markOf({ mode, withDuplicates }: DeltaPlan): string {
  const reasons = [
    mode === "mirror"
      ? `WHEN x.op = 'delete' THEN ${literal(DELETE_MARK)}`
      : "WHEN x.op = 'gone' THEN 'gone'",
    `WHEN x.row_key IS NULL THEN ${mark("null-key")}`,
    ...(withDuplicates ? [`WHEN x.is_duplicate THEN ${mark("duplicate-key")}`] : []),
    `WHEN OCTET_LENGTH(x.row_key) > ${MAX_KEY_BYTES} THEN ${mark("long-key")}`,
    `WHEN x.too_long THEN ${mark("long-value")}`,
  ];
  return typed(`CASE ${reasons.join(" ")} END`, `varchar(${MARK_BYTES})`);
}

/** Keys of several rows, as `d`. */
const joinDuplicates = (plan: DeltaPlan): string =>
  `LEFT JOIN (SELECT row_key FROM (SELECT ${keyText(plan.keys)} AS row_key FROM ${sourceRows(plan)}) k WHERE row_key IS NOT NULL GROUP BY row_key HAVING COUNT(*) > 1) d ON d.row_key = r.row_key`;

/**
 * The select behind a delta: row_key, too_long, op and the values. What is gone comes from a second branch: one FULL
 * JOIN would find it too, but AWS's limitations of SUPER rule out right and full outer joins.
 */
const changedRows = (plan: DeltaPlan): string =>
  findsGone(plan) ? lines(foundRows(plan), "  UNION ALL", goneRows(plan)) : foundRows(plan);

/** Rows of the source that are new, changed or invalid; for a sample of updates the values before (b0, b1 …) instead of theirs. */
function foundRows(plan: DeltaPlan, withBefore = false): string {
  const { connectionId, columns, keys, cursor, hasSnapshot, ignoringCase, withDuplicates } = plan;
  const guards = columns
    .map((column) => tooLong(column, identifier(column.name)))
    .filter((guard) => guard !== null);
  const isTooLong =
    guards.length > 0 ? `CASE WHEN ${guards.join(" OR ")} THEN true ELSE false END` : "false";
  const same = columns.map((column, index) => isSame(column, index, ignoringCase)).join(" AND ");
  const changed = [
    "p.row_key IS NULL",
    ...(withDuplicates ? ["d.row_key IS NOT NULL"] : []),
    "r.too_long",
    `CASE WHEN ${same} THEN 0 ELSE 1 END = 1`,
  ];
  const values = columns.map((_, index) =>
    withBefore ? `p.c${index} AS b${index}` : `r.c${index}`,
  );
  return lines(
    `SELECT ${deltaKey(keys, "r.row_key")} AS row_key, r.too_long,${withDuplicates ? " CASE WHEN d.row_key IS NULL THEN false ELSE true END AS is_duplicate," : ""}${cursor ? " r.cursor_at," : ""}`,
    `    ${hasSnapshot ? `CASE WHEN p.row_key IS NULL THEN ${op("insert")} ELSE ${op("update")} END` : op("insert")} AS op,`,
    `    ${values.join(", ")}`,
    `  FROM (SELECT ${keyText(keys)} AS row_key, ${isTooLong} AS too_long,${cursor ? ` ${identifier(cursor.column.name)} AS cursor_at,` : ""}`,
    `      ${columns.map((column, index) => `${identifier(column.name)} AS c${index}`).join(", ")}`,
    `    FROM ${sourceRows(plan)}) r`,
    ...(hasSnapshot
      ? [`  LEFT JOIN ${inState(snapshotTable(connectionId))} p ON ${matched(plan)}`]
      : []),
    ...(withDuplicates ? [`  ${joinDuplicates(plan)}`] : []),
    ...(compares(plan) ? [`  WHERE ${changed.join(" OR ")}`] : []),
  );
}

/**
 * Remembered rows whose key the source no longer has; where nothing of them is delivered, only their key. Their columns
 * have the types of the first branch: which one's width a UNION takes is documented nowhere.
 */
function goneRows(plan: DeltaPlan): string {
  const { mode, kind, connectionId, columns, keys, cursor, withDuplicates } = plan;
  const key = kind === "first" ? null : keyIn(plan);
  const values = columns.map((column, index) =>
    compares(plan) && (mode === "mirror" || index === key)
      ? typed(`p.c${index}`, column.type)
      : typed("NULL", column.type),
  );
  const source =
    key === null
      ? `SELECT ${keyText(keys)} AS row_key`
      : `SELECT ${identifier(columns[key]!.name)} AS c${key}`;
  const missing = key === null ? "s.row_key" : `s.c${key}`;
  return lines(
    `  SELECT ${typed("p.row_key", KEY_TYPE)}, false,${withDuplicates ? " false," : ""}${cursor ? ` ${typed("NULL", cursor.column.type)},` : ""}`,
    `    ${mode === "mirror" ? op("delete") : op("gone")},`,
    `    ${values.join(", ")}`,
    `  FROM ${inState(snapshotTable(connectionId))} p`,
    `  LEFT JOIN (${source} FROM ${sourceRows(plan)}) s ON ${missing} = p${missing.slice(1)}`,
    `  WHERE ${missing} IS NULL`,
  );
}

// ── Dry run ──────────────────────────────────────────────────────────────────

/** Rows of a dry run by what would become of them; a plan of it looks for keys of several rows in any case. */
const dryRows = (plan: DeltaPlan, rows: string): string =>
  `(SELECT CASE WHEN m.mark IS NULL OR m.mark = ${literal(DELETE_MARK)} THEN m.op ELSE ${constant("rejected", OP_BYTES)} END AS what, m.* FROM (SELECT x.*, ${markOf(plan)} AS mark FROM (${rows}) x) m WHERE m.op <> 'gone') g`;

export const countDryRun = (plan: DeltaPlan): string =>
  `SELECT g.what, COUNT(*) FROM ${dryRows(plan, changedRows(plan))} GROUP BY g.what`;

const shown = (columns: RedshiftColumn[], ref: (index: number) => string): string =>
  columns
    .map((column, index) => `LEFT(${asText(column, ref(index))}, ${SAMPLE_CHARACTERS})`)
    .join(", ");

/** Key, mark and values of some rows. */
export const sampleDryRun = (
  plan: DeltaPlan,
  what: "insert" | "update" | "delete" | "rejected",
  limit: number,
): string =>
  `SELECT LEFT(g.row_key, ${SAMPLE_CHARACTERS}), g.mark, ${shown(plan.columns, (index) => `g.c${index}`)} FROM ${dryRows(plan, changedRows(plan))} WHERE g.what = '${what}' ORDER BY g.row_key LIMIT ${limit}`;

/**
 * Of updates the values before them, for the same rows in the same order: together with those after them they could
 * pass the 1,664 entries that a select list may have.
 */
export const sampleBefore = (plan: DeltaPlan, limit: number): string =>
  `SELECT ${shown(plan.columns, (index) => `g.b${index}`)} FROM ${dryRows(plan, foundRows(plan, true))} WHERE g.what = 'update' ORDER BY g.row_key LIMIT ${limit}`;

/** Rows that are as they were delivered. */
export const sampleUnchanged = (plan: DeltaPlan, limit: number): string =>
  lines(
    `SELECT LEFT(r.row_key, ${SAMPLE_CHARACTERS}), ${NULL_TEXT}, ${shown(plan.columns, (index) => `r.c${index}`)}`,
    `FROM (SELECT ${keyText(plan.keys)} AS row_key, ${plan.columns.map((column, index) => `${identifier(column.name)} AS c${index}`).join(", ")} FROM ${sourceRows(plan)}) r`,
    `JOIN ${inState(snapshotTable(plan.connectionId))} p ON ${matched(plan)}`,
    joinDuplicates(plan),
    `WHERE d.row_key IS NULL AND ${plan.columns.map((column, index) => isSame(column, index, plan.ignoringCase)).join(" AND ")} LIMIT ${limit}`,
  );

// ── Counts ───────────────────────────────────────────────────────────────────

/** Rows of the source that are looked at, and the cursor's greatest value. */
export const countRead = (plan: DeltaPlan): string =>
  `SELECT COUNT(*), ${plan.cursor ? `CAST(MAX(${identifier(plan.cursor.column.name)}) AS varchar)` : NULL_TEXT} FROM ${sourceRows(plan)}`;

export const countKnown = (connectionId: string): string =>
  `SELECT COUNT(*) FROM ${inState(snapshotTable(connectionId))}`;

export const countDuplicates = ({ connectionId, runId }: DeltaPlan): string =>
  `SELECT COUNT(*) FROM (SELECT row_key FROM ${inState(deltaTable(connectionId, runId))} WHERE row_key IS NOT NULL GROUP BY row_key HAVING COUNT(*) > 1) d`;

/** Source rows whose key is stored and not in the delta: counted apart from the statement that made it, to prove it. */
export const countUnchanged = (plan: DeltaPlan): string =>
  lines(
    `SELECT COUNT(*) FROM (SELECT ${keyText(plan.keys)} AS row_key FROM ${sourceRows(plan)}) k`,
    `JOIN ${inState(snapshotTable(plan.connectionId))} p ON p.row_key = k.row_key`,
    `LEFT JOIN ${inState(deltaTable(plan.connectionId, plan.runId))} d ON d.row_key = k.row_key`,
    "WHERE d.row_key IS NULL",
  );

/**
 * Inserts, updates, gone or deleted keys, rows to deliver, invalid rows, the last seq, and the size of the largest row
 * (for bounded pages): what is declared where that is no more than `enough`, else measured.
 */
export function countDelta(
  { connectionId, runId, columns }: Pick<DeltaPlan, "connectionId" | "runId" | "columns">,
  enough: number,
): string {
  const declared = columns.reduce((sum, { maxBytes }) => sum + maxBytes, 0);
  const sizes = columns.map((column, index) => {
    if (column.form === "super") return `COALESCE(JSON_SIZE(c${index}), 0)`;
    return column.form === "text" || column.form === "varbyte"
      ? `COALESCE(OCTET_LENGTH(${asText(column, `c${index}`)}), 0)`
      : String(Math.min(column.maxBytes, 256));
  });
  const sum = (condition: string) => `COALESCE(SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END), 0)`;
  return lines(
    `SELECT ${[sum("op = 'insert'"), sum("op = 'update'"), sum("op IN ('delete', 'gone')"), sum(`mark IS NULL OR mark = ${literal(DELETE_MARK)}`), sum(`mark IS NOT NULL AND mark NOT IN (${literal(DELETE_MARK)}, 'gone')`), "COALESCE(MAX(seq), 0)"].join(", ")},`,
    `  ${declared <= enough ? declared : `COALESCE(MAX(${["0", ...sizes].join(" + ")}), 0)`}`,
    `FROM ${inState(deltaTable(connectionId, runId))}`,
  );
}

/** Lists the delta: only what is complete is listed, since it is in the transaction that made it. */
export const recordDelta = (
  { connectionId, runId, mappingHash, kind }: DeltaPlan,
  counts: ChangeCounts,
  cursor: string | null,
  maxRowBytes: number,
): string =>
  lines(
    `UPDATE ${inState(stateTable(connectionId))} SET delta_run_id = ${literal(runId)}, delta_mapping_hash = ${literal(mappingHash)}, delta_kind = ${literal(kind)}, delta_cursor = ${cursor === null ? "NULL" : literal(cursor)}, delta_at = GETDATE(),`,
    `  rows_read = ${counts.read}, rows_unchanged = ${counts.unchanged}, rows_to_deliver = ${counts.toDeliver}, rows_invalid = ${counts.invalid}, rows_inserted = ${counts.inserts}, rows_deleted = ${counts.deletes}, rows_known = ${counts.known}, max_row_bytes = ${maxRowBytes}`,
  );

/** Of some rows whether comparing these texts ignores case (COLLATE CASE_INSENSITIVE): 1 for those that do. */
export const probeCase = (connectionId: string, indexes: number[]): string =>
  // the beginning of a text is enough, and a whole one plus a letter may be longer than any text may be
  `SELECT ${indexes.map((index) => `MAX(CASE WHEN LEFT(c${index}, 8) || 'a' = LEFT(c${index}, 8) || 'A' THEN 1 ELSE 0 END)`).join(", ")} FROM (SELECT * FROM ${inState(snapshotTable(connectionId))} LIMIT 1000) s`;

/** Rows `afterSeq` < seq ≤ `throughSeq`: seq is dense, so a range is a page. */
export const readPage = (
  connectionId: string,
  runId: string,
  columns: RedshiftColumn[],
  afterSeq: number,
  throughSeq: number,
): string =>
  `SELECT ${["seq", "row_key", "message_id", "mark", ...columns.map((column, index) => asCell(column, `c${index}`))].join(", ")} FROM ${inState(deltaTable(connectionId, runId))} WHERE seq > ${afterSeq} AND seq <= ${throughSeq} ORDER BY seq`;

// ── Commit ───────────────────────────────────────────────────────────────────

/** A statement is at most 16 MB, but a plan of a million constants is no plan. */
const REJECTED_PER_STATEMENT = 10_000;

/** Marks rows that the receiver refused: they are not remembered as delivered. */
export function markRejected(connectionId: string, runId: string, rejected: number[]): string[] {
  const chunks = Array.from(
    { length: Math.ceil(rejected.length / REJECTED_PER_STATEMENT) },
    (_, index) =>
      rejected.slice(index * REJECTED_PER_STATEMENT, (index + 1) * REJECTED_PER_STATEMENT),
  );
  return chunks.map(
    (seqs) =>
      `UPDATE ${inState(deltaTable(connectionId, runId))} SET mark = 'rejected' WHERE seq IN (${seqs.map((seq) => Math.trunc(seq)).join(", ")}) AND (mark IS NULL OR mark = ${literal(DELETE_MARK)})`,
  );
}

/** Rows and deletes that were delivered, and the least cursor of what was not: from there on the next run looks again. */
export const countDelivered = (connectionId: string, runId: string, hasCursor: boolean): string => {
  const isDelete = `mark = ${literal(DELETE_MARK)}`;
  return `SELECT COALESCE(SUM(CASE WHEN mark IS NULL THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN ${isDelete} THEN 1 ELSE 0 END), 0), ${hasCursor ? `CAST(MIN(CASE WHEN mark IS NOT NULL AND mark <> 'gone' THEN cursor_at END) AS varchar)` : NULL_TEXT} FROM ${inState(deltaTable(connectionId, runId))}`;
};

const names = (columns: number, alias = ""): string =>
  ["row_key", ...Array.from({ length: columns }, (_, index) => `c${index}`)]
    .map((name) => alias + name)
    .join(", ");

/** What was delivered enters the snapshot, what is gone leaves it. `key` as `integerKey` says. */
export function mergeSnapshot(
  connectionId: string,
  runId: string,
  columns: number,
  key: number | null,
): { remove: string; insert: string } {
  const [snapshot, delta] = [
    inState(snapshotTable(connectionId)),
    inState(deltaTable(connectionId, runId)),
  ];
  const by = key === null ? "row_key" : `c${key}`;
  return {
    remove: `DELETE FROM ${snapshot} WHERE ${by} IN (SELECT ${by} FROM ${delta} WHERE mark IS NULL OR mark IN (${literal(DELETE_MARK)}, 'gone'))`,
    insert: `INSERT INTO ${snapshot} (${names(columns)}) SELECT ${names(columns)} FROM ${delta} WHERE mark IS NULL`,
  };
}

/** What is remembered and the delta doesn't speak of. */
const restOf = (connectionId: string, runId: string): string =>
  `FROM ${inState(snapshotTable(connectionId))} p LEFT JOIN (SELECT DISTINCT row_key FROM ${inState(deltaTable(connectionId, runId))} WHERE mark IS NULL OR mark IN (${literal(DELETE_MARK)}, 'gone')) d ON d.row_key = p.row_key WHERE d.row_key IS NULL`;
export const countRest = (connectionId: string, runId: string): string =>
  `SELECT COUNT(*) ${restOf(connectionId, runId)}`;
export const countNext = (connectionId: string): string =>
  `SELECT COUNT(*) FROM ${inState(nextTable(connectionId))}`;

/**
 * A snapshot of its own making: the delivered rows of the delta, and of the one before `kept`: nothing; the keys of
 * rows that were rejected, so that their deletion will be noticed; or all that the delta doesn't speak of (in
 * the source's new types, where they have grown).
 */
export function replaceSnapshot(
  connectionId: string,
  runId: string,
  types: readonly string[],
  key: number | null,
  kept: "nothing" | "rejected keys" | "rest",
): { create: string; more: string[] } {
  const columns = types.length;
  const [snapshot, delta, next] = [
    inState(snapshotTable(connectionId)),
    inState(deltaTable(connectionId, runId)),
    inState(nextTable(connectionId)),
  ];
  const delivered = `SELECT ${names(columns)} FROM ${delta} WHERE mark IS NULL`;
  // each with the new type: which branch's width a UNION's column gets is not documented, and may be the last one's
  // (awslabs/amazon-redshift-utils #459)
  const widened = types.map((type, index) => typed(`p.c${index}`, type));
  const rest = `SELECT ${["p.row_key", ...widened].join(", ")} ${restOf(connectionId, runId)}`;
  const by = key === null ? "row_key" : `c${key}`;
  const keyOf = (alias: string) =>
    [`${alias}row_key`, ...(key === null ? [] : [`${alias}c${key}`])].join(", ");
  return {
    create: lines(
      `CREATE TABLE ${next} DISTKEY(${by}) SORTKEY(${by}) AS`,
      `SELECT CAST(row_key AS varchar(${MAX_KEY_BYTES})) AS row_key, ${names(columns).slice("row_key, ".length)} FROM (${kept === "rest" ? `${delivered} UNION ALL ${rest}` : delivered}) n`,
    ),
    more: [
      ...(kept === "rejected keys"
        ? [
            `INSERT INTO ${next} (${keyOf("")}) SELECT DISTINCT ${keyOf("d.")} FROM ${snapshot} p JOIN ${delta} d ON d.row_key = p.row_key WHERE d.mark NOT IN (${literal(DELETE_MARK)}, 'gone')`,
          ]
        : []),
      `DROP TABLE IF EXISTS ${snapshot}`,
      `ALTER TABLE ${next} RENAME TO ${identifier(snapshotTable(connectionId))}`,
    ],
  };
}

/** In the transaction that moves the snapshot, or drops it (mode full has none). A cursor of null stays what it was. */
export const commitState = (
  connectionId: string,
  {
    runId,
    mappingHash,
    kind,
    cursor,
  }: { runId: string; mappingHash: string; kind: DeltaKind; cursor: string | null },
): string =>
  `UPDATE ${inState(stateTable(connectionId))} SET run_id = ${literal(runId)}, revision = revision + 1, mapping_hash = ${literal(mappingHash)}, committed_at = GETDATE()${kind === "part" ? "" : ", compared_at = GETDATE()"}${cursor === null ? "" : `, cursor_value = ${literal(cursor)}`}`;

// ── Sync log ─────────────────────────────────────────────────────────────────

const invalidText: Record<InvalidReason, string> = {
  "null-key": "the row has no key",
  "duplicate-key": "several rows have this key",
  "long-key": "the key is too long",
  "long-value": "a value is too long",
};
const REASONS_PER_STATEMENT = 500;
const MAX_REASON = 250;

/** What became of each row of a run, for people's own queries: in the transaction that moves the state. `startedAt` is UTC. */
export function writeLog(
  connectionId: string,
  runId: string,
  days: number,
  startedAt: string,
  rejected: Rejected[],
): string[] {
  const [log, delta] = [inState(logTable(connectionId)), inState(deltaTable(connectionId, runId))];
  const row = (status: string, reason: string) =>
    `SELECT ${constant(connectionId, 64)}, ${constant(runId, 64)}, LEFT(d.row_key, ${MAX_REASON}), d.op, ${status}, ${reason}, CAST(${literal(startedAt)} AS timestamp), GETDATE() FROM ${delta} d`;
  const succeeded = `CASE WHEN d.mark IS NULL OR d.mark = ${literal(DELETE_MARK)} THEN 'succeeded' ELSE 'failed' END`;
  const invalid = Object.entries(invalidText).map(
    ([reason, text]) => `WHEN ${literal(reason)} THEN ${literal(text)}`,
  );
  const whyInvalid = `CASE d.mark ${invalid.join(" ")} END`;
  const chunks = Array.from(
    { length: Math.ceil(rejected.length / REASONS_PER_STATEMENT) },
    (_, index) =>
      rejected.slice(index * REASONS_PER_STATEMENT, (index + 1) * REASONS_PER_STATEMENT),
  );
  const reasons = (some: Rejected[]) =>
    some
      .map(
        ({ seq, reason }) =>
          `SELECT CAST(${Math.trunc(seq)} AS bigint) AS seq, ${constant(startOf(reason, MAX_REASON), 4 * MAX_REASON)} AS reason`,
      )
      .join(" UNION ALL ");
  return [
    `CREATE TABLE IF NOT EXISTS ${log} (connection_id varchar(64), sync_run_id varchar(64), primary_key varchar(${MAX_KEY_BYTES}), operation varchar(8), status varchar(16), error_reason varchar(${4 * MAX_REASON}), sync_started_at timestamp, sync_finished_at timestamp) SORTKEY(sync_finished_at)`,
    `DELETE FROM ${log} WHERE sync_finished_at < GETDATE() - INTERVAL '${Math.trunc(days)} days'`,
    `INSERT INTO ${log} ${row(typed(succeeded, "varchar(16)"), typed(whyInvalid, `varchar(${4 * MAX_REASON})`))} WHERE d.mark IS NULL OR d.mark NOT IN ('gone', 'rejected')`,
    ...chunks.map(
      (some) =>
        `INSERT INTO ${log} ${row(constant("failed", 16), "r.reason")} JOIN (${reasons(some)}) r ON r.seq = d.seq`,
    ),
  ];
}

// ── What is kept ─────────────────────────────────────────────────────────────

/** Every table of ours, also of connections that nobody knows any more. */
export const ourTables = `SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = ${literal(STATE_SCHEMA)} AND LEFT(CAST(tablename AS varchar), 9) = 'tidegate_' ORDER BY tablename`;
export const countRows = (tables: string[]): string =>
  tables
    .map((table) => `SELECT ${constant(table, MAX_NAME_BYTES)}, COUNT(*) FROM ${inState(table)}`)
    .join(" UNION ALL ");
/** In blocks of 1 MB; refused to most users, and silent of empty tables. */
export const tableSizes = `SELECT "table", size FROM svv_table_info WHERE "schema" = ${literal(STATE_SCHEMA)}`;

/** Which of these connections a table is of, by its name, and what it holds. */
export function kindOfTable(
  table: string,
  connectionIds: string[],
): { connectionId: string | null; what: "state" | "snapshot" | "delta" | "log" } | null {
  const [, what = "", id = ""] =
    /^tidegate_(state|snapshot|next|delta|log)_([0-9a-f]+)(?:_|$)/.exec(table) ?? [];
  if (!what) return null;
  return {
    connectionId:
      connectionIds.find(
        (connectionId) =>
          (what === "delta" ? hex32(connectionId).slice(0, 12) : hex32(connectionId)) === id,
      ) ?? null,
    what: what === "next" ? "snapshot" : (what as "state" | "snapshot" | "delta" | "log"),
  };
}

export const tablesOfConnection = (connectionId: string): string =>
  lines(
    `SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = ${literal(STATE_SCHEMA)}`,
    `AND (tablename IN (${[snapshotTable(connectionId), nextTable(connectionId), stateTable(connectionId), logTable(connectionId)].map(literal).join(", ")}) OR LEFT(CAST(tablename AS varchar), ${deltaPrefix(connectionId).length}) = ${literal(deltaPrefix(connectionId))})`,
  );
export const dropTable = (table: string): string => `DROP TABLE IF EXISTS ${inState(table)}`;
