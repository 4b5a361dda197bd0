import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { ChangeSetRequest } from "@/lib/connectors/contract/changes";
import { never } from "@/lib/testing/sandbox";
import { syncedTablesOfTests } from "@/lib/testing/synced-tables";

const here = syncedTablesOfTests();

const people = async () => {
  const made = await here.tables.table("id integer, a varchar(700), b varchar(10)");
  await made.sql(
    "INSERT INTO $t VALUES (1, 'x', 'y'), (2, 'x', 'y'), (3, 'x', 'y'), (NULL, 'x', 'y'), (4, REPEAT('é', 300), 'y')",
  );
  return {
    ...made,
    dry: (more: Partial<ChangeSetRequest> = {}) =>
      here.tables.source().dryRun(made.run(more), never),
  };
};
const kept = async (ids: string[]) =>
  (await here.tables.source().kept(ids, never))
    .filter(({ connectionId }) => connectionId !== null)
    .map(({ what, rows }) => `${what} ${rows}`);

test("before the first run: all is new, and nothing is written", async () => {
  const { dry, connectionId, sync } = await people();
  const first = await dry();
  expect(first).toMatchObject({
    read: 5,
    known: 0,
    counts: { insert: 4, update: 0, delete: 0, unchanged: 0, rejected: 1 },
  });
  expect(first.samples.insert.find(({ key }) => key === "4")).toEqual({
    key: "4",
    reason: null,
    before: null,
    after: ["4", "é".repeat(200), "y"],
  });
  expect(first.samples.rejected).toEqual([
    { key: null, reason: "null-key", before: null, after: [null, "x", "y"] },
  ]);
  expect(await kept([connectionId])).toEqual([]);
  expect((await sync()).toDeliver).toBe(4);
});

test("it tells what the run then does, in each mode, with the values before and after", async () => {
  for (const mode of ["upsert", "mirror", "full"] as const) {
    const { dry, sync, sql } = await people();
    await sync({ mode });
    await sql("UPDATE $t SET a = 'new' WHERE id = 1");
    await sql("DELETE FROM $t WHERE id = 2");
    await sql("INSERT INTO $t VALUES (5, 'x', 'y'), (3, 'twice', 'y')");
    const told = await dry({ mode });
    const { rows, ...found } = await sync({ mode });
    const { insert, update, delete: deletes, unchanged, rejected } = told.counts;
    expect({
      mode,
      read: told.read,
      unchanged,
      toDeliver: insert + update + deletes,
      invalid: rejected,
      deletes,
    }).toEqual({
      mode,
      read: found.read,
      unchanged: found.unchanged,
      toDeliver: found.toDeliver,
      invalid: found.invalid,
      deletes: found.deletes,
    });
    expect(
      rows
        .filter(({ invalid }) => invalid)
        .map(({ key }) => key)
        .sort(),
    ).toEqual(told.samples.rejected.map(({ key }) => key).sort());
    if (mode === "full") continue;
    expect(told.samples.update).toEqual([
      { key: "1", reason: null, before: ["1", "x", "y"], after: ["1", "new", "y"] },
    ]);
    expect(told.samples.unchanged.map(({ key }) => key)).toEqual(["4"]);
    expect(told.samples.delete).toEqual(
      mode === "mirror" ? [{ key: "2", reason: null, before: ["2", "x", "y"], after: null }] : [],
    );
  }
});

test("ten samples of each at most, and only from the cursor on", async () => {
  const { sync, sql, run } = await here.tables.table("id integer, a varchar(10), b varchar(10)");
  await sql(
    `INSERT INTO $t VALUES ${Array.from({ length: 30 }, (_, n) => `(${n}, 'x', 'y')`).join(", ")}`,
  );
  const cursor = { column: "id", lookBackMinutes: 0 };
  expect((await here.tables.source().dryRun(run({ cursor }), never)).samples.insert).toHaveLength(
    10,
  );
  await sync({ cursor });
  await sql("INSERT INTO $t VALUES (99, 'x', 'y')");
  expect(await here.tables.source().dryRun(run({ cursor }), never)).toMatchObject({
    read: 2,
    known: 30,
    counts: { insert: 1, update: 0, delete: 0, unchanged: 1, rejected: 0 },
  });
});

test("what is kept: listed with its rows, pruned but for the state, forgotten whole; another's is shown as another's", async () => {
  const { sync, run, connectionId, dry } = await people();
  const first = await sync();
  await here.tables.changes(run());
  expect((await kept([connectionId])).sort()).toEqual(["delta 1", "snapshot 4", "state 1"]);
  expect(
    (await here.tables.source().kept([randomUUID()], never))
      .filter(({ name }) => name.includes(connectionId.replaceAll("-", "").slice(0, 12)))
      .map(({ connectionId: of, rows }) => [of, rows]),
  ).toEqual([
    [null, 0],
    [null, 0],
    [null, 0],
  ]);
  await here.tables.source().prune(connectionId, never);
  expect(await kept([connectionId])).toEqual(["state 1"]);
  expect((await dry()).counts.insert).toBe(4);
  const again = await sync();
  expect(again.toDeliver).toBe(4);
  // a receiver that drops what it has had takes them
  expect(again.rows.map(({ messageId }) => messageId)).not.toContain(
    first.rows.find(({ invalid }) => !invalid)?.messageId,
  );
  await here.tables.source().forget(connectionId, never);
  expect(await kept([connectionId])).toEqual([]);
});
