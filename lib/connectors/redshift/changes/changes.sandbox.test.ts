import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ChangeSet, ChangeSetRequest } from "@/lib/connectors/contract/changes";
import {
  longJson,
  never,
  openWarehouse,
  setFaults,
  type SandboxFault,
  type Warehouse,
} from "@/lib/testing/sandbox";
import { plain, readAll, syncedTables } from "@/lib/testing/synced-tables";
import { identifier } from "@/lib/connectors/redshift/sql";

let warehouse: Warehouse;
let tables: ReturnType<typeof syncedTables>;
let waits: number[] = [];
const faults = (...rules: SandboxFault[]) => setFaults(warehouse.config.user, rules);

beforeAll(async () => {
  warehouse = await openWarehouse();
  tables = syncedTables(warehouse, (ms) => {
    waits.push(ms);
    return Promise.resolve();
  });
});
afterAll(() => warehouse.drop());
afterEach(async () => {
  waits = [];
  await faults();
  await tables.closeAll();
});

const source = () => tables.source();
const changes = (request: ChangeSetRequest) => tables.changes(request);
const table = (...of: Parameters<typeof tables.table>) => tables.table(...of);
const tablesLike = async (like: string) =>
  (
    await warehouse.admin(
      `SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = '_rudderstack' AND tablename LIKE '${like}%'`,
    )
  ).map(([name]) => name);
const deltasOf = (connectionId: string) =>
  tablesLike(`tidegate_delta_${connectionId.replaceAll("-", "").slice(0, 12)}`);

test("four connections that begin at once each find their own changes", async () => {
  const all: Awaited<ReturnType<typeof table>>[] = [];
  while (all.length < 4) all.push(await table("id integer, a varchar(10), b varchar(10)"));
  for (const { sql } of all) await sql("INSERT INTO $t VALUES (1, 'x', 'y')");
  const results = await Promise.all(all.map(({ sync }) => sync()));
  expect(results.map(({ toDeliver }) => toDeliver)).toEqual([1, 1, 1, 1]);
});

test("a SELECT or USAGE that was revoked names its GRANT in the run, as the source's page does", async () => {
  const { sync, sql, name } = await table("id integer, a varchar(10), b varchar(10)");
  await sql("INSERT INTO $t VALUES (1, 'x', 'y')");
  await sync();
  const user = identifier(warehouse.config.user);
  await sql(`REVOKE ALL ON TABLE $t FROM ${user}`);
  await expect(sync({ fence: 2 })).rejects.toMatchObject({
    fault: "user-fixable",
    message: `“${warehouse.config.user}” may not read “${warehouse.schema}”.“${name}”.`,
    detail: {
      code: "SOURCE_RIGHTS",
      remedy: expect.stringMatching(/runs this:\nGRANT SELECT ON TABLE .*;$/) as string,
    },
  });
  await sql(`GRANT SELECT ON TABLE $t TO ${user}`);
  const schema = identifier(warehouse.schema);
  await warehouse.admin(`REVOKE USAGE ON SCHEMA ${schema} FROM ${user}`);
  await expect(sync({ fence: 3 })).rejects.toMatchObject({
    detail: {
      code: "SOURCE_RIGHTS",
      remedy: expect.stringMatching(/GRANT USAGE ON SCHEMA .*;$/) as string,
    },
  });
  await warehouse.admin(`GRANT USAGE ON SCHEMA ${schema} TO ${user}`);
  expect(await sync({ fence: 4 })).toMatchObject({ unchanged: 1 });
});

test("first all rows, then only the new and the changed, in a stable dense order", async () => {
  const { sync, sql } = await table("id integer, a varchar(10), b varchar(10)");
  await sql("INSERT INTO $t VALUES (1, 'x', 'y'), (2, NULL, ''), (3, 'z', 'z')");
  const first = await sync();
  expect(first).toMatchObject({ read: 3, unchanged: 0, toDeliver: 3, invalid: 0 });
  expect(first.rows.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  expect(first.rows.find(({ key }) => key === "2")?.cells).toEqual(["2", null, ""]);

  expect(await sync({ fence: 2 })).toMatchObject({ read: 3, unchanged: 3, toDeliver: 0, rows: [] });

  await sql("UPDATE $t SET a = 'new' WHERE id = 1");
  await sql("INSERT INTO $t VALUES (4, 'q', 'q')");
  await sql("DELETE FROM $t WHERE id = 3");
  const third = await sync({ fence: 3 });
  expect(third).toMatchObject({ read: 3, unchanged: 1, toDeliver: 2, invalid: 0 });
  expect(plain(third.rows)).toEqual(["1 new,y", "4 q,q"]);
});

test("what only looks alike is a change: moved text, NULL and empty, a value that flips back", async () => {
  const { sync, sql } = await table("id integer, a varchar(10), b varchar(10)");
  const steps = [
    "'ab', 'c'",
    "'a', 'bc'",
    "'a:1', 'bc'",
    "NULL, 'bc'",
    "'', 'bc'",
    "'~', 'bc'",
    "'', ''",
    "NULL, NULL",
    "'ab', 'c'",
  ];
  await sql("INSERT INTO $t VALUES (1, 'first', 'value')");
  await sync();
  for (const [index, values] of steps.entries()) {
    await sql("DELETE FROM $t");
    await sql(`INSERT INTO $t VALUES (1, ${values})`);
    expect(await sync({ fence: 2 + index })).toMatchObject({ toDeliver: 1, inserts: 0 });
  }
});

test("a change of any type is seen, and each value is exact", async () => {
  const types: [string, string, string, string | null, string | null][] = [
    ["smallint", "1", "2", "1", "2"],
    [
      "bigint",
      "9223372036854775806",
      "9223372036854775807",
      "9223372036854775806",
      "9223372036854775807",
    ],
    ["numeric(38,9)", "0.1", "0.100000001", "0.100000000", "0.100000001"],
    ["float8", "0.1", "0.25", "0.1", "0.25"],
    ["real", "1.5", "2.5", "1.5", "2.5"],
    ["boolean", "true", "false", "t", "f"],
    ["boolean", "NULL", "false", null, "f"],
    ["date", "'2026-03-29'", "'2026-03-30'", "2026-03-29", "2026-03-30"],
    ["time", "'01:02:03'", "'01:02:03.000001'", "01:02:03", "01:02:03.000001"],
    [
      "timestamp",
      "'2026-03-29 01:30:00'",
      "'2026-03-29 01:30:00.000001'",
      "2026-03-29 01:30:00",
      "2026-03-29 01:30:00.000001",
    ],
    [
      "timestamptz",
      "'2026-03-29 01:30:00+01'",
      "'2026-03-29 01:30:00+02'",
      "2026-03-29 00:30:00+00",
      "2026-03-28 23:30:00+00",
    ],
    ["super", "JSON_PARSE('[1]')", "JSON_PARSE('[2]')", "[1]", "[2]"],
    ["varbyte(8)", "TO_VARBYTE('a', 'utf8')", "TO_VARBYTE('b', 'utf8')", "61", "62"],
    [
      "varchar(65535)",
      "REPEAT('x', 65535)",
      "REPEAT('x', 65534) || 'y'",
      "x".repeat(65535),
      `${"x".repeat(65534)}y`,
    ],
    ["char(4)", "'a'", "'b'", "a   ", "b   "],
  ];
  const { run, sql } = await table(
    `id integer, ${types.map(([type], index) => `c${index} ${type}`).join(", ")}`,
  );
  const request = (fence: number) => {
    const asked = run({ fence });
    return {
      ...asked,
      selection: { ...asked.selection, columns: ["id", ...types.map((_, index) => `c${index}`)] },
    };
  };
  await sql(`INSERT INTO $t VALUES (0, ${types.map(([, before]) => before).join(", ")})`);
  const first = await changes(request(1));
  expect((await readAll(first))[0]?.cells.slice(1)).toEqual(types.map(([, , , before]) => before));
  expect(first.columns.map(({ kind }) => kind)).toEqual([
    "integer",
    "integer",
    "bigint",
    "decimal",
    "float",
    "float",
    "boolean",
    "boolean",
    "text",
    "text",
    "timestamp",
    "timestamptz",
    "json",
    "text",
    "text",
    "text",
  ]);
  await first.commit([], never);
  for (const [index, [, , after, , text]] of types.entries()) {
    await sql(`UPDATE $t SET c${index} = ${after}`);
    const set = await changes(request(2 + index));
    expect((await readAll(set)).map(({ cells }) => cells[1 + index])).toEqual([text]);
    await set.commit([], never);
  }
});

test("rows without a key, with a key of several, with a key or value too long are invalid; the rest is delivered", async () => {
  const { sync, sql } = await table("id varchar(3000), a varchar(10), b super");
  await sql(
    "INSERT INTO $t VALUES (NULL, 'n', NULL), (NULL, 'n', NULL), ('twice', '1', NULL), ('twice', '2', NULL), ('ok', 'x', NULL), (REPEAT('k', 2000), 'l', NULL)",
  );
  await sql(`INSERT INTO $t SELECT 'big', 'v', ${longJson(65_536)}`);
  const { rows, ...counts } = await sync();
  expect(counts).toEqual({
    read: 7,
    unchanged: 0,
    toDeliver: 1,
    invalid: 6,
    inserts: 7,
    deletes: 0,
    known: 0,
  });
  expect(rows.map(({ key, invalid }) => `${key?.slice(0, 5)} ${invalid}`).sort()).toEqual([
    "big long-value",
    "kkkkk long-key",
    "ok undefined",
    "twice duplicate-key",
    "twice duplicate-key",
    "undefined null-key",
    "undefined null-key",
  ]);
  expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);

  await sql("DELETE FROM $t WHERE a = '1'");
  const again = await sync({ fence: 2 });
  expect(again).toMatchObject({ read: 6, unchanged: 1, toDeliver: 1, invalid: 4 });
  expect(plain(again.rows.filter(({ invalid }) => !invalid))).toEqual(["twice 2,"]);
});

test("a message id is the same when a change is read again, and another for every other change", async () => {
  const { run, sql, full } = await table("id integer, a varchar(10), b varchar(10)");
  await sql("INSERT INTO $t VALUES (1, 'x', 'y'), (2, 'x', 'y')");
  // without the key among what is selected the rows are alike but for it
  const alike = {
    selection: {
      schema: warehouse.schema,
      table: full.split(".")[1]!.slice(1, -1),
      columns: ["a"],
      keys: ["id"],
    },
  };
  const ids = async (set: ChangeSet, after = 0) =>
    (await readAll(set, after)).map(({ messageId }) => messageId);
  const first = await changes(run(alike));
  const [one = "", two = ""] = await ids(first);
  expect(await ids(first, 1)).toEqual([two]);
  await first.commit([], never);
  await sql("UPDATE $t SET a = 'z' WHERE id = 1");
  const second = await changes(run({ ...alike, fence: 2 }));
  const [changed = ""] = await ids(second);
  await second.commit([], never);
  await sql("UPDATE $t SET a = 'x' WHERE id = 1"); // as it was at first, which a receiver that drops repeats must take
  const [back = ""] = await ids(await changes(run({ ...alike, fence: 3 })));
  const other = await ids(await changes({ ...run(alike), connectionId: randomUUID() }));
  expect(new Set([one, two, changed, back, ...other]).size).toBe(6);
  expect(one).toMatch(/^[0-9a-f]{32}$/);
});

test("another mapping makes every row new, as other messages", async () => {
  const { sync, sql } = await table("id integer, a varchar(10), b varchar(10)");
  await sql("INSERT INTO $t VALUES (1, 'x', 'y'), (2, 'x', 'y')");
  const before = (await sync()).rows.map(({ messageId }) => messageId);
  const { rows } = await sync({ mappingHash: "m2", fence: 2 });
  expect(plain(rows)).toEqual(["1 x,y", "2 x,y"]);
  expect(before).not.toContain(rows[0]?.messageId);
  expect((await sync({ mappingHash: "m2", fence: 3 })).toDeliver).toBe(0);
});

test("a rejected row comes again as it was, the others don't", async () => {
  const { sync, sql } = await table("id integer, a varchar(10), b varchar(10)");
  await sql("INSERT INTO $t VALUES (1, 'x', 'y'), (2, 'bad', 'y'), (3, 'x', 'y')");
  const [, bad] = (await sync({}, [2])).rows;
  const again = await sync({ fence: 2 });
  expect(again).toMatchObject({ read: 3, unchanged: 2, toDeliver: 1 });
  expect(again.rows[0]).toMatchObject({ key: bad?.key, cells: bad?.cells });
  expect((await sync({ fence: 3 })).toDeliver).toBe(0);
});

test("many pages, from the middle too", async () => {
  const { sync, sql, run } = await table("id integer, a varchar(10), b varchar(200)");
  await sql("INSERT INTO $t VALUES (0, 'x', 'y')");
  for (let size = 1; size < 4_096; size *= 2)
    await sql(`INSERT INTO $t SELECT id + ${size}, a, b FROM $t`);
  const request = run();
  const set = await changes(request);
  const rows = await readAll(set);
  expect(rows.map(({ seq }) => seq)).toEqual(
    Array.from({ length: 4_096 }, (_, index) => index + 1),
  );
  expect(new Set(rows.map(({ key }) => key)).size).toBe(4_096);
  expect(await readAll(set, 2_500)).toEqual(rows.slice(2_500));
  await set.commit([], never);
  expect((await sync({ fence: 2 })).unchanged).toBe(4_096);
});

describe("a killed worker's successor", () => {
  test("finds the same rows in the same order, whatever happened to the source meanwhile", async () => {
    const { run, sql, sync } = await table("id integer, a varchar(10), b varchar(10)");
    await sql("INSERT INTO $t VALUES (1, 'x', 'y'), (2, 'x', 'y')");
    const request = run();
    const first = await changes(request);
    const rows = await readAll(first);
    await sql("UPDATE $t SET a = 'later'");
    await sql("INSERT INTO $t VALUES (3, 'x', 'y')");
    const second = await changes({ ...request, fence: 2 });
    expect([first.resumed, second.resumed]).toEqual([false, true]);
    expect(second.counts).toEqual(first.counts);
    expect(await readAll(second)).toEqual(rows);
    await second.commit([], never);
    expect(plain((await sync({ fence: 3 })).rows)).toEqual(["1 later,y", "2 later,y", "3 x,y"]);
  });

  test("takes the commit from the one before, who is told so and changes nothing", async () => {
    const { run, sql, connectionId } = await table("id integer, a varchar(10), b varchar(10)");
    await sql("INSERT INTO $t VALUES (1, 'x', 'y')");
    const request = run();
    const zombie = await changes(request);
    const successor = await changes({ ...request, fence: 2 });
    await expect(zombie.commit([], never)).rejects.toMatchObject({
      fault: "terminal",
      detail: { code: "FENCED" },
    });
    await expect(source().changes(request, never)).rejects.toMatchObject({
      fault: "terminal",
      detail: { code: "FENCED" },
    });
    await successor.commit([], never);
    await expect(zombie.commit([], never)).rejects.toMatchObject({ fault: "terminal" });
    expect(await deltasOf(connectionId)).toEqual([]);
  });

  test("after the commit, finds the counts and nothing to do", async () => {
    const { run, sql, sync } = await table("id integer, a varchar(10), b varchar(10)");
    await sql("INSERT INTO $t VALUES (1, 'x', 'y'), (1, 'twice', 'y'), (2, 'x', 'y')");
    const request = run();
    const first = await changes(request);
    await first.commit([], never);
    const second = await changes({ ...request, fence: 2 });
    expect(second).toMatchObject({ resumed: true, counts: first.counts });
    expect(await readAll(second, 3)).toEqual([]);
    await second.commit([], never);
    expect((await changes({ ...request, mappingHash: "edited since", fence: 3 })).counts).toEqual(
      first.counts,
    );
    expect((await sync({ fence: 4 })).unchanged).toBe(1);
  });

  test("two for one run at once make one delta", async () => {
    const { run, sql, connectionId } = await table("id integer, a varchar(10), b varchar(10)");
    await sql("INSERT INTO $t VALUES (1, 'x', 'y')");
    const request = run();
    const outcomes = await Promise.allSettled(
      [1, 2, 3].map((fence) => changes({ ...request, fence })),
    );
    const alive = outcomes.flatMap((outcome) =>
      outcome.status === "fulfilled" ? [outcome.value] : [],
    );
    expect(alive.length).toBeGreaterThan(0);
    for (const outcome of outcomes)
      if (outcome.status === "rejected")
        expect(outcome.reason).toMatchObject({ name: "SyncError" });
    expect(await deltasOf(connectionId)).toHaveLength(1);
    expect((await changes({ ...request, fence: 4 })).counts).toEqual({
      read: 1,
      unchanged: 0,
      toDeliver: 1,
      invalid: 0,
      inserts: 1,
      deletes: 0,
      known: 0,
    });
  });

  test("isn't misled by a mapping that was changed meanwhile", async () => {
    const { run, sql } = await table("id integer, a varchar(10), b varchar(10)");
    await sql("INSERT INTO $t VALUES (1, 'x', 'y')");
    const request = run();
    await changes(request);
    await expect(
      source().changes({ ...request, mappingHash: "m2", fence: 2 }, never),
    ).rejects.toMatchObject({
      fault: "terminal",
      message: expect.stringContaining("mapping was changed") as string,
    });
  });

  test("of another run drops the dead one's delta", async () => {
    const { run, sql, sync, connectionId } = await table(
      "id integer, a varchar(10), b varchar(10)",
    );
    await sql("INSERT INTO $t VALUES (1, 'x', 'y')");
    await changes(run());
    expect(await deltasOf(connectionId)).toHaveLength(1);
    expect((await sync({ fence: 2 })).toDeliver).toBe(1);
    expect(await deltasOf(connectionId)).toEqual([]);
  });
});

describe("a warehouse that fails", () => {
  const made = async () => {
    const t = await table("id integer, a varchar(10), b varchar(10)");
    await t.sql("INSERT INTO $t VALUES (1, 'x', 'y'), (2, 'x', 'y')");
    return t;
  };
  const conflict = {
    code: "XX000",
    message: "1023",
    detail: "Serializable isolation violation on table - 1",
  };

  test("after COMMIT, before its answer: the state has moved once", async () => {
    const { run, sync } = await made();
    const set = await changes(run());
    await faults({ match: "COMMIT", times: 1, drop: "after" });
    await set.commit([], never);
    expect(waits).toHaveLength(1);
    expect(await sync({ fence: 2 })).toMatchObject({ unchanged: 2, toDeliver: 0 });
  });
  test("before COMMIT: it is done again", async () => {
    const { run, sync } = await made();
    const set = await changes(run());
    await faults({ match: "COMMIT", times: 2, drop: "before" });
    await set.commit([], never);
    expect((await sync({ fence: 2 })).unchanged).toBe(2);
  });
  test("with conflicts: they are tried again, and told when they never end", async () => {
    const { run, sync, sql } = await made();
    await faults({ match: "COMMIT", times: 3, error: conflict });
    const set = await changes(run());
    await faults({ match: "COMMIT", times: 4, error: conflict });
    await set.commit([], never);
    expect((await sync({ fence: 2 })).unchanged).toBe(2);
    await sql("UPDATE $t SET a = 'new'");
    const next = await changes(run({ fence: 3 }));
    await faults({ match: "COMMIT", error: conflict });
    await expect(next.commit([], never)).rejects.toMatchObject({
      fault: "transient",
      detail: { code: "1023" },
    });
    await faults();
    expect((await sync({ fence: 4 })).toDeliver).toBe(2);
  });
  test("while a page is read: transient, and no row is passed over", async () => {
    const { run } = await made();
    const set = await changes(run());
    await faults({ match: "SELECT seq", times: 1, drop: "before" });
    await expect(readAll(set)).rejects.toMatchObject({ fault: "transient" });
  });
  test("in detection: nothing is left behind, and the next try is a whole one", async () => {
    const { run, connectionId } = await made();
    const request = run();
    await faults({ match: "/UPDATE .* SET delta_run_id/", times: 1, drop: "before" });
    await expect(source().changes(request, never)).rejects.toMatchObject({ fault: "transient" });
    expect(await deltasOf(connectionId)).toEqual([]);
    expect((await changes({ ...request, fence: 2 })).counts.toDeliver).toBe(2);
  });
});

test("cancelling stops the statement in the warehouse at once, with the reason", async () => {
  const { run, sql, connectionId } = await table("id integer, a varchar(10), b varchar(10)");
  await sql("INSERT INTO $t VALUES (1, 'x', 'y')");
  await faults({ match: 'CREATE TABLE "_rudderstack"."tidegate_delta_', delayMs: 120_000 });
  const controller = new AbortController();
  const began = performance.now();
  const pending = source().changes(run(), controller.signal);
  setTimeout(() => controller.abort(new Error("cancelled by Ada")), 300);
  await expect(pending).rejects.toThrow("cancelled by Ada");
  expect(performance.now() - began).toBeLessThan(8_000);
  expect(await deltasOf(connectionId)).toEqual([]);
});

test("names that bite: schema words, quotes, backslashes, capitals, and columns called like ours", async () => {
  const name = `We"ird 'table' \\ ; -- $$ ${randomUUID().slice(0, 4)}`;
  const columns = [
    "select",
    "c0",
    "C0",
    "row_key",
    "seq",
    `q"u'o\\te; drop table x; --`,
    "näme",
    "invalid",
    "user",
  ];
  await warehouse.admin("SET enable_case_sensitive_identifier TO true");
  const { run, sql } = await table(
    columns.map((column) => `${identifier(column)} varchar(40)`).join(", "),
    ["row_key"],
    name,
  );
  await sql(`INSERT INTO $t VALUES (${columns.map((_, index) => `'v${index}'`).join(", ")})`);
  const request = run({ fence: 1 });
  const set = await changes({ ...request, selection: { ...request.selection, columns } });
  expect((await readAll(set)).map(({ key, cells }) => [key, ...cells])).toEqual([
    ["v3", ...columns.map((_, index) => `v${index}`)],
  ]);
  expect(set.columns.map((column) => column.name)).toEqual(columns);
  await set.commit([], never);
});

test("a view as source, and thirty of the longest columns", async () => {
  const columns = Array.from({ length: 30 }, (_, index) => `c${index}`);
  const { sql, run, name } = await table(
    `id integer, ${columns.map((column) => `${column} varchar(65535)`).join(", ")}`,
  );
  await sql(`INSERT INTO $t SELECT 1, ${columns.map(() => "REPEAT('é', 30000)").join(", ")}`);
  await warehouse.admin(
    `CREATE VIEW ${identifier(warehouse.schema)}.${identifier(`v_${name}`)} AS SELECT * FROM ${identifier(warehouse.schema)}.${identifier(name)}`,
  );
  const request = run();
  const set = await changes({
    ...request,
    selection: { ...request.selection, table: `v_${name}`, columns },
  });
  const [row] = await readAll(set);
  expect(row?.cells.map((cell) => cell?.length)).toEqual(columns.map(() => 30_000));
});

test("a table that may not be read any more names the GRANT that helps", async () => {
  const { run, sql } = await table("id integer, a varchar(10), b varchar(10)");
  await sql(`REVOKE SELECT ON $t FROM ${identifier(warehouse.config.user)}`);
  await sql(`GRANT INSERT ON $t TO ${identifier(warehouse.config.user)}`); // still visible
  await expect(source().changes(run(), never)).rejects.toMatchObject({
    fault: "user-fixable",
    detail: { remedy: expect.stringContaining("GRANT SELECT ON TABLE") as string },
  });
});

test("what is gone from the source is the user's to mend", async () => {
  const { run, sql } = await table("id integer, a varchar(10)");
  await expect(source().changes(run(), never)).rejects.toMatchObject({
    fault: "user-fixable",
    message: expect.stringContaining("no longer has the column “b”") as string,
  });
  await sql("DROP TABLE $t");
  await expect(source().changes(run({ fence: 2 }), never)).rejects.toMatchObject({
    fault: "user-fixable",
    message: expect.stringContaining("no table") as string,
  });
});

test("forgetting a connection drops what was kept of it, and of no other", async () => {
  const one = await table("id integer, a varchar(10), b varchar(10)");
  const other = await table("id integer, a varchar(10), b varchar(10)");
  for (const { sql } of [one, other]) await sql("INSERT INTO $t VALUES (1, 'x', 'y')");
  await one.sync();
  await other.sync();
  await changes(one.run({ fence: 2 }));
  const kept = async (connectionId: string) =>
    [
      ...(await tablesLike(`tidegate_snapshot_${connectionId.replaceAll("-", "")}`)),
      ...(await deltasOf(connectionId)),
      ...(await tablesLike(`tidegate_state_${connectionId.replaceAll("-", "")}`)),
    ].length;
  expect(await kept(one.connectionId)).toBe(3);
  await source().forget(one.connectionId, never);
  expect([await kept(one.connectionId), await kept(other.connectionId)]).toEqual([0, 2]);
  await source().forget(one.connectionId, never);
  expect((await one.sync({ fence: 1 })).rows).toHaveLength(1);
});
