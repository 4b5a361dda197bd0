// Both ends of a connection at once: what a load would do to the target, and whether it holds what the source has.
import { loadForRun } from "@/lib/connections/data";
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import type { RowDigest } from "@/lib/connectors/contract/comparison";
import type { DestinationConnector } from "@/lib/connectors/contract/destination";
import type { TableDestination, TableForecast } from "@/lib/connectors/contract/rows";
import { can, sourceThatCan, type SourceConnector } from "@/lib/connectors/contract/source";
import { openDestination } from "@/lib/destinations/open";
import { SyncError } from "@/lib/platform/errors";
import { ok, refused, type Result } from "@/lib/platform/result";
import { findSource } from "@/lib/sources/data";
import { openSourceCredential } from "@/lib/sources/open";
import type { TeamId } from "@/lib/team/types";

/** A text column that holds more than the target's takes. */
type TooLong = { column: string; longest: number; takes: number };
export type Forecast = TableForecast & { tooLong: TooLong[] };
export type Compared = { range: string; source: number; target: number; isSame: boolean };

type Ends = {
  source: SourceConnector;
  destination: TableDestination;
  schema: string;
  table: string;
  columns: ColumnInfo[];
  order: string[];
  keys: string[];
};

async function withEnds<T>(
  teamId: TeamId,
  connectionId: string,
  signal: AbortSignal,
  work: (ends: Ends) => Promise<Result<T>>,
): Promise<Result<T>> {
  const connection = await loadForRun(connectionId);
  if (!connection || connection.teamId !== teamId)
    return refused("This connection no longer exists.");
  const { source: from, mapping } = connection;
  const source = await openSourceCredential(teamId, from.credentialId);
  if (!source.ok) return source;
  const destination = await openDestination(teamId, connection.destinationId);
  if (!destination.ok) return destination;
  try {
    if (destination.value.takes !== "rows") return refused("This destination keeps no tables.");
    const order = mapping.columns.map(({ column }) => column);
    const names = [...new Set([...order, ...from.keys])];
    const known = await sourceThatCan(source.value, "catalog").columns(
      from.schema,
      from.table,
      signal,
    );
    const columns = names.flatMap((name) => known.find((column) => column.name === name) ?? []);
    if (columns.length !== names.length)
      return refused(
        "The source no longer has all of the selected columns. Open it and select its columns again.",
      );
    return await work({
      source: source.value,
      destination: destination.value,
      schema: from.schema,
      table: from.table,
      columns,
      order,
      keys: from.keys,
    });
  } finally {
    await destination.value.close();
  }
}

/**
 * Whether a source's rows could be loaded into a destination at all: refused where the target is the source itself, also
 * by another name, and where no row could be loaded. Whatever else goes wrong, as with a warehouse that is away, is
 * said by verification and runs.
 */
export async function examineEnds(
  teamId: TeamId,
  sourceId: string,
  destination: DestinationConnector,
  signal: AbortSignal,
): Promise<Result<null>> {
  if (destination.takes !== "rows" || !destination.examine) return ok(null);
  const from = await findSource(teamId, sourceId);
  const source = from && (await openSourceCredential(teamId, from.credentialId));
  if (!from || !source?.ok) return ok(null);
  const { schema, table, keys } = from;
  const order = from.mapping.columns.map(({ column }) => column);
  try {
    const known = await sourceThatCan(source.value, "catalog").columns(schema, table, signal);
    const columns = [...new Set([...order, ...keys])].flatMap(
      (name) => known.find((column) => column.name === name) ?? [],
    );
    const origin = (await source.value.origin?.(schema, table, signal)) ?? null;
    await destination.examine({ table, columns, order, keys, origin }, signal);
  } catch (error) {
    if (!(error instanceof SyncError) && !signal.aborted) throw error;
    if (error instanceof SyncError && error.detail.code?.startsWith("TARGET_"))
      return refused(
        [error.message, error.detail.remedy].filter(Boolean).join(" "),
        "destinationId",
      );
  }
  return ok(null);
}

/** What the next run would do to the table before it loads, and which texts would not fit. Nothing is changed. */
export const forecastLoad = (
  teamId: TeamId,
  connectionId: string,
  signal: AbortSignal,
): Promise<Result<Forecast>> =>
  withEnds(
    teamId,
    connectionId,
    signal,
    async ({ source, destination, schema, table, columns, order, keys }) => {
      if (!destination.forecast)
        return refused("This kind of destination can’t say what it would do.");
      const forecast = await destination.forecast({ table, columns, order, keys }, signal);
      const texts = forecast.columns.filter(
        ({ maxBytes, source: name }) =>
          maxBytes !== null &&
          columns.some((column) => column.name === name && /^(var)?char/.test(column.type)),
      );
      const longest =
        can(source, "comparison") && texts.length > 0
          ? await source.longest(
              schema,
              table,
              texts.map((column) => column.source),
              signal,
            )
          : [];
      const tooLong = texts.flatMap(({ source: column, maxBytes }, at): TooLong[] =>
        (longest[at] ?? 0) > (maxBytes ?? Infinity)
          ? [{ column, longest: longest[at] ?? 0, takes: maxBytes ?? 0 }]
          : [],
      );
      return ok({ ...forecast, tooLong });
    },
  );

/** Counts and sums of both tables, by ranges of the key. */
export const compareTables = (
  teamId: TeamId,
  connectionId: string,
  signal: AbortSignal,
): Promise<Result<Compared[]>> =>
  withEnds(
    teamId,
    connectionId,
    signal,
    async ({ source, destination, schema, table, columns, order, keys }) => {
      if (!can(source, "comparison") || !destination.digest)
        return refused("These two kinds of tables can’t be compared by their checksums.");
      const [there, here] = await Promise.all([
        source.digest(
          schema,
          table,
          columns.map(({ name }) => name),
          keys,
          signal,
        ),
        destination.digest({ table, columns, order, keys }, signal),
      ]);
      const of = (digests: RowDigest[], range: string) =>
        digests.find((digest) => digest.range === range) ?? { range, rows: 0, sum: "" };
      const ranges = [...new Set([...there, ...here].map(({ range }) => range))].sort();
      return ok(
        ranges.map((range) => ({
          range,
          source: of(there, range).rows,
          target: of(here, range).rows,
          isSame:
            of(there, range).rows === of(here, range).rows &&
            of(there, range).sum === of(here, range).sum,
        })),
      );
    },
  );
