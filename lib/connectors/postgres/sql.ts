// Every statement that puts rows into PostgreSQL; pure.
import type { ColumnInfo } from "@/lib/connectors/contract";
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

export type TargetColumn = { name: string; type: string };
const list = (columns: readonly { name: string }[]): string =>
  columns.map(({ name }) => identifier(name)).join(", ");

export const session =
  "SET standard_conforming_strings = on; SET datestyle = 'ISO'; SET timezone = 'UTC'; SET client_encoding = 'UTF8'; SET extra_float_digits = 1; SET application_name = 'tidegate'";
export const createSchema = (schema: string): string =>
  `CREATE SCHEMA IF NOT EXISTS ${identifier(schema)}`;
export const schemaExists = (schema: string): string =>
  `SELECT COUNT(*) FROM pg_catalog.pg_namespace WHERE nspname = ${literal(schema)}`;
export const columnsOf = (schema: string, table: string): string =>
  lines(
    "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a",
    "JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace",
    `WHERE n.nspname = ${literal(schema)} AND c.relname = ${literal(table)} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
  );
/** The key is unique here, which PostgreSQL keeps: it finds the rows to replace too. */
export const createTable = (
  target: string,
  columns: readonly TargetColumn[],
  keys: readonly string[],
): string =>
  `CREATE TABLE ${target} (${columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(", ")}, PRIMARY KEY (${keys.map(identifier).join(", ")}))`;
export const addColumn = (target: string, { name, type }: TargetColumn): string =>
  `ALTER TABLE ${target} ADD COLUMN ${identifier(name)} ${type}`;

export const fenceTable = (schema: string, connectionId: string): string =>
  qualified(schema, `_tidegate_load_${connectionId.replaceAll("-", "").toLowerCase()}`);
export const createFence = (fence: string): string =>
  `CREATE TABLE IF NOT EXISTS ${fence} (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), fence bigint NOT NULL, run_id text, seq bigint NOT NULL DEFAULT 0, loaded bigint NOT NULL DEFAULT 0, deleted bigint NOT NULL DEFAULT 0, rejected bigint NOT NULL DEFAULT 0, committed_at timestamptz)`;
/** Takes the row for this transaction, so that two workers come one after the other. */
export const readFence = (fence: string): string =>
  `SELECT fence, run_id, seq, loaded, deleted, rejected FROM ${fence} FOR UPDATE`;
export const claimFence = (fence: string, number: number): string =>
  `INSERT INTO ${fence} (fence) VALUES (${Math.trunc(number)}) ON CONFLICT (only_row) DO UPDATE SET fence = excluded.fence`;
export const checkpoint = (
  fence: string,
  runId: string,
  at: { seq: number; loaded: number; deleted: number; rejected: number },
): string =>
  `UPDATE ${fence} SET run_id = ${literal(runId)}, seq = ${at.seq}, loaded = ${at.loaded}, deleted = ${at.deleted}, rejected = ${at.rejected}, committed_at = now()`;
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
