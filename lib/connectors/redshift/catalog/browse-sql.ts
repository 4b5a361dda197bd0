// Statements that look into a table for a person: its first rows, one whole value, its key, one of its columns.
// Each is one round trip, and each may be stopped.
import type { CellRequest } from "@/lib/connectors/contract/preview";
import { keyText } from "@/lib/connectors/redshift/changes/changes-sql";
import { MAX_TEXT_BYTES, type RedshiftColumn, type TextForm } from "./columns";
import { identifier, literal } from "@/lib/connectors/redshift/quote";
import { asText, MAX_KEY_BYTES, qualified, typed } from "@/lib/connectors/redshift/sql";

/** What a person is shown of a table's rows, in all. */
export const PREVIEW_BYTES = 1_000_000;
const LONGEST_SHOWN = 1_000;
const SHORTEST_SHOWN = 64;

const lines = (...parts: string[]): string => parts.join("\n");

/** How many characters of a long value are read, so that `rows` of so many columns stay near the limit. */
export const charactersShown = (columns: number, rows: number): number =>
  Math.min(
    LONGEST_SHOWN,
    Math.max(
      SHORTEST_SHOWN,
      Math.floor(PREVIEW_BYTES / (Math.max(columns, 1) * Math.max(rows, 1))),
    ),
  );

/** Values of these types have no text of their own on the wire, or one of any length: they are read as `<bytes>:<beginning>`. */
export const isMeasured = (column: RedshiftColumn, characters: number): boolean =>
  column.form !== "cast" && column.form !== "boolean" && column.maxBytes > characters;

const TEXT_BY_FUNCTION: readonly TextForm[] = ["super", "varbyte", "spatial", "sketch"];

/** A value as a preview selects it: its beginning with its length where it may be long. */
function shown(column: RedshiftColumn, characters: number): string {
  if (isMeasured(column, characters)) return measured(column, characters);
  return TEXT_BY_FUNCTION.includes(column.form) ? asText(column) : identifier(column.name);
}

/** The size before the value, in one text: a second column for each would pass the 1,664 that a statement may select. */
function measured(column: RedshiftColumn, characters: number): string {
  const ref = identifier(column.name);
  const text = asText(column, ref); // NULL where it is too long to be a text at all
  const sizes: Partial<Record<TextForm, string>> = {
    super: `JSON_SIZE(${ref})`,
    varbyte: `OCTET_LENGTH(${ref}) * 2`,
  };
  const size = sizes[column.form] ?? `OCTET_LENGTH(${text})`;
  const width = Math.min(characters * 4, MAX_TEXT_BYTES - 16); // a character has four bytes at most
  return `CAST(${size} AS varchar(12)) || ':' || COALESCE(CAST(LEFT(${text}, ${characters}) AS varchar(${width})), '')`;
}

export const preview = (
  schema: string,
  table: string,
  columns: RedshiftColumn[],
  rows: number,
  characters: number,
): string =>
  `SELECT ${columns.map((column) => shown(column, characters)).join(", ")} FROM ${qualified(schema, table)} LIMIT ${Math.trunc(rows)}`;

/** The row is found by its key, and by how the value begins and how long it is: rows of a table have no order to count by. Two answers: it can't be told which. */
export function cell(
  request: CellRequest,
  column: RedshiftColumn,
  key: RedshiftColumn | null,
): string {
  const text = asText(column);
  return lines(
    `SELECT DISTINCT ${text} FROM ${qualified(request.schema, request.table)}`,
    `WHERE OCTET_LENGTH(${text}) = ${Math.trunc(request.bytes)} AND LEFT(${text}, ${[...request.begin].length}) = ${literal(request.begin)}${key && request.key ? ` AND ${asText(key)} = ${literal(request.key.value)}` : ""} LIMIT 2`,
  );
}

const EXAMPLES = 5;
/** Both branches of a UNION get the same type: which one's width the column gets is not documented. */
const WIDEST = `varchar(${MAX_TEXT_BYTES})`;

/** One row of totals, then the keys that most rows share. What counts as invalid here is what a run would reject. */
export const keyHealth = (schema: string, table: string, keys: RedshiftColumn[]): string =>
  lines(
    `WITH k AS (SELECT ${keyText(keys)} AS key_text, COUNT(*) AS n FROM ${qualified(schema, table)} GROUP BY 1)`,
    `SELECT 0 AS part, COALESCE(SUM(n), 0) AS n, ${typed("NULL", WIDEST)} AS key_text, COUNT(key_text) AS keys,`,
    "  COALESCE(SUM(CASE WHEN key_text IS NULL THEN n ELSE 0 END), 0) AS null_rows, COALESCE(SUM(CASE WHEN key_text = '' THEN n ELSE 0 END), 0) AS empty_rows,",
    "  COALESCE(SUM(CASE WHEN key_text IS NOT NULL AND n > 1 THEN 1 ELSE 0 END), 0) AS duplicate_keys, COALESCE(SUM(CASE WHEN key_text IS NOT NULL AND n > 1 THEN n ELSE 0 END), 0) AS duplicate_rows,",
    `  COALESCE(SUM(CASE WHEN n = 1 AND OCTET_LENGTH(key_text) > ${MAX_KEY_BYTES} THEN 1 ELSE 0 END), 0) AS long_rows FROM k`,
    `UNION ALL SELECT 1, e.n, ${typed("e.key_text", WIDEST)}, 0, 0, 0, 0, 0, 0 FROM (SELECT key_text, n FROM k WHERE key_text IS NOT NULL AND n > 1 ORDER BY n DESC, key_text LIMIT ${EXAMPLES}) e`,
    "ORDER BY part, n DESC, key_text",
  );

const SHOWN_VALUE = 200;
/** A character has four bytes at most. */
const SHOWN_TYPE = `varchar(${SHOWN_VALUE * 4})`;

/** Least and greatest by the type's own order where it has one; as texts otherwise. Redshift has no MIN of a boolean. */
export function profile(schema: string, table: string, column: RedshiftColumn): string {
  const ref = identifier(column.name);
  const ordered = column.form === "cast" || column.form === "text";
  const value = ordered ? ref : asText(column);
  const asShown = (expression: string) =>
    typed(
      `LEFT(${ordered && column.form !== "text" ? `CAST(${expression} AS varchar)` : expression}, ${SHOWN_VALUE})`,
      SHOWN_TYPE,
    );
  const bytes = `OCTET_LENGTH(${column.form === "text" || !ordered ? "v" : "CAST(v AS varchar)"})`;
  return lines(
    `WITH g AS (SELECT ${value} AS v, COUNT(*) AS n, SUM(CASE WHEN ${ref} IS NULL THEN 1 ELSE 0 END) AS null_rows FROM ${qualified(schema, table)} GROUP BY 1)`,
    `SELECT 0 AS part, COALESCE(SUM(n), 0) AS n, ${asShown("MIN(v)")} AS a, ${asShown("MAX(v)")} AS b, COALESCE(SUM(null_rows), 0) AS null_rows, COUNT(v) AS kinds, MAX(${bytes}) AS longest, COALESCE(SUM(CASE WHEN v IS NULL THEN n - null_rows ELSE 0 END), 0) AS unread FROM g`,
    `UNION ALL SELECT 1, e.n, ${asShown("e.v")}, ${typed("NULL", SHOWN_TYPE)}, 0, 0, 0, 0 FROM (SELECT v, n FROM g WHERE v IS NOT NULL ORDER BY n DESC, v LIMIT ${EXAMPLES}) e`,
    "ORDER BY part, n DESC, a",
  );
}
