// Every statement that puts rows into PostgreSQL; pure.
import { createHash } from "node:crypto";
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import { SyncError } from "@/lib/platform/errors";

const MAX_NAME_BYTES = 63;
const SYSTEM_COLUMNS = new Set(["tableoid", "xmin", "xmax", "cmin", "cmax", "ctid"]);
const lines = (...parts: string[]): string => parts.join("\n");

export function identifier(name: string): string {
  if (name === "" || name.includes("\0")) throw new Error("A name is empty or holds a zero byte.");
  return `"${name.replaceAll('"', '""')}"`;
}
/** With standard_conforming_strings, which the session asks for, a backslash is a letter. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const qualified = (schema: string, table: string): string =>
  `${identifier(schema)}.${identifier(table)}`;

/** Another password for a user; one may change one's own. */
export const alterPassword = (user: string, password: string): string =>
  `ALTER USER ${identifier(user)} PASSWORD ${literal(password)}`;

export const STAGE = "tidegate_stage";
export const SEQ = "_tidegate_seq";
export const MARK = "_tidegate_mark";

/** A name keeps its capitals here; PostgreSQL would cut a longer one unsaid. */
export function targetName(name: string): string {
  const target = SYSTEM_COLUMNS.has(name) || name.startsWith("_tidegate_") ? `_${name}` : name;
  if (Buffer.byteLength(target) > MAX_NAME_BYTES)
    throw new SyncError(
      `The name of the column “${name}” has ${Buffer.byteLength(target)} bytes; PostgreSQL takes at most ${MAX_NAME_BYTES}.`,
      "user-fixable",
      { remedy: "Leave this column out, or give it a shorter name in a view over the source." },
    );
  return target;
}

/** A source's type in PostgreSQL. Texts have no length here: Redshift counts bytes, PostgreSQL characters. */
export function targetType({ type }: ColumnInfo): string {
  if (
    /^(smallint|integer|bigint|real|double precision|boolean|date|time|timetz|timestamp|timestamptz)$/.test(
      type,
    ) ||
    /^numeric(\(\d+,\d+\))?$/.test(type)
  )
    return type;
  return type === "super" ? "jsonb" : "text";
}

const numbers = new Set(["smallint", "integer", "bigint", "numeric", "real", "double precision"]);
const moments = new Set(["date", "timestamp", "timestamptz"]);
/** A type by one of its names, as `format_type` writes it or as a source does, without its length. */
const familyOf = (type: string): string =>
  type
    .replace(/\(.*?\)/, "")
    .replace(/^(time|timestamp) without time zone$/, "$1")
    .replace(/^(time|timestamp) with time zone$/, "$1tz");

/**
 * Whether a column of one type keeps whole what comes as another, or refuses it: PostgreSQL's own reading would make
 * 12:34:56.789 of the number 123456.789, true of 1, and a date of a time. Types that are not named here read the text
 * as it is, or refuse it.
 */
export function takesType(has: string, comes: string): boolean {
  const [into, from] = [familyOf(has), familyOf(comes)];
  const digits = /^time(?:stamp)?\((\d)\)/.exec(has)?.[1];
  if (digits !== undefined && Number(digits) < 6 && from !== "date") return false; // it would round
  if (numbers.has(into)) return numbers.has(from);
  if (into === "timestamp" || into === "timestamptz") return moments.has(from);
  if (/^(boolean|date|time|timetz)$/.test(into)) return into === from;
  return true;
}

export type TargetColumn = { name: string; type: string };
const list = (columns: readonly { name: string }[]): string =>
  columns.map(({ name }) => identifier(name)).join(", ");

export const session =
  "SET standard_conforming_strings = on; SET datestyle = 'ISO'; SET timezone = 'UTC'; SET client_encoding = 'UTF8'; SET extra_float_digits = 1; SET application_name = 'tidegate'";
export const createSchema = (schema: string): string =>
  `CREATE SCHEMA IF NOT EXISTS ${identifier(schema)}`;
export const schemaExists = (schema: string): string =>
  `SELECT COUNT(*) FROM pg_catalog.pg_namespace WHERE nspname = ${literal(schema)}`;
/** Columns in order: name, type, whether it takes no NULL, whether it has a default, whether the server alone makes its values. */
export const columnsOf = (schema: string, table: string): string =>
  lines(
    "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef OR a.attidentity <> '', a.attidentity = 'a' OR a.attgenerated <> '' FROM pg_catalog.pg_attribute a",
    "JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace",
    `WHERE n.nspname = ${literal(schema)} AND c.relname = ${literal(table)} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
  );
/** The primary key of a table that we made; a user's own has another name. */
export const keyName = (table: string): string =>
  `tidegate_key_${createHash("md5").update(table).digest("hex")}`;
/** The key is unique here, which PostgreSQL keeps: it finds the rows to replace too. */
export const createTable = (
  schema: string,
  table: string,
  columns: readonly TargetColumn[],
  keys: readonly string[],
): string =>
  `CREATE TABLE ${qualified(schema, table)} (${columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(", ")}, CONSTRAINT ${identifier(keyName(table))} PRIMARY KEY (${keys.map(identifier).join(", ")}))`;
/** The columns of the key that we gave a table; no row where it has none. */
export const keyColumns = (schema: string, table: string): string =>
  lines(
    "SELECT a.attname FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid",
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey)",
    `WHERE n.nspname = ${literal(schema)} AND c.relname = ${literal(table)} AND k.conname = ${literal(keyName(table))} AND k.contype = 'p' ORDER BY a.attnum`,
  );
/**
 * Lets a table have another key: the old one, and that its columns take no NULL, are taken away. The new one is an index
 * alone, since rows of before may have no value in it, or the same one.
 */
export const changeKey = (
  schema: string,
  table: string,
  before: readonly string[],
  keys: readonly string[],
): string[] => [
  `ALTER TABLE ${qualified(schema, table)} DROP CONSTRAINT ${identifier(keyName(table))}${before.map((column) => `, ALTER COLUMN ${identifier(column)} DROP NOT NULL`).join("")}`,
  `CREATE INDEX ON ${qualified(schema, table)} (${keys.map(identifier).join(", ")})`,
];
export const addColumn = (target: string, { name, type }: TargetColumn): string =>
  `ALTER TABLE ${target} ADD COLUMN ${identifier(name)} ${type}`;

const FENCE_PREFIX = "_tidegate_load_";
/** Named after the table that is loaded, so that a table has one writer, whoever described it. */
export const fenceName = (table: string): string =>
  FENCE_PREFIX + createHash("md5").update(table).digest("hex");
export const fenceTable = (schema: string, table: string): string =>
  qualified(schema, fenceName(table));
/** As earlier versions named it, with less in it. */
export const earlierFenceName = (connectionId: string): string =>
  FENCE_PREFIX + connectionId.replaceAll("-", "").toLowerCase();
export const renameFence = (schema: string, connectionId: string, table: string): string =>
  `ALTER TABLE ${qualified(schema, earlierFenceName(connectionId))} RENAME TO ${identifier(fenceName(table))}`;
/** The fences of a schema, whosever they are. */
export const fencesIn = (schema: string): string =>
  `SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = ${literal(schema)} AND starts_with(tablename, ${literal(FENCE_PREFIX)}) ORDER BY tablename`;
export const createFence = (fence: string): string =>
  `CREATE TABLE IF NOT EXISTS ${fence} (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), fence bigint NOT NULL, run_id text, seq bigint NOT NULL DEFAULT 0, loaded bigint NOT NULL DEFAULT 0, deleted bigint NOT NULL DEFAULT 0, rejected bigint NOT NULL DEFAULT 0, committed_at timestamptz, connection_id text, table_id text, table_rows bigint)`;
/** Columns that the fences of earlier versions lack: whose table it is, which one it was, and how many rows it had. */
export const completeFence = (fence: string): string =>
  `ALTER TABLE ${fence} ADD COLUMN IF NOT EXISTS connection_id text, ADD COLUMN IF NOT EXISTS table_id text, ADD COLUMN IF NOT EXISTS table_rows bigint`;
/** Takes the row for this transaction, so that two workers come one after the other. */
export const readFence = (fence: string): string =>
  `SELECT fence, run_id, seq, loaded, deleted, rejected, connection_id FROM ${fence} FOR UPDATE`;
/** What the last load left. */
export const readLeft = (fence: string): string =>
  `SELECT connection_id, table_id, table_rows FROM ${fence}`;
/** Which table a name stands for now; no row where there is none. */
export const tableId = (schema: string, table: string): string =>
  `SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ${literal(schema)} AND c.relname = ${literal(table)} AND c.relkind IN ('r', 'p')`;
export const countTarget = (target: string): string => `SELECT COUNT(*) FROM ${target}`;
export const emptyTarget = (target: string): string => `DELETE FROM ${target}`;
export const claimFence = (fence: string, number: number, connectionId: string): string =>
  `INSERT INTO ${fence} (fence, connection_id) VALUES (${Math.trunc(number)}, ${literal(connectionId)}) ON CONFLICT (only_row) DO UPDATE SET fence = excluded.fence, connection_id = excluded.connection_id`;
/** `rows`: how many the table has now. */
export const checkpoint = (
  fence: string,
  runId: string,
  at: { seq: number; loaded: number; deleted: number; rejected: number },
  table: { id: string; rows: number },
): string =>
  `UPDATE ${fence} SET run_id = ${literal(runId)}, seq = ${at.seq}, loaded = ${at.loaded}, deleted = ${at.deleted}, rejected = ${at.rejected}, committed_at = now(), table_id = ${literal(table.id)}, table_rows = ${Math.trunc(table.rows)}`;
export const dropFence = (fence: string): string => `DROP TABLE IF EXISTS ${fence}`;

export const createStage = (columns: readonly TargetColumn[]): string =>
  `CREATE TEMPORARY TABLE ${STAGE} (${SEQ} bigint, ${MARK} text, ${columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(", ")}) ON COMMIT DROP`;
/** A quoted text is never NULL here, and an empty field that isn't quoted is. */
export const copyIn = (columns: readonly TargetColumn[]): string =>
  `COPY ${STAGE} (${SEQ}, ${MARK}, ${list(columns)}) FROM STDIN WITH (FORMAT csv, NULL '')`;
export const countStaged = `SELECT COUNT(*), COUNT(${MARK}) FROM ${STAGE}`;
export const deleteOld = (target: string, keys: readonly string[]): string =>
  `DELETE FROM ${target} t USING ${STAGE} s WHERE ${keys.map((key) => `t.${identifier(key)} = s.${identifier(key)}`).join(" AND ")}`;
export function insertNewest(
  target: string,
  columns: readonly TargetColumn[],
  keys: readonly string[],
  oneRowPerKey: boolean,
): string {
  const newest = oneRowPerKey
    ? STAGE
    : `(SELECT DISTINCT ON (${keys.map(identifier).join(", ")}) * FROM ${STAGE} ORDER BY ${keys.map(identifier).join(", ")}, ${SEQ} DESC) newest`;
  return `INSERT INTO ${target} (${list(columns)}) SELECT ${list(columns)} FROM ${newest} WHERE ${MARK} IS NULL`;
}
