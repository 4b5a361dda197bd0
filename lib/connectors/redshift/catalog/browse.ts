// What a person is shown of a table: first rows within a limit of bytes, one whole value, key health, a column's profile.
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import type {
  Cell,
  CellRequest,
  ColumnProfile,
  KeyHealth,
  Preview,
} from "@/lib/connectors/contract/preview";
import { tableMissing } from "@/lib/connectors/swapped";
import { SyncError } from "@/lib/platform/errors";
import * as browseSql from "./browse-sql";
import { listColumns } from "./catalog";
import type { RedshiftSession } from "@/lib/connectors/redshift/session/client";
import type { RedshiftColumn } from "./columns";

const plain = ({ name, type, kind, unusable }: RedshiftColumn): ColumnInfo => ({
  name,
  type,
  kind,
  ...(unusable && { unusable }),
});
const number = (cell: Cell | undefined): number => Number(cell ?? 0);

/** The first rows, long values cut in the warehouse, and fewer rows where they pass the limit all the same. */
export async function readPreview(
  session: RedshiftSession,
  schema: string,
  table: string,
  columns: RedshiftColumn[],
  limit: number,
  signal: AbortSignal,
): Promise<Preview> {
  const characters = browseSql.charactersShown(columns.length, limit);
  const measured = columns.map((column) => browseSql.isMeasured(column, characters));
  const rows: Cell[][] = [];
  const cut: number[][] = [];
  let bytes = 0;
  for (const read of await session.query(
    browseSql.preview(schema, table, columns, limit, characters),
    signal,
  )) {
    const sizes: number[] = [];
    const cells = read.map((cell, at): Cell => {
      if (cell === null || !measured[at]) {
        sizes.push(0);
        return cell;
      }
      const colon = cell.indexOf(":");
      const text = cell.slice(colon + 1);
      const whole = Number(cell.slice(0, colon));
      sizes.push(Buffer.byteLength(text) < whole ? whole : 0);
      return text;
    });
    bytes += Buffer.byteLength(JSON.stringify(cells)) + JSON.stringify(sizes).length;
    if (rows.length > 0 && bytes > browseSql.PREVIEW_BYTES)
      return { columns: columns.map(plain), rows, cut: anyCut(cut), fewerRows: true };
    rows.push(cells);
    cut.push(sizes);
  }
  return { columns: columns.map(plain), rows, cut: anyCut(cut), fewerRows: false };
}

const anyCut = (cut: number[][]): number[][] | null =>
  cut.some((sizes) => sizes.some((size) => size > 0)) ? cut : null;

async function columnOf(
  session: RedshiftSession,
  schema: string,
  table: string,
  name: string,
  signal: AbortSignal,
): Promise<RedshiftColumn> {
  const columns = await listColumns(session, schema, table, signal);
  if (columns.length === 0)
    throw tableMissing(
      `There is no table “${schema}”.“${table}” any more.`,
      "Choose the table again.",
    );
  const found = columns.find((column) => column.name === name);
  if (found?.unusable) throw new SyncError(found.unusable, "user-fixable");
  if (!found)
    throw new SyncError(
      `“${schema}”.“${table}” has no column “${name}” any more.`,
      "user-fixable",
      { remedy: "Choose the table again." },
    );
  return found;
}

/** The whole of a value that a preview has cut. */
export async function readCell(
  session: RedshiftSession,
  request: CellRequest,
  signal: AbortSignal,
): Promise<Cell> {
  const column = await columnOf(session, request.schema, request.table, request.column, signal);
  const key =
    request.key &&
    (await columnOf(session, request.schema, request.table, request.key.column, signal));
  const [row, another] = await session.query(browseSql.cell(request, column, key), signal);
  if (another)
    throw new SyncError(
      "More than one value of this column begins like this and is as long, so it can't be told which is this row's.",
      "user-fixable",
    );
  return row?.[0] ?? null;
}

/** Counts what a run would reject for its key; nothing is changed. */
export async function readKeyHealth(
  session: RedshiftSession,
  schema: string,
  table: string,
  names: string[],
  signal: AbortSignal,
): Promise<KeyHealth> {
  const keys: RedshiftColumn[] = [];
  for (const name of names) keys.push(await columnOf(session, schema, table, name, signal));
  const [totals = [], ...examples] = await session.query(
    browseSql.keyHealth(schema, table, keys),
    signal,
  );
  const [, rows, , distinct, nullRows, emptyRows, duplicateKeys, duplicateRows, longRows] =
    totals.map(number);
  const health = {
    rows: rows ?? 0,
    distinct: distinct ?? 0,
    nullRows: nullRows ?? 0,
    emptyRows: emptyRows ?? 0,
    duplicateKeys: duplicateKeys ?? 0,
    duplicateRows: duplicateRows ?? 0,
    longRows: longRows ?? 0,
  };
  return {
    ...health,
    examples: examples.map(([, n, text]) => ({ key: text ?? "", rows: number(n) })),
    isUnique: health.nullRows + health.duplicateRows + health.longRows === 0,
  };
}

/** What a column holds, counted exactly. */
export async function readProfile(
  session: RedshiftSession,
  schema: string,
  table: string,
  name: string,
  signal: AbortSignal,
): Promise<ColumnProfile> {
  const column = await columnOf(session, schema, table, name, signal);
  const [totals = [], ...top] = await session.query(
    browseSql.profile(schema, table, column),
    signal,
  );
  const [, rows, min = null, max = null, nulls, kinds, longest, unread] = totals;
  // a value too long to be a text can't be told from another one
  return {
    column: name,
    rows: number(rows),
    nullRows: number(nulls),
    distinct: number(unread) > 0 ? null : number(kinds),
    min,
    max,
    longestBytes: longest === null || longest === undefined ? null : Number(longest),
    top: top.map(([, n, value]) => ({ value: value ?? "", rows: number(n) })),
  };
}
