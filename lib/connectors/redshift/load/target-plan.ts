// A target table as it is, and what must be done to it: planTarget (target.ts) with what the catalogue says.
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import { databaseOf, isTrue, listColumns } from "@/lib/connectors/redshift/catalog/catalog";
import { tableLayout } from "@/lib/connectors/redshift/catalog/catalog-sql";
import type { RedshiftSession } from "@/lib/connectors/redshift/session/client";
import type { RedshiftColumn } from "@/lib/connectors/redshift/catalog/columns";
import { qualified } from "./load-sql";
import type { LoadOptions } from "@/lib/connectors/redshift/spec";
import {
  aroundLayout,
  planTarget,
  type ColumnRules,
  type TableLayout,
  type TargetPlan,
} from "./target";

export type Wanted = {
  schema: string;
  table: string;
  columns: readonly ColumnInfo[];
  keys: readonly string[];
  options: LoadOptions;
  order?: readonly string[];
};

/** The columns that the table has, none where it isn't there, and the plan. Throws a SyncError where no plan can be. */
export async function planFor(
  session: RedshiftSession,
  { schema, table, columns, keys, options, order }: Wanted,
  signal: AbortSignal,
): Promise<{ has: RedshiftColumn[]; plan: TargetPlan }> {
  const target = qualified(schema, table);
  const has = await listColumns(session, schema, table, signal);
  if (has.length === 0)
    return { has, plan: planTarget(target, columns, keys, null, options, order) };
  const { layout, rules } = await factsOf(session, schema, table, signal);
  const plan = planTarget(target, columns, keys, has, options, order, rules);
  return { has, plan: aroundLayout(target, plan, layout) };
}

async function factsOf(
  session: RedshiftSession,
  schema: string,
  table: string,
  signal: AbortSignal,
): Promise<{ layout: TableLayout; rules: ColumnRules }> {
  const database = await databaseOf(session, signal);
  const rows = await session.query(tableLayout(database, schema, table), signal);
  const columns = rows.map(([name, distKey, place]) => ({
    name: name ?? "",
    isDistKey: isTrue(distKey?.toLowerCase()),
    place: Number(place ?? 0),
  }));
  return {
    layout: {
      distKey: columns.find(({ isDistKey }) => isDistKey)?.name ?? null,
      sortKeys: columns.filter(({ place }) => place !== 0).map(({ name }) => name),
      isInterleaved: columns.some(({ place }) => place < 0),
    },
    rules: new Map(
      rows.map(([name, , , isNullable, value]) => [
        name ?? "",
        { takesNull: isNullable?.toUpperCase() !== "NO", default: value || null },
      ]),
    ),
  };
}
