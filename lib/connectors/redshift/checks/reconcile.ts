// Whether two tables hold the same rows: counts and sums of the rows' hashes, by ranges of the key's hash. The warehouse
// reads; sixteen rows come back. And how long texts are, before they are loaded.
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import type { RowDigest } from "@/lib/connectors/contract/comparison";
import type { RedshiftSession } from "@/lib/connectors/redshift/session/client";
import { describeColumn, type RedshiftColumn } from "@/lib/connectors/redshift/catalog/columns";
import { identifier } from "@/lib/connectors/redshift/quote";
import { asText } from "@/lib/connectors/redshift/sql";

const lines = (...parts: string[]): string => parts.join("\n");

/** `typed` says for each column what its text is made from: the target's value, as the source's type. */
export function digestRows(
  table: string,
  columns: { column: RedshiftColumn; ref: string }[],
  keys: { column: RedshiftColumn; ref: string }[],
): string {
  // each value's own hash is of one length, so that no two rows share a text
  const hashes = (of: typeof columns) =>
    of.map(({ column, ref }) => `COALESCE(MD5(${asText(column, ref)}), '~')`).join(" || ");
  return lines(
    "SELECT LEFT(key_hash, 1), COUNT(*), SUM(CAST(STRTOL(LEFT(row_hash, 15), 16) AS numeric(38,0)))",
    `FROM (SELECT MD5(${hashes(keys)}) AS key_hash, MD5(${hashes(columns)}) AS row_hash FROM ${table}) d`,
    "GROUP BY LEFT(key_hash, 1) ORDER BY LEFT(key_hash, 1)",
  );
}

/** The columns of a table as the source has them; where the table's own type is another one, by a cast. */
export function asSource(
  columns: readonly ColumnInfo[],
  nameOf: (name: string) => string,
  typeOf: (name: string) => string,
): { column: RedshiftColumn; ref: string; source: string }[] {
  return columns.map(({ name, type }) => {
    const column = describeColumn({
      name,
      dataType: type,
      maxLength: null,
      precision: null,
      scale: null,
    });
    const target = nameOf(name);
    const ref = identifier(target);
    return {
      column,
      source: name,
      ref: typeOf(target) === type || column.form !== "cast" ? ref : `CAST(${ref} AS ${type})`,
    };
  });
}

export async function readDigest(
  session: RedshiftSession,
  sql: string,
  signal: AbortSignal,
): Promise<RowDigest[]> {
  return (await session.query(sql, signal)).map(([range, rows, sum]) => ({
    range: range ?? "",
    rows: Number(rows),
    sum: sum ?? "",
  }));
}

/** The most bytes that a text of each column has; zero where there is none. In one statement. */
export const longestTexts = (table: string, columns: readonly string[]): string =>
  `SELECT ${columns.map((name) => `COALESCE(MAX(OCTET_LENGTH(${identifier(name)})), 0)`).join(", ")} FROM ${table}`;
