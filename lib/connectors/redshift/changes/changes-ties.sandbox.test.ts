// Many rows of one cursor value, more than a page holds, and rows that change while they are read.
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { ChangedRow } from "@/lib/testing/changes";
import { rowsOf } from "@/lib/testing/changes";
import { never } from "@/lib/testing/sandbox";
import { plain, syncedTablesOfTests } from "@/lib/testing/synced-tables";

const here = syncedTablesOfTests();
const cursor = { column: "at", lookBackMinutes: 0 };
const NOON = "2026-01-01 12:00:00";

/** A table of these many rows, ids from 1, `ties` of them, the last ones, with noon as their cursor's value. */
async function tied(rows: number, ties: number) {
  const made = await here.tables.table("id integer, a varchar(10), b varchar(10), at timestamp");
  const insert = (from: number, count: number, at: string) =>
    made.sql(
      `INSERT INTO $t VALUES ${Array.from({ length: count }, (_, n) => `(${from + n}, 'x', 'y', '${at}')`).join(", ")}`,
    );
  await insert(1, rows - ties, "2026-01-01 11:00:00");
  await insert(rows - ties + 1, ties, NOON);
  return { ...made, insert };
}
const idsOf = (rows: ChangedRow[]): number[] =>
  rows.map(({ key }) => Number(key)).sort((a, b) => a - b);
const ids = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

test("5,000 rows of one value, over the edge of a page: none is skipped or comes twice, nor are 5,000 more that come later with the same value", async () => {
  const { sync, insert } = await tied(7_500, 5_000);
  const first = await sync({ cursor });
  expect(first).toMatchObject({ read: 7_500, toDeliver: 7_500, unchanged: 0 });
  expect(idsOf(first.rows)).toEqual(ids(1, 7_500));
  await insert(7_501, 5_000, NOON);
  const second = await sync({ cursor });
  expect(second).toMatchObject({ read: 10_000, toDeliver: 5_000, unchanged: 5_000 }); // every tie is looked at again, and compared
  expect(idsOf(second.rows)).toEqual(ids(7_501, 12_500));
  expect(await sync({ cursor })).toMatchObject({ read: 10_000, toDeliver: 0, unchanged: 10_000 });
});

test("rows that are updated while they are read come in the next sync, those whose cursor stays where it is by its tie", async () => {
  const { run, sync, sql } = await tied(7_500, 5_000);
  const set = await here.tables.changes(run({ cursor, runId: randomUUID() }));
  const delivered: ChangedRow[] = [];
  const pages: number[] = [];
  for await (const page of set.read(0, never)) {
    const rows = rowsOf(page, set.columns.length);
    delivered.push(...rows);
    pages.push(rows.length);
    if (pages.length > 1) continue;
    const [read, unread] = [
      rows.slice(0, 3),
      ids(2_501, 7_500)
        .filter((id) => !rows.some(({ key }) => Number(key) === id))
        .slice(0, 3),
    ];
    await sql(
      `UPDATE $t SET a = 'later', at = '2026-01-01 13:00:00' WHERE id IN (${read.map(({ key }) => key).join(", ")})`,
    );
    await sql(`UPDATE $t SET a = 'tie' WHERE id IN (${unread.join(", ")})`);
  }
  expect(pages.length).toBeGreaterThanOrEqual(2);
  await set.commit([], never);
  expect(idsOf(delivered)).toEqual(ids(1, 7_500));
  expect(new Set(delivered.map(({ cells }) => cells[1]))).toEqual(new Set(["x"])); // as they were when the changes were found
  const next = await sync({ cursor });
  expect(plain(next.rows).map((row) => row.split(" ")[1])).toHaveLength(6);
  expect(next.rows.map(({ cells }) => cells[1]).sort()).toEqual([
    "later",
    "later",
    "later",
    "tie",
    "tie",
    "tie",
  ]);
  expect(await sync({ cursor })).toMatchObject({ toDeliver: 0 });
});
