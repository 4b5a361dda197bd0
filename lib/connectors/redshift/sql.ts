// The statements that Tidegate sends to Redshift as a source, but for those that find changes (changes-sql.ts); pure.
// Reviewed as golden text in sql.golden.txt.
// Redshift is not PostgreSQL: no ON CONFLICT, RETURNING, IS DISTINCT FROM, FILTER or VALUES as a table, and a
// has_…_privilege function never stands in one statement with a user's table or an SVV view.
import {
  MAX_TEXT_BYTES,
  type RedshiftColumn,
  type TextForm,
} from "@/lib/connectors/redshift/catalog/columns";
import { identifier, literal } from "./quote";
import { STATE_SCHEMA } from "./spec";

export { identifier, literal };

export const qualified = (schema: string, table: string): string =>
  `${identifier(schema)}.${identifier(table)}`;
export const inState = (table: string): string => qualified(STATE_SCHEMA, table);
export const lines = (...parts: string[]): string => parts.join("\n");

// ── Session ──────────────────────────────────────────────────────────────────

/** Makes text exact and names what we do: UTC, ISO dates, all digits of a float. */
export const sessionSettings = (statementTimeoutMs: number, queryGroup = "tidegate"): string =>
  lines(
    `SET query_group TO ${literal(queryGroup)};`,
    "SET datestyle TO 'ISO';",
    "SET timezone TO 'UTC';",
    "SET extra_float_digits TO 2;",
    `SET statement_timeout TO ${Math.trunc(statementTimeoutMs)};`,
  );

/**
 * Names with ASCII capitals: without the setting Redshift folds them even inside quotes. It is on for as long as a
 * statement needs it and no longer, since tables under row-level security or dynamic masking refuse every query of a
 * session whose setting differs from the warehouse's default (AWS, “Considerations” of both).
 */
export const keepCapitals = "SET enable_case_sensitive_identifier TO true";
export const defaultCapitals = "RESET enable_case_sensitive_identifier";

const QUOTED = /'(?:[^'\\]|''|\\.)*'|"((?:[^"]|"")*)"/gs;
/** Functions that read a name out of a text, as the session's setting says: whose names these are is not known before. */
const READS_NAMES = /\bhas_(table|schema)_privilege\(/i;

/** Whether a statement names something with ASCII capitals. */
export function needsCapitals(statement: string): boolean {
  if (READS_NAMES.test(statement)) return true;
  for (const [, name] of statement.matchAll(QUOTED))
    if (name !== undefined && /[A-Z]/.test(name)) return true;
  return false;
}

// ── Catalogue ────────────────────────────────────────────────────────────────

export const currentDatabase = "SELECT current_database()";

/** Every schema this user can see anything of, external and shared ones too. */
export const visibleSchemas = (database: string): string =>
  `SELECT schema_name FROM svv_all_schemas WHERE database_name = ${literal(database)} ORDER BY schema_name`;

/** Every schema of this database, and whether this user may look inside: leader-node only. */
export const schemaPrivileges =
  "SELECT nspname, has_schema_privilege(current_user, nspname, 'USAGE') FROM pg_catalog.pg_namespace ORDER BY nspname";

/** Who owns how many tables and views of each schema; PG_TABLES and PG_VIEWS show everybody everything. */
export const tableOwners = lines(
  "SELECT schema_name, owner, COUNT(*)",
  "FROM (SELECT schemaname AS schema_name, tableowner AS owner FROM pg_catalog.pg_tables",
  "      UNION ALL",
  "      SELECT schemaname, viewowner FROM pg_catalog.pg_views) t",
  "GROUP BY schema_name, owner ORDER BY schema_name, COUNT(*) DESC, owner",
);

const columnFields =
  "column_name, data_type, character_maximum_length, numeric_precision, numeric_scale";

export const columnsOf = (database: string, schema: string, table: string): string =>
  lines(
    `SELECT ${columnFields} FROM svv_all_columns`,
    `WHERE database_name = ${literal(database)} AND schema_name = ${literal(schema)} AND table_name = ${literal(table)} ORDER BY ordinal_position`,
  );

// ── Checks ───────────────────────────────────────────────────────────────────

export const version = "SELECT version()";
export const stateSchemaExists = `SELECT COUNT(*) FROM pg_catalog.pg_namespace WHERE nspname = ${literal(STATE_SCHEMA)}`;
/** Fails when the schema doesn't exist, so that must be known first. */
export const stateSchemaPrivileges = `SELECT has_schema_privilege(current_user, ${literal(STATE_SCHEMA)}, 'USAGE'), has_schema_privilege(current_user, ${literal(STATE_SCHEMA)}, 'CREATE')`;
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

/** Longest key that is stored, in bytes: joins reserve the declared width, and no identifier is longer. */
export const MAX_KEY_BYTES = 1024;

/** Longest name in Redshift, in bytes (Developer Guide, “Names and identifiers”). */
export const MAX_NAME_BYTES = 127;

// ── Constants ────────────────────────────────────────────────────────────────

/**
 * An expression that is made of literals alone, with a type. A bare literal or NULL that leaves its select as a column
 * (of a subquery, a CTE, a UNION branch or a new table) is of type "unknown" on Redshift, and whatever uses it fails
 * with `failed to find conversion function from "unknown" to text` (calogica/dbt-expectations #99 and #130,
 * tuva-health/tuva-core #1165). statements.test.ts checks every statement of the golden texts for it.
 */
export const typed = (expression: string, type: string): string => `CAST(${expression} AS ${type})`;
/** A text constant of so many bytes. */
export const constant = (text: string, bytes: number): string =>
  typed(literal(text), `varchar(${bytes})`);
export const NULL_TEXT = typed("NULL", "varchar(1)");

// ── Values as text ───────────────────────────────────────────────────────────

/** Bytes of a coordinate in EWKT: a sign, 17 digits, a point, an exponent, and the blank or comma behind it. */
const COORDINATE_BYTES = 25;
/** Of a geometry the dimensions are known; a geography may have four. */
const MAX_COORDINATES = Math.floor((MAX_TEXT_BYTES - 500) / COORDINATE_BYTES);
const MAX_GEOGRAPHY_POINTS = Math.floor(MAX_COORDINATES / 4);

/** True for a value whose text exceeds Redshift's longest: turning it into text fails the whole statement. Null: no value can. */
export function tooLong(column: RedshiftColumn, ref: string): string | null {
  if (column.maxBytes < MAX_TEXT_BYTES) return null;
  if (column.type === "geometry")
    return `ST_NPoints(${ref}) * ST_NDims(${ref}) > ${MAX_COORDINATES}`;
  if (column.type === "geography") return `ST_NPoints(${ref}) > ${MAX_GEOGRAPHY_POINTS}`;
  if (column.form === "super") return `JSON_SIZE(${ref}) > ${MAX_TEXT_BYTES}`;
  return column.form === "varbyte" ? `OCTET_LENGTH(${ref}) * 2 > ${MAX_TEXT_BYTES}` : null;
}

const textForms: Record<TextForm, (ref: string) => string> = {
  text: (ref) => ref,
  cast: (ref) => `CAST(${ref} AS varchar)`,
  boolean: (ref) => `CASE WHEN ${ref} THEN 't' WHEN NOT ${ref} THEN 'f' END`,
  super: (ref) => `JSON_SERIALIZE(${ref})`,
  varbyte: (ref) => `FROM_VARBYTE(${ref}, 'hex')`,
  // 17 significant digits keep every double; without the second argument there are 15 (AWS, ST_AsEWKT)
  spatial: (ref) => `ST_AsEWKT(${ref}, 17)`,
  sketch: () => NULL_TEXT,
};

/** A column's value as text inside a statement: the same text for the same value, NULL for NULL and for what is too long. */
export function asText(column: RedshiftColumn, ref = identifier(column.name)): string {
  const text = textForms[column.form](ref);
  const guard = tooLong(column, ref);
  return guard ? `CASE WHEN ${guard} THEN NULL ELSE ${text} END` : text;
}

/** What a page selects: the wire's own text, but for the types that have none. */
export const asCell = (column: RedshiftColumn, ref: string): string =>
  ["super", "varbyte", "spatial", "sketch"].includes(column.form) ? asText(column, ref) : ref;
