// Every statement Tidegate sends to Redshift as a source; pure. Reviewed as golden text in sql.golden.txt.
// Redshift is not PostgreSQL: no ON CONFLICT, RETURNING, IS DISTINCT FROM, FILTER or VALUES as a table, and a
// has_…_privilege function never stands in one statement with a user's table or an SVV view.
import { createHash } from "node:crypto";
import type { ChangeCounts, Selection } from "@/lib/connectors/contract";
import { MAX_TEXT_BYTES, type RedshiftColumn, type TextForm } from "./columns";
import { identifier, literal } from "./quote";
import { STATE_SCHEMA } from "./spec";

export { identifier, literal };

export const qualified = (schema: string, table: string): string => `${identifier(schema)}.${identifier(table)}`;
const inState = (table: string): string => qualified(STATE_SCHEMA, table);
const lines = (...parts: string[]): string => parts.join("\n");

// ── Session ──────────────────────────────────────────────────────────────────

/** Makes text exact and names what we do: UTC, ISO dates, all digits of a float, names as they are written. */
export const sessionSettings = (statementTimeoutMs: number): string => lines(
  "SET query_group TO 'tidegate';",
  "SET datestyle TO 'ISO';",
  "SET timezone TO 'UTC';",
  "SET extra_float_digits TO 2;",
  "SET enable_case_sensitive_identifier TO true;",
  `SET statement_timeout TO ${Math.trunc(statementTimeoutMs)};`,
);

// ── Catalogue ────────────────────────────────────────────────────────────────

export const currentDatabase = "SELECT current_database()";

/** Every schema this user can see anything of, external and shared ones too. */
export const visibleSchemas = (database: string): string =>
  `SELECT schema_name FROM svv_all_schemas WHERE database_name = ${literal(database)} ORDER BY schema_name`;

/** Every schema of this database, and whether this user may look inside: leader-node only. */
export const schemaPrivileges = "SELECT nspname, has_schema_privilege(current_user, nspname, 'USAGE') FROM pg_catalog.pg_namespace ORDER BY nspname";

/** Who owns how many tables and views of each schema; PG_TABLES and PG_VIEWS show everybody everything. */
export const tableOwners = lines(
  "SELECT schema_name, owner, COUNT(*)",
  "FROM (SELECT schemaname AS schema_name, tableowner AS owner FROM pg_catalog.pg_tables",
  "      UNION ALL",
  "      SELECT schemaname, viewowner FROM pg_catalog.pg_views) t",
  "GROUP BY schema_name, owner ORDER BY schema_name, COUNT(*) DESC, owner",
);

const columnFields = "column_name, data_type, character_maximum_length, numeric_precision, numeric_scale";

export const columnsOf = (database: string, schema: string, table: string): string => lines(
  `SELECT ${columnFields} FROM svv_all_columns`,
  `WHERE database_name = ${literal(database)} AND schema_name = ${literal(schema)} AND table_name = ${literal(table)} ORDER BY ordinal_position`,
);

/** The older view: it knows the columns of late-binding views. */
export const columnsOfOlder = (schema: string, table: string): string => lines(
  `SELECT ${columnFields} FROM svv_columns`,
  `WHERE table_schema = ${literal(schema)} AND table_name = ${literal(table)} ORDER BY ordinal_position`,
);

// ── Checks ───────────────────────────────────────────────────────────────────

export const version = "SELECT version()";
export const stateSchemaExists = `SELECT COUNT(*) FROM pg_catalog.pg_namespace WHERE nspname = ${literal(STATE_SCHEMA)}`;
/** Fails when the schema doesn't exist, so that must be known first. */
export const stateSchemaPrivileges =
  `SELECT has_schema_privilege(current_user, ${literal(STATE_SCHEMA)}, 'USAGE'), has_schema_privilege(current_user, ${literal(STATE_SCHEMA)}, 'CREATE')`;
export const stateTables = `SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = ${literal(STATE_SCHEMA)} ORDER BY tablename`;
export const tableRights = ["SELECT", "INSERT", "UPDATE", "DELETE"] as const;
/** Four answers a table. Asked with literals alone: the function may not stand beside a table, and fails for one that is gone. */
export const stateTablePrivileges = (tables: string[]): string =>
  `SELECT ${tables.flatMap((table) => tableRights.map((right) => `has_table_privilege(current_user, ${literal(inState(table))}, '${right}')`)).join(", ")}`;
export const writeProbe = (suffix: string) => {
  const table = inState(`tidegate_check_${suffix}`);
  return {
    create: `CREATE TABLE ${table} (value varchar(16))`,
    write: `INSERT INTO ${table} VALUES ('written')`,
    read: `SELECT value FROM ${table}`,
    drop: `DROP TABLE ${table}`,
  };
};

// ── Values as text ───────────────────────────────────────────────────────────

/** True for a value whose text exceeds Redshift's longest: turning it into text fails the whole statement. Null: no value can. */
function tooLong(column: RedshiftColumn, ref: string): string | null {
  if (column.maxBytes < MAX_TEXT_BYTES) return null;
  if (column.form === "super") return `JSON_SIZE(${ref}) > ${MAX_TEXT_BYTES}`;
  return column.form === "varbyte" ? `OCTET_LENGTH(${ref}) * 2 > ${MAX_TEXT_BYTES}` : null;
}

const textForms: Record<TextForm, (ref: string) => string> = {
  text: (ref) => ref,
  cast: (ref) => `CAST(${ref} AS varchar)`,
  boolean: (ref) => `CASE WHEN ${ref} THEN 't' WHEN NOT ${ref} THEN 'f' END`,
  super: (ref) => `JSON_SERIALIZE(${ref})`,
  varbyte: (ref) => `FROM_VARBYTE(${ref}, 'hex')`,
  spatial: (ref) => `ST_AsEWKT(${ref})`,
  sketch: (ref) => `CAST(${ref} AS varchar(${MAX_TEXT_BYTES}))`,
};

/** A column's value as text inside a statement: the same text for the same value, NULL for NULL and for what is too long. */
export function asText(column: RedshiftColumn, ref = identifier(column.name)): string {
  const text = textForms[column.form](ref);
  const guard = tooLong(column, ref);
  return guard ? `CASE WHEN ${guard} THEN NULL ELSE ${text} END` : text;
}

/** What a page selects: the wire's own text, but for the types that have none. */
const asCell = (column: RedshiftColumn, ref: string): string => (["super", "varbyte", "spatial", "sketch"].includes(column.form) ? asText(column, ref) : ref);

/** Kinds whose text is of a few letters and digits: a `;` ends it, and no `~` is among it. Theirs is made once, not measured first. */
const selfEnding = new Set<RedshiftColumn["kind"]>(["integer", "bigint", "decimal", "float", "boolean", "timestamp", "timestamptz"]);

/**
 * md5 over an injective text of the values: each is `<bytes>:<text>`, or `<text>;` where the text can't hold a `;`,
 * or `~` for NULL, so that no two rows share a text. Columns are packed into one md5 while their texts fit into Redshift's longest one, a long column has its
 * own; the md5 over those is salted with the mapping, so that with another mapping every row is new.
 */
export function rowHash(columns: RedshiftColumn[], salt: string): string {
  const groups: { terms: string[]; bytes: number }[] = [];
  for (const column of columns) {
    const text = asText(column);
    const bytes = column.maxBytes + 8; // the length before it and the colon
    const alone = bytes > MAX_TEXT_BYTES;
    const term = selfEnding.has(column.kind) ? `COALESCE(${text} || ';', '~')` : alone ? `COALESCE(MD5(${text}), '~')` : `COALESCE(CAST(OCTET_LENGTH(${text}) AS varchar) || ':' || ${text}, '~')`;
    const size = alone ? 32 : bytes;
    const open = groups.at(-1);
    if (open && open.bytes + size <= MAX_TEXT_BYTES) {
      open.terms.push(term);
      open.bytes += size;
    } else groups.push({ terms: [term], bytes: size });
  }
  return `MD5(${[literal(salt), ...groups.map(({ terms }) => `MD5(${terms.join(" || ")})`)].join(" || ")})`;
}

// ── State ────────────────────────────────────────────────────────────────────

const hex32 = (id: string): string => {
  const plain = id.replaceAll("-", "").toLowerCase();
  return /^[0-9a-f]{32}$/.test(plain) ? plain : createHash("sha256").update(id).digest("hex").slice(0, 32);
};
export const snapshotTable = (connectionId: string): string => `tidegate_snapshot_${hex32(connectionId)}`;
export const stateTable = (connectionId: string): string => `tidegate_state_${hex32(connectionId)}`;
const deltaPrefix = (connectionId: string): string => `tidegate_delta_${hex32(connectionId).slice(0, 12)}_`;
export const deltaTable = (connectionId: string, runId: string): string => deltaPrefix(connectionId) + hex32(runId);

/** Longest key that is kept, in bytes: joins reserve the declared width, and no identifier is longer. */
export const MAX_KEY_BYTES = 1024;

/** Nothing is shared between connections: Redshift's conflicts (1023) are by table, and users need no rights on each other's. */
export const createState = (connectionId: string): string[] => [
  lines(
    `CREATE TABLE IF NOT EXISTS ${inState(stateTable(connectionId))} (fence bigint NOT NULL, run_id varchar(64), mapping_hash varchar(64), committed_at timestamp,`,
    "  delta_run_id varchar(64), delta_mapping_hash varchar(64), rows_read bigint, rows_unchanged bigint, rows_to_deliver bigint, rows_invalid bigint, max_row_bytes bigint)",
  ),
  `CREATE TABLE IF NOT EXISTS ${inState(snapshotTable(connectionId))} (row_key varchar(${MAX_KEY_BYTES}) NOT NULL, row_hash char(32) NOT NULL, revision bigint NOT NULL) DISTKEY(row_key) SORTKEY(row_key)`,
];

/** One row. Two that began at once may have made two; every change is to both, and the later fence is read. */
export const readState = (connectionId: string): string => lines(
  "SELECT fence, run_id, delta_run_id, delta_mapping_hash, rows_read, rows_unchanged, rows_to_deliver, rows_invalid, max_row_bytes",
  `FROM ${inState(stateTable(connectionId))} ORDER BY fence DESC LIMIT 1`,
);
export const insertState = (connectionId: string, fence: number): string => `INSERT INTO ${inState(stateTable(connectionId))} (fence) VALUES (${fence})`;
export const moveFence = (connectionId: string, fence: number): string => `UPDATE ${inState(stateTable(connectionId))} SET fence = ${fence}`;
export const dropDelta = (connectionId: string, runId: string): string => `DROP TABLE IF EXISTS ${inState(deltaTable(connectionId, runId))}`;

// ── Change detection ─────────────────────────────────────────────────────────

export type DeltaPlan = { selection: Selection; connectionId: string; runId: string; mappingHash: string; columns: RedshiftColumn[]; key: RedshiftColumn };

/**
 * New, changed and invalid rows of the source, in one statement. Values keep their own types under names of ours
 * (c0, c1 …), so that no name of the user's can clash. A row is left out only where its key's stored hash is its own.
 */
export function createDelta({ selection, connectionId, runId, mappingHash, columns, key }: DeltaPlan): string {
  const source = qualified(selection.schema, selection.table);
  const guards = columns.map((column) => tooLong(column, identifier(column.name))).filter((guard) => guard !== null);
  return lines(
    `CREATE TABLE ${inState(deltaTable(connectionId, runId))} DISTSTYLE EVEN SORTKEY(seq) AS`,
    "SELECT ROW_NUMBER() OVER (ORDER BY r.row_key, r.row_hash) AS seq, r.row_key, r.row_hash, COALESCE(p.revision, 0) + 1 AS revision,",
    "  CASE WHEN r.row_key IS NULL THEN 'null-key' WHEN d.row_key IS NOT NULL THEN 'duplicate-key'",
    `    WHEN OCTET_LENGTH(r.row_key) > ${MAX_KEY_BYTES} THEN 'long-key' WHEN r.too_long THEN 'long-value' END AS invalid,`,
    `  ${columns.map((_, index) => `r.c${index}`).join(", ")}`,
    `FROM (SELECT ${asText(key)} AS row_key,`,
    `    ${rowHash(columns, mappingHash)} AS row_hash,`,
    `    ${guards.length ? guards.map((guard) => `COALESCE(${guard}, false)`).join(" OR ") : "false"} AS too_long,`,
    `    ${columns.map((column, index) => `${identifier(column.name)} AS c${index}`).join(", ")}`,
    `  FROM ${source}) r`,
    `LEFT JOIN (SELECT row_key FROM (SELECT ${asText(key)} AS row_key FROM ${source}) k WHERE row_key IS NOT NULL GROUP BY row_key HAVING COUNT(*) > 1) d ON d.row_key = r.row_key`,
    `LEFT JOIN ${inState(snapshotTable(connectionId))} p ON p.row_key = r.row_key`,
    "WHERE r.row_key IS NULL OR d.row_key IS NOT NULL OR r.too_long OR p.row_key IS NULL OR p.row_hash <> r.row_hash",
  );
}

export const countRead = ({ selection }: DeltaPlan): string => `SELECT COUNT(*) FROM ${qualified(selection.schema, selection.table)}`;

/** Source rows whose key is stored and not in the delta: counted apart from the statement above, to prove it. */
export const countUnchanged = ({ selection, connectionId, runId, key }: DeltaPlan): string => lines(
  `SELECT COUNT(*) FROM (SELECT ${asText(key)} AS row_key FROM ${qualified(selection.schema, selection.table)}) k`,
  `JOIN ${inState(snapshotTable(connectionId))} p ON p.row_key = k.row_key`,
  `LEFT JOIN ${inState(deltaTable(connectionId, runId))} d ON d.row_key = k.row_key`,
  "WHERE d.row_key IS NULL",
);

/** Rows to deliver, invalid rows, the last seq, and the size of the largest row (for bounded pages). */
export function countDelta({ connectionId, runId, columns }: DeltaPlan): string {
  const sizes = columns.map((column, index) => {
    if (column.form === "super") return `COALESCE(JSON_SIZE(c${index}), 0)`;
    return column.form === "text" || column.form === "varbyte" ? `COALESCE(OCTET_LENGTH(${asText(column, `c${index}`)}), 0)` : String(Math.min(column.maxBytes, 256));
  });
  return lines(
    "SELECT COALESCE(SUM(CASE WHEN invalid IS NULL THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN invalid IS NULL THEN 0 ELSE 1 END), 0), COALESCE(MAX(seq), 0),",
    `  COALESCE(MAX(${["0", ...sizes].join(" + ")}), 0)`,
    `FROM ${inState(deltaTable(connectionId, runId))}`,
  );
}

/** Lists the delta: only what is complete is listed, since it is in the transaction that made it. */
export const recordDelta = ({ connectionId, runId, mappingHash }: DeltaPlan, counts: ChangeCounts, maxRowBytes: number): string => lines(
  `UPDATE ${inState(stateTable(connectionId))} SET delta_run_id = ${literal(runId)}, delta_mapping_hash = ${literal(mappingHash)},`,
  `  rows_read = ${counts.read}, rows_unchanged = ${counts.unchanged}, rows_to_deliver = ${counts.toDeliver}, rows_invalid = ${counts.invalid}, max_row_bytes = ${maxRowBytes}`,
);

/**
 * Rows `afterSeq` < seq ≤ `throughSeq`: seq is dense, so a range is a page. The message id is made here, where there are
 * many to do it: a redelivery is the same message, and a value that flips back is a new one.
 */
export const readPage = (connectionId: string, runId: string, columns: RedshiftColumn[], afterSeq: number, throughSeq: number): string => {
  const messageId = `MD5(${literal(`${connectionId}:`)} || row_hash || ':' || CAST(revision AS varchar) || ':' || COALESCE(row_key, ''))`;
  return `SELECT ${["seq", "row_key", messageId, "revision", "invalid", ...columns.map((column, index) => asCell(column, `c${index}`))].join(", ")} FROM ${inState(deltaTable(connectionId, runId))} WHERE seq > ${afterSeq} AND seq <= ${throughSeq} ORDER BY seq`;
};

// ── Commit ───────────────────────────────────────────────────────────────────

/** A statement is at most 16 MB, but a plan of a million constants is no plan. */
const REJECTED_PER_STATEMENT = 10_000;

/** In one transaction after the fence was checked: what was delivered becomes the snapshot, and the run the state's last. */
export function commitDelta(request: { connectionId: string; runId: string; mappingHash: string }, rejected: number[]): { exclude: string[]; replace: string; insert: string; state: string; drop: string } {
  const snapshot = inState(snapshotTable(request.connectionId));
  const delta = inState(deltaTable(request.connectionId, request.runId));
  const chunks = Array.from({ length: Math.ceil(rejected.length / REJECTED_PER_STATEMENT) }, (_, index) => rejected.slice(index * REJECTED_PER_STATEMENT, (index + 1) * REJECTED_PER_STATEMENT));
  return {
    exclude: chunks.map((seqs) => `DELETE FROM ${delta} WHERE seq IN (${seqs.map((seq) => Math.trunc(seq)).join(", ")})`),
    replace: `DELETE FROM ${snapshot} WHERE row_key IN (SELECT row_key FROM ${delta} WHERE invalid IS NULL)`,
    insert: `INSERT INTO ${snapshot} SELECT row_key, row_hash, revision FROM ${delta} WHERE invalid IS NULL`,
    state: `UPDATE ${inState(stateTable(request.connectionId))} SET run_id = ${literal(request.runId)}, mapping_hash = ${literal(request.mappingHash)}, committed_at = GETDATE()`,
    drop: `DROP TABLE ${delta}`,
  };
}

// ── Forget ───────────────────────────────────────────────────────────────────

export const tablesOfConnection = (connectionId: string): string => lines(
  `SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = ${literal(STATE_SCHEMA)}`,
  `AND (tablename IN (${[snapshotTable(connectionId), stateTable(connectionId)].map(literal).join(", ")}) OR LEFT(tablename, ${deltaPrefix(connectionId).length}) = ${literal(deltaPrefix(connectionId))})`,
);
export const dropTable = (table: string): string => `DROP TABLE IF EXISTS ${inState(table)}`;
