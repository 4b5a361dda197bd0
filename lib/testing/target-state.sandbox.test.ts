// Whether a target is still what was left there, and whether it is the source itself: by whole runs of the engine, since
// only what the table holds at their end counts.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { SyncMode } from "@/lib/connectors/contract/changes";
import { runSync, TARGET_CHANGED } from "@/lib/engine/run-sync";
import { tableSelectionOf } from "@/lib/event/selection";
import { defaultMapping } from "@/lib/event/rules";
import { systemClock } from "@/lib/platform/clock";
import { FakeRunStore } from "@/lib/testing/fake-run-store";
import {
  grantLoading,
  never,
  openStaging,
  openWarehouse,
  type Warehouse,
} from "@/lib/testing/sandbox";
import { redshiftDestination } from "@/lib/connectors/redshift/destination";
import { fenceTable } from "@/lib/connectors/redshift/load/load-sql";
import { redshiftSource } from "@/lib/connectors/redshift/source";
import { loadDefaults, type LoadOptions } from "@/lib/connectors/redshift/spec";

let warehouse: Warehouse;
let connectionId: string;
let table: string;
let fence: number;
const source = () => `"${warehouse.schema}"."${table}"`;
const target = () => `"${warehouse.schema}"."copy_${table}"`;
const admin = (sql: string) => warehouse.admin(sql);

beforeAll(async () => {
  warehouse = await openWarehouse();
  await grantLoading(warehouse);
});
afterAll(() => warehouse.drop());
beforeEach(async () => {
  connectionId = randomUUID();
  table = `people_${randomUUID().slice(0, 8)}`;
  fence = 0;
  await admin(`CREATE TABLE ${source()} (id bigint, email varchar(40), phone varchar(20))`);
  await admin(`INSERT INTO ${source()} VALUES (1, 'a', '1'), (2, 'b', '2'), (3, 'c', '3')`);
});

type Change = {
  options?: Partial<LoadOptions>;
  mode?: SyncMode;
  columns?: string[];
  from?: string;
  connection?: string;
};
async function run({ options, mode = "upsert", columns, from = table, connection }: Change = {}) {
  const { config: staging, secret: stagingSecret } = openStaging();
  const destination = redshiftDestination(
    {
      connection: warehouse.config,
      staging,
      tables: {
        ...loadDefaults,
        targetSchema: warehouse.schema,
        targetTable: `copy_${table}`,
        ...options,
      },
    },
    { connection: warehouse.secret, staging: stagingSecret },
  );
  const from_ = redshiftSource(warehouse.config, warehouse.secret);
  const known = await from_.columns(warehouse.schema, from, never);
  const mapping = defaultMapping(
    known.filter(({ name }) => columns === undefined || columns.includes(name)),
  );
  const store = new FakeRunStore();
  try {
    const counts = await runSync({
      source: from_,
      destination,
      selection: tableSelectionOf(mapping, { schema: warehouse.schema, table: from, keys: ["id"] }),
      mapping,
      mode,
      cursor: null,
      onlyKeys: null,
      deletes: { percent: 100, allowed: 0 },
      rawNumbers: false,
      logDays: 0,
      ids: {
        connectionId: connection ?? connectionId,
        sourceId: randomUUID(),
        runId: randomUUID(),
      },
      fence: ++fence,
      refusedBefore: 0,
      store,
      clock: systemClock,
      signal: never,
    });
    return { ...counts, store };
  } finally {
    await destination.close();
  }
}
const rows = async (of: string) => admin(`SELECT id, email, phone FROM ${of} ORDER BY id, email`);
const isEqual = async () => expect(await rows(target())).toEqual(await rows(source()));

describe("a target that somebody changed", () => {
  test("isn't emptied by a source that has no row", async () => {
    await run();
    await admin(`DROP TABLE ${fenceTable(warehouse.schema, `copy_${table}`)}`);
    await admin(`DELETE FROM ${source()}`);
    await expect(run()).rejects.toMatchObject({
      fault: "user-fixable",
      detail: { code: TARGET_CHANGED },
    });
    expect(await rows(target())).toHaveLength(3);
    await admin(`DELETE FROM ${target()}`);
    expect(await run()).toMatchObject({ read: 0, delivered: 0 });
  });

  const changes: [string, () => string[]][] = [
    ["dropped", () => [`DROP TABLE ${target()}`]],
    [
      "dropped and made again, empty",
      () => [
        `DROP TABLE ${target()}`,
        `CREATE TABLE ${target()} (id bigint, email varchar(40), phone varchar(20))`,
        `GRANT ALL ON TABLE ${target()} TO "${warehouse.config.user}"`,
      ],
    ],
    ["truncated", () => [`TRUNCATE ${target()}`]],
    ["robbed of a row", () => [`DELETE FROM ${target()} WHERE id = 2`]],
    [
      "robbed of its record of loads",
      () => [
        `DROP TABLE ${fenceTable(warehouse.schema, `copy_${table}`)}`,
        `DELETE FROM ${target()} WHERE id = 2`,
      ],
    ],
  ];
  for (const mode of ["upsert", "mirror"] as const) {
    test.each(changes)(
      `%s: every row is loaded again, also with no change (${mode})`,
      async (_, undo) => {
        await run({ mode });
        await isEqual();
        for (const sql of undo()) await admin(sql);
        expect(await run({ mode })).toMatchObject({ delivered: 3, unchanged: 0 });
        await isEqual();
        expect(await run({ mode })).toMatchObject({ delivered: 0, unchanged: 3 });
        for (const sql of undo()) await admin(sql);
        await admin(`UPDATE ${source()} SET email = 'new' WHERE id = 1`);
        expect(await run({ mode })).toMatchObject({ delivered: 3 });
        await isEqual();
      },
    );
  }

  test("restored from a backup: in a mirror the rows that were deleted since are gone again", async () => {
    await run({ mode: "mirror" });
    await admin(`DELETE FROM ${source()} WHERE id = 3`);
    await run({ mode: "mirror" });
    await isEqual();
    await admin(`INSERT INTO ${target()} VALUES (3, 'c', '3')`);
    await run({ mode: "mirror" });
    await isEqual();
  });

  test("a run stops instead, where the destination is set to, and says what happened", async () => {
    const options = { onTargetChange: "stop" as const };
    await run({ options });
    await admin(`DELETE FROM ${target()} WHERE id = 2`);
    await expect(run({ options })).rejects.toMatchObject({
      fault: "user-fixable",
      message: expect.stringContaining("has 2 rows, and the last load left 3") as string,
      detail: { code: "TARGET_CHANGED" },
    });
    expect(await rows(target())).toHaveLength(2);
  });

  test("several batches: what each leaves is known", async () => {
    await admin(
      `INSERT INTO ${source()} SELECT id + 3, email || 'x', phone FROM ${source()} UNION ALL SELECT id + 6, email, phone FROM ${source()}`,
    );
    await run();
    await admin(`DELETE FROM ${source()} WHERE id > 7`);
    await admin(`UPDATE ${source()} SET phone = '9' WHERE id < 4`);
    await run({ mode: "mirror" });
    expect(await run({ mode: "mirror" })).toMatchObject({ delivered: 0 });
    await isEqual();
  });
});

describe("one table has one writer", () => {
  test("another connection is refused, whatever its destination is called, and changes nothing", async () => {
    await run();
    const other = `other_${table}`;
    await admin(
      `CREATE TABLE "${warehouse.schema}"."${other}" (id bigint, email varchar(40), phone varchar(20))`,
    );
    await admin(`INSERT INTO "${warehouse.schema}"."${other}" VALUES (9, 'z', '9')`);
    await expect(run({ from: other, connection: randomUUID() })).rejects.toMatchObject({
      fault: "user-fixable",
      message: expect.stringContaining("Another connection loads") as string,
    });
    await isEqual();
  });
});

describe("a table isn't loaded into itself", () => {
  const untouched = async () =>
    expect(await rows(source())).toEqual([
      ["1", "a", "1"],
      ["2", "b", "2"],
      ["3", "c", "3"],
    ]);
  const refused = { fault: "user-fixable", detail: { code: "TARGET_IS_SOURCE" } };
  const itself = { targetTable: "" };
  const some = ["id", "email"];

  test("by its own name", async () => {
    await admin(`ALTER TABLE ${source()} OWNER TO "${warehouse.config.user}"`);
    await expect(run({ options: itself, columns: some })).rejects.toMatchObject(refused);
    await untouched();
  });

  test.each([
    ["a view", ""],
    ["a late-binding view", " WITH NO SCHEMA BINDING"],
  ])("through %s over a view over it", async (_, binding) => {
    await admin(`ALTER TABLE ${source()} OWNER TO "${warehouse.config.user}"`);
    const [first, second] = [`v1_${table}`, `v2_${table}`];
    const view = (name: string) => `"${warehouse.schema}"."${name}"`;
    await admin(`CREATE VIEW ${view(first)} AS SELECT id, email, phone FROM ${source()}${binding}`);
    await admin(`CREATE VIEW ${view(second)} AS SELECT * FROM ${view(first)}`);
    for (const from of [first, second])
      await expect(
        run({ from, options: { targetTable: table }, columns: some }),
      ).rejects.toMatchObject(refused);
    await untouched();
  });
});
