import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { never } from "@/lib/testing/sandbox";
import { plain, readAll, syncedTablesOfTests } from "@/lib/testing/synced-tables";

const here = syncedTablesOfTests();

const people = async (rows = "(1, 'x', 'y'), (2, 'x', 'y'), (3, 'x', 'y')") => {
  const made = await here.tables.table("id integer, a varchar(10), b varchar(10)");
  await made.sql(`INSERT INTO $t VALUES ${rows}`);
  return made;
};

describe("what only comparing could miss", () => {
  test("blanks at the end, which Redshift's = ignores", async () => {
    const { sync, sql } = await people("(1, 'x', 'y')");
    await sync();
    await sql("UPDATE $t SET a = 'x '");
    expect(plain((await sync()).rows)).toEqual(["1 x ,y"]);
    expect((await sync()).unchanged).toBe(1);
  });

  test("the case of letters, in a column whose collation ignores it", async () => {
    const { sync, sql } = await here.tables.table(
      "id integer, a varchar(10) COLLATE CASE_INSENSITIVE, b varchar(10)",
    );
    await sql("INSERT INTO $t VALUES (1, 'ada', 'y'), (2, NULL, 'y')");
    await sync();
    await sql("UPDATE $t SET a = 'Ada' WHERE id = 1");
    expect(plain((await sync()).rows)).toEqual(["1 Ada,y"]);
  });

  test("the same row twice, where it was once: neither is told from the other", async () => {
    const { sync, sql } = await people();
    await sync();
    await sql("INSERT INTO $t VALUES (2, 'x', 'y')");
    const { rows, ...counts } = await sync();
    expect(counts).toMatchObject({ read: 4, unchanged: 2, toDeliver: 0, invalid: 2 });
    expect(rows.map(({ key, invalid }) => `${key} ${invalid}`)).toEqual([
      "2 duplicate-key",
      "2 duplicate-key",
    ]);
    await sql("DELETE FROM $t WHERE id = 2");
    await sql("INSERT INTO $t VALUES (2, 'x', 'y')");
    expect(await sync()).toMatchObject({ read: 3, unchanged: 3, invalid: 0 });
  });

  test("a changed row beside its old self", async () => {
    const { sync, sql } = await people();
    await sync();
    await sql("INSERT INTO $t VALUES (2, 'new', 'y')");
    expect(await sync()).toMatchObject({ read: 4, unchanged: 2, toDeliver: 0, invalid: 2 });
  });
});

describe("the source's columns", () => {
  test("widened: what was delivered stays known, and longer values fit", async () => {
    const { sync, sql } = await people();
    await sync();
    await sql("ALTER TABLE $t ALTER COLUMN b TYPE varchar(40)");
    await sql("UPDATE $t SET b = 'longer than ten bytes' WHERE id = 1");
    expect(plain((await sync()).rows)).toEqual(["1 x,longer than ten bytes"]);
    await sql("UPDATE $t SET b = 'as long as the first one' WHERE id = 2");
    expect(await sync()).toMatchObject({ read: 3, unchanged: 2, toDeliver: 1 });
  });

  test("of another kind of value: every row is sent again, once", async () => {
    const { sync, sql, full, name } = await people("(1, '10', 'y'), (2, '20', 'y')");
    await sync();
    await sql(`ALTER TABLE $t RENAME TO "old_${name}"`);
    await sql("CREATE TABLE $t (id integer, a integer, b varchar(10))");
    await sql(
      `INSERT INTO ${full} SELECT id, CAST(a AS integer), b FROM ${full.replace(name, `old_${name}`)}`,
    );
    await sql(`GRANT SELECT ON $t TO "${here.warehouse.config.user}"`);
    expect(await sync()).toMatchObject({ read: 2, toDeliver: 2, inserts: 0 });
    expect((await sync()).unchanged).toBe(2);
  });
});

describe("a column that becomes of another type", () => {
  const values = {
    date: "'2026-01-02'",
    "char(12)": "'2026-01-02'",
    time: "'01:02:03'",
    timetz: "'01:02:03+00'",
    "varchar(20)": "'2026-01-02'",
    timestamp: "'2026-01-02 03:04:05'",
  };
  type Type = keyof typeof values;
  const pairs: [Type, Type][] = [
    ["date", "char(12)"],
    ["char(12)", "date"],
    ["time", "date"],
    ["timetz", "date"],
    ["date", "timetz"],
    ["char(12)", "varchar(20)"],
    ["timestamp", "date"],
  ];
  test.each(pairs)(
    "%s, then %s: every row is sent again, once, in both modes",
    async (from, to) => {
      for (const mode of ["upsert", "mirror"] as const) {
        const { sync, sql } = await here.tables.table(`id integer, a ${from}, b integer`);
        await sql(`INSERT INTO $t VALUES (1, ${values[from]}, 1), (2, NULL, 2)`);
        expect((await sync({ mode })).toDeliver).toBe(2);
        await sql("ALTER TABLE $t DROP COLUMN a");
        await sql(`ALTER TABLE $t ADD COLUMN a ${to}`);
        await sql(`UPDATE $t SET a = ${values[to]} WHERE id = 1`);
        await sql("DELETE FROM $t WHERE id = 2");
        expect((await sync({ mode })).rows.filter(({ isDelete }) => !isDelete)).toHaveLength(1);
        expect((await sync({ mode })).unchanged).toBe(1);
      }
    },
  );
});

describe("mirror", () => {
  test("delivers deletes first, with the values last delivered, and once", async () => {
    const { sync, sql } = await people();
    await sync({ mode: "mirror" });
    await sql("DELETE FROM $t WHERE id IN (1, 3)");
    await sql("INSERT INTO $t VALUES (4, 'q', 'q')");
    const { rows, ...counts } = await sync({ mode: "mirror" });
    expect(counts).toEqual({
      read: 2,
      unchanged: 1,
      toDeliver: 3,
      invalid: 0,
      inserts: 1,
      deletes: 2,
      known: 3,
    });
    expect(rows.map(({ isDelete }) => isDelete)).toEqual([true, true, undefined]);
    expect(plain(rows)).toEqual(["1 gone x,y", "3 gone x,y", "4 q,q"]);
    expect(await sync({ mode: "mirror" })).toMatchObject({
      read: 2,
      unchanged: 2,
      deletes: 0,
      known: 2,
    });
  });

  test("a delete that was refused comes again; one that came back in time doesn't", async () => {
    const { sync, sql } = await people();
    await sync({ mode: "mirror" });
    await sql("DELETE FROM $t WHERE id IN (1, 2)");
    expect((await sync({ mode: "mirror" }, [1, 2])).deletes).toBe(2);
    await sql("INSERT INTO $t VALUES (2, 'x', 'y')");
    expect(plain((await sync({ mode: "mirror" })).rows)).toEqual(["1 gone x,y"]);
  });

  test("with another mapping the deletes are found too, also of what was refused in it", async () => {
    const { sync, sql } = await people();
    await sync({ mode: "mirror" });
    await sql("DELETE FROM $t WHERE id = 1");
    const full = await sync({ mode: "mirror", mappingHash: "m2" }, [2]);
    expect(plain(full.rows)).toEqual(["1 gone ,", "2 x,y", "3 x,y"]);
    const refused = full.rows.find(({ seq }) => seq === 2)?.key;
    expect(
      (await sync({ mode: "mirror", mappingHash: "m2" }, [1])).rows.map(({ key }) => key),
    ).toEqual([refused]);
    await sql(`DELETE FROM $t WHERE id = ${refused}`);
    const after = await sync({ mode: "mirror", mappingHash: "m2" });
    expect(after.rows.map(({ key, isDelete }) => [key, isDelete])).toEqual([[refused, true]]);
  });

  test("upsert forgets what is gone, and sends it again when it comes back as it was", async () => {
    const { sync, sql } = await people();
    const first = await sync();
    await sql("DELETE FROM $t WHERE id = 1");
    expect(await sync()).toMatchObject({ read: 2, unchanged: 2, toDeliver: 0, deletes: 0 });
    await sql("INSERT INTO $t VALUES (1, 'x', 'y')");
    const back = await sync();
    expect(plain(back.rows)).toEqual(["1 x,y"]);
    expect(first.rows.map(({ messageId }) => messageId)).not.toContain(back.rows[0]?.messageId);
  });
});

test("full sends every row each time, as other messages, and remembers none", async () => {
  const { sync, connectionId } = await people();
  const first = await sync({ mode: "full" });
  const second = await sync({ mode: "full" });
  expect(second).toMatchObject({ read: 3, unchanged: 0, toDeliver: 3, known: 0 });
  expect(new Set([...first.rows, ...second.rows].map(({ messageId }) => messageId)).size).toBe(6);
  expect(
    await here.warehouse.admin(
      `SELECT tablename FROM pg_catalog.pg_tables WHERE tablename LIKE 'tidegate_snapshot_${connectionId.replaceAll("-", "")}'`,
    ),
  ).toEqual([]);
});

describe("a key of several columns", () => {
  test("tells rows apart by all of them, whatever they hold", async () => {
    const { sync, sql } = await here.tables.table("id varchar(20), a varchar(20), b varchar(20)", [
      "id",
      "a",
    ]);
    await sql(
      `INSERT INTO $t VALUES ('1', '2,3', 'v'), ('1,2', '3', 'v'), ('"', '\\\\', 'v'), ('q"', 'r', 'v'), ('q', '"r', 'v'), ('n', NULL, 'v'), ('twice', '1', 'v'), ('twice', '1', 'w')`,
    );
    const { rows, ...counts } = await sync();
    expect(counts).toMatchObject({ read: 8, toDeliver: 5, invalid: 3 });
    const keys = rows
      .filter(({ invalid }) => !invalid)
      .map(({ key, cells }) => {
        expect(JSON.parse(key ?? "")).toEqual(cells.slice(0, 2));
        return key;
      });
    expect(new Set(keys).size).toBe(5);
    expect(rows.flatMap(({ invalid }) => invalid ?? []).sort()).toEqual([
      "duplicate-key",
      "duplicate-key",
      "null-key",
    ]);
    expect((await sync()).unchanged).toBe(5);
  });

  test("is too long as a whole where its parts are not, and where they are", async () => {
    const { sync, sql } = await here.tables.table(
      "id varchar(3000), a varchar(65535), b varchar(10)",
      ["id", "a"],
    );
    await sql(
      "INSERT INTO $t VALUES (REPEAT('é', 300), REPEAT('é', 300), 'v'), ('k', REPEAT('é', 32767), 'v'), ('k', 'short', 'v')",
    );
    expect((await sync()).rows.map(({ invalid }) => invalid ?? "ok").sort()).toEqual([
      "long-key",
      "long-key",
      "ok",
    ]);
  });
});

describe("a cursor", () => {
  const cursor = { column: "at", lookBackMinutes: 0 };
  const events = async () => {
    const made = await here.tables.table("id integer, a varchar(10), b varchar(10), at timestamp");
    await made.sql(
      `INSERT INTO $t VALUES ${Array.from({ length: 50 }, (_, n) => `(${n + 1}, 'x', 'y', '2026-01-01 12:00:00')`).join(", ")}`,
    );
    return made;
  };

  test("looks at rows from its last value on alone, and misses no tie", async () => {
    const { sync, sql } = await events();
    expect((await sync({ cursor })).toDeliver).toBe(50);
    await sql(
      "INSERT INTO $t VALUES (51, 'x', 'y', '2026-01-01 12:00:00'), (52, 'x', 'y', '2026-01-01 12:00:01'), (53, 'x', 'y', NULL), (54, 'x', 'y', '2026-01-01 11:00:00')",
    );
    const second = await sync({ cursor });
    expect(plain(second.rows).map((row) => row.split(" ")[0])).toEqual(["51", "52", "53"]);
    expect(second).toMatchObject({ read: 53, unchanged: 50 });
    await sql("UPDATE $t SET a = 'new' WHERE id = 3"); // without moving the cursor: only the daily comparison sees it
    expect(await sync({ cursor })).toMatchObject({ read: 2, unchanged: 2, toDeliver: 0 });
    expect(plain((await sync({ cursor: { ...cursor, lookBackMinutes: 120 } })).rows)).toEqual([
      "3 new,y",
      "54 x,y",
    ]);
  });

  test("once a day the whole table is compared, so that what was committed later than it looks back arrives", async () => {
    const { sync, sql, connectionId } = await events();
    await sync({ cursor });
    await sql("INSERT INTO $t VALUES (90, 'late', 'y', '2025-01-01')");
    expect((await sync({ cursor })).toDeliver).toBe(0);
    await here.warehouse.admin(
      `UPDATE _rudderstack.tidegate_state_${connectionId.replaceAll("-", "")} SET compared_at = GETDATE() - INTERVAL '25 hours'`,
    );
    expect(plain((await sync({ cursor })).rows)).toEqual(["90 late,y"]);
  });

  test("does not move past a row that was not delivered", async () => {
    const { sync, sql } = await events();
    await sync({ cursor });
    await sql(
      "INSERT INTO $t VALUES (60, 'bad', 'y', '2026-01-02'), (61, 'x', 'y', '2026-01-03'), (NULL, 'no key', 'y', '2026-01-02 01:00:00')",
    );
    const { rows } = await sync({ cursor });
    expect(rows).toHaveLength(3);
    const again = await sync({ cursor }, []);
    expect(again).toMatchObject({ read: 2, unchanged: 1, invalid: 1 }); // from the row without a key on
    const { rows: refused } = await sync({ cursor: null, mappingHash: "m2" }); // and so in a full run
    expect(refused).toHaveLength(53);
  });

  test("of a number, and the same without rows since", async () => {
    const { sync, sql } = await people();
    const byId = { column: "id", lookBackMinutes: 60 };
    await sync({ cursor: byId });
    await sql("INSERT INTO $t VALUES (4, 'x', 'y')");
    expect(await sync({ cursor: byId })).toMatchObject({ read: 2, unchanged: 1, toDeliver: 1 });
    await sql("DELETE FROM $t");
    expect(await sync({ cursor: byId })).toMatchObject({ read: 0 });
    await sql("INSERT INTO $t VALUES (2, 'late', 'y'), (5, 'x', 'y')");
    expect(plain((await sync({ cursor: byId })).rows)).toEqual(["5 x,y"]);
  });
});

describe("some keys alone", () => {
  test("are looked at, the others stay to be found", async () => {
    const { sync, sql } = await people();
    await sync({}, [2]);
    await sql("UPDATE $t SET b = 'new'");
    const part = await sync({ onlyKeys: ["2", "9", "it's"] });
    expect(plain(part.rows)).toEqual(["2 x,new"]);
    expect(part.read).toBe(1);
    expect(plain((await sync()).rows)).toEqual(["1 x,new", "3 x,new"]);
  });

  test("mean the whole table where the mapping is another, and no deletes in mirror", async () => {
    const { sync, sql } = await people();
    await sync({ mode: "mirror" });
    await sql("DELETE FROM $t WHERE id = 1");
    expect(await sync({ mode: "mirror", onlyKeys: ["1", "2"] })).toMatchObject({
      read: 1,
      unchanged: 1,
      deletes: 0,
    });
    expect(await sync({ mode: "mirror", onlyKeys: ["2"], mappingHash: "m2" })).toMatchObject({
      read: 2,
      toDeliver: 3,
      deletes: 1,
    });
  });
});

test("a worker that takes over in mirror mode with a cursor in another finds its own kind of delta", async () => {
  const { run, sql, sync } = await people();
  await sync({ mode: "mirror" });
  await sql("DELETE FROM $t WHERE id = 1");
  const request = run({ mode: "mirror", runId: randomUUID() });
  const first = await here.tables.changes(request);
  const second = await here.tables.changes({ ...request, fence: 2 });
  expect(second).toMatchObject({ resumed: true, counts: first.counts });
  expect(plain(await readAll(second))).toEqual(["1 gone x,y"]);
  await second.commit([], never);
  expect(await sync({ mode: "mirror", fence: 3 })).toMatchObject({ unchanged: 2, deletes: 0 });
});

test("the sync log says what became of each row, and keeps it as long as asked for", async () => {
  const { sync, sql, connectionId } = await people();
  const log = `_rudderstack.tidegate_log_${connectionId.replaceAll("-", "")}`;
  const logged = async () =>
    (
      await here.warehouse.admin(
        `SELECT primary_key, operation, status, error_reason, sync_started_at <= sync_finished_at FROM ${log}`,
      )
    )
      .map((row) => row.join(" "))
      .sort();
  const { rows } = await sync({ logDays: 30, mode: "mirror" }, [2]);
  const refused = rows.find(({ seq }) => seq === 2)?.key;
  expect(await logged()).toEqual(
    ["1", "2", "3"].map((key) =>
      key === refused ? `${key} insert failed refused by the test t` : `${key} insert succeeded  t`,
    ),
  );
  await here.warehouse.admin(`UPDATE ${log} SET sync_finished_at = GETDATE() - INTERVAL '31 days'`);
  await sql("DELETE FROM $t");
  await sql("INSERT INTO $t VALUES (NULL, 'x', 'y')");
  await sync({ logDays: 30, mode: "mirror" });
  const gone = ["1", "2", "3"]
    .filter((key) => key !== refused)
    .map((key) => `${key} delete succeeded  t`);
  expect(await logged()).toEqual([" insert failed the row has no key t", ...gone]);
  await sync({ logDays: 0, mode: "mirror" });
  expect(await logged()).toHaveLength(3);
});
