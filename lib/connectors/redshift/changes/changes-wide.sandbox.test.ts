// Tables as wide as Redshift's own: each mode finds, reads and commits what has changed in them.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { ChangeSetRequest } from "@/lib/connectors/contract/changes";
import { MAX_SELECTED_COLUMNS } from "@/lib/connectors/redshift/spec";
import { openWarehouse, type Warehouse } from "@/lib/testing/sandbox";
import { syncedTables } from "@/lib/testing/synced-tables";

let warehouse: Warehouse;
let tables: ReturnType<typeof syncedTables>;
beforeAll(async () => {
  warehouse = await openWarehouse();
  tables = syncedTables(warehouse, async () => undefined);
});
afterAll(() => warehouse.drop());
afterEach(() => tables.closeAll());

/** Names and types by turns, a key first and a cursor last. */
const types = ["varchar(40)", "numeric(18,4)", "timestamp", "double precision", "boolean"];
const wide = (columns: number) => {
  const names = Array.from({ length: columns }, (_, at) => (at === 0 ? "id" : `value_${at}`));
  const typed = names.map((name, at) => {
    if (at === 0) return `${name} integer`;
    return `${name} ${at === columns - 1 ? "timestamp" : types[at % types.length]}`;
  });
  return { names, columns: typed.join(", ") };
};
const rows = (ids: number[], columns: number) =>
  `INSERT INTO $t (id, value_5, value_${columns - 1}) VALUES ${ids.map((id) => `(${id}, 'v${id}', '2026-01-01 00:00:00')`).join(", ")}`;

// a join of the table with its snapshot has more columns than the 1,664 that a select list may have
test.each<[string, number, Partial<ChangeSetRequest>, object]>([
  ["mirror", 900, { mode: "mirror" }, { toDeliver: 3, deletes: 1, unchanged: 1 }],
  ["full", MAX_SELECTED_COLUMNS, { mode: "full" }, { toDeliver: 3 }],
])("%s, of %d columns", async (_, count, more, expected) => {
  const { names, columns } = wide(count);
  const { sync, sql, run } = await tables.table(columns);
  const selection = { ...run().selection, columns: names };
  await sql(rows([1, 2, 3], count));
  expect(await sync({ ...more, selection, fence: 1 })).toMatchObject({ toDeliver: 3 });
  await sql("DELETE FROM $t WHERE id = 1");
  await sql("UPDATE $t SET value_5 = 'other' WHERE id = 2");
  await sql(rows([4], count));
  expect(await sync({ ...more, selection, fence: 2 })).toMatchObject(expected);
});

test("one column more is refused, and it is said why", async () => {
  const { names, columns } = wide(MAX_SELECTED_COLUMNS + 1);
  const { sync, run } = await tables.table(columns);
  await expect(sync({ selection: { ...run().selection, columns: names } })).rejects.toMatchObject({
    fault: "user-fixable",
    message: expect.stringContaining("A sync can have at most 1,594") as string,
  });
});
