// A table that is replaced by rename, as dbt replaces each model: it is away for a moment, and nobody hears of it.
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { redshiftDestination } from "@/lib/connectors/redshift/destination";
import { redshiftSource, type RedshiftSource } from "@/lib/connectors/redshift/source";
import { loadDefaults } from "@/lib/connectors/redshift/spec";
import { identifier } from "@/lib/connectors/redshift/sql";
import type { Delay } from "@/lib/connectors/retry";
import { pageOf } from "@/lib/testing/changes";
import {
  grantLoading,
  never,
  openStaging,
  openWarehouse,
  setFaults,
  type Warehouse,
} from "@/lib/testing/sandbox";
import { syncedTables } from "@/lib/testing/synced-tables";

const RUNS = 90;
let warehouse: Warehouse;
let name: string;
let version = 0;
/** What happens while something waits to look again. */
let meanwhile: () => Promise<unknown> = async () => undefined;
const delay: Delay = async () => {
  const next = meanwhile;
  meanwhile = async () => undefined;
  await next();
};
const of = (table: string) => `${identifier(warehouse.schema)}.${identifier(table)}`;
const rename = (from: string, to: string) =>
  warehouse.admin(`ALTER TABLE ${of(from)} RENAME TO ${identifier(to)}`);
/** The other half of a swap: the next version of the table takes the place of the one that was renamed away. */
const comeBack = async () => {
  version += 1;
  await warehouse.admin(
    `CREATE TABLE ${of(`${name}_new`)} (id integer, a varchar(20), b varchar(20))`,
  );
  await warehouse.admin(
    `INSERT INTO ${of(`${name}_new`)} VALUES (1, 'one', 'v${version}'), (2, 'two', 'same')`,
  );
  await rename(`${name}_new`, name);
  await warehouse.admin(`DROP TABLE ${of(`${name}_old`)}`);
};
const swapAway = async () => {
  await rename(name, `${name}_old`);
  meanwhile = comeBack;
};

beforeAll(async () => {
  warehouse = await openWarehouse();
  await grantLoading(warehouse);
});
afterAll(() => warehouse.drop());
beforeEach(async () => {
  name = `model_${randomUUID().slice(0, 8)}`;
  await warehouse.admin(`CREATE TABLE ${of(name)} (id integer, a varchar(20), b varchar(20))`);
  await warehouse.admin(`INSERT INTO ${of(name)} VALUES (1, 'one', 'v0'), (2, 'two', 'same')`);
});
afterEach(() => setFaults(warehouse.config.user, []));

test(`of ${RUNS} runs during swaps each finds the table, and what the new one changed`, async () => {
  const tables = syncedTables(warehouse, delay);
  const connectionId = randomUUID();
  const found: unknown[] = [];
  const inTheStatement = {
    match: 'CREATE TABLE "_rudderstack"."tidegate_delta',
    times: 1,
  };
  for (let run = 1; run <= RUNS; run += 1) {
    await swapAway();
    if (run % 3 !== 0) await delay(0, never); // it is back, and the statement met the moment between
    if (run % 3 === 1)
      await setFaults(warehouse.config.user, [
        {
          ...inTheStatement,
          error: {
            code: "42P01",
            message: `relation "${warehouse.schema}.${name}" does not exist`,
          },
        },
      ]);
    if (run % 3 === 2)
      await setFaults(warehouse.config.user, [
        {
          ...inTheStatement,
          error: { code: "XX000", message: "could not open relation with OID 123456" },
        },
      ]);
    const set = await tables.changes({
      selection: { schema: warehouse.schema, table: name, columns: ["id", "a", "b"], keys: ["id"] },
      mode: "mirror",
      cursor: null,
      onlyKeys: null,
      logDays: 0,
      connectionId,
      runId: randomUUID(),
      mappingHash: "m",
      fence: run,
    });
    found.push([set.counts.toDeliver, set.counts.deletes, set.origin !== null]);
    await set.commit([], never);
    await tables.closeAll();
  }
  expect(found).toEqual(Array.from({ length: RUNS }, (_, run) => [run === 0 ? 2 : 1, 0, true]));
});

const readers: [string, (source: RedshiftSource) => Promise<unknown>, unknown][] = [
  [
    "the wizard's look at it",
    (source) => source.inspect(warehouse.schema, name, 10, never),
    { check: { status: "passed" }, preview: { rows: [{}, {}] } },
  ],
  ["its columns", (source) => source.columns(warehouse.schema, name, never), [{}, {}, {}]],
  ["key health", (source) => source.keyHealth(warehouse.schema, name, ["id"], never), { rows: 2 }],
  ["a profile", (source) => source.profile(warehouse.schema, name, "a", never), { rows: 2 }],
  [
    "a whole value",
    (source) =>
      source.cell(
        {
          schema: warehouse.schema,
          table: name,
          column: "a",
          begin: "on",
          bytes: 3,
          key: { column: "id", value: "1" },
        },
        never,
      ),
    "one",
  ],
  [
    "a trial run",
    (source) =>
      source.dryRun(
        {
          selection: { schema: warehouse.schema, table: name, columns: ["id", "a"], keys: ["id"] },
          mode: "upsert",
          cursor: null,
          connectionId: randomUUID(),
          mappingHash: "m",
        },
        never,
      ),
    { read: 2 },
  ],
];
test.each(readers)("%s waits for a table that is away for a moment", async (_, read, expected) => {
  await swapAway();
  const seen = await read(redshiftSource(warehouse.config, warehouse.secret, delay));
  if (typeof expected === "string") expect(seen).toBe(expected);
  else expect(seen).toMatchObject(expected as object);
});

test("one that stays away is said to be gone, once it was looked for again", async () => {
  let waits = 0;
  const source = redshiftSource(warehouse.config, warehouse.secret, async () => {
    waits += 1;
  });
  await warehouse.admin(`DROP TABLE ${of(name)}`);
  expect(await source.columns(warehouse.schema, name, never)).toEqual([]);
  expect(await source.inspect(warehouse.schema, name, 10, never)).toMatchObject({
    check: { status: "failed", summary: expect.stringMatching(/^There is no table/) as string },
  });
  expect(waits).toBe(12);
});

test("a target that is renamed away in a load comes back: it isn't made a second time, and the survey doesn't call it dropped", async () => {
  const staging = openStaging();
  const target = `${name}_target`;
  const connectionId = randomUUID();
  const destination = redshiftDestination(
    {
      connection: warehouse.config,
      staging: staging.config,
      tables: { ...loadDefaults, targetSchema: warehouse.schema, targetTable: target },
    },
    { connection: warehouse.secret, staging: staging.secret },
    delay,
  );
  const away = async () => {
    await rename(target, `${target}_away`);
    meanwhile = () => rename(`${target}_away`, target);
  };
  const load = async (fence: number, note: string, before: "prepare" | "commit" | null) => {
    const run = destination.openLoad({
      connectionId,
      runId: randomUUID(),
      fence,
      table: name,
      columns: [
        { name: "id", type: "integer", kind: "integer" },
        { name: "note", type: "varchar(20)", kind: "text" },
      ],
      order: [],
      keys: ["id"],
      oneRowPerKey: true,
    });
    if (before === "prepare") await away();
    await run.prepare(never);
    await run.stage(pageOf([{ seq: 1, key: "1", messageId: "m", cells: ["1", note] }]), never);
    if (before === "commit") await away();
    const end = { seq: 1, rejectedSoFar: 0, onRejected: async () => undefined };
    if ((await run.commit(end, never)) === "again") throw new Error("It was to be loaded at once.");
    await run.cleanup();
  };
  await load(1, "first", null);
  await away();
  expect(await destination.survey({ connectionId, table: name }, never)).toEqual({
    isAsLeft: true,
  });
  await load(2, "second", "prepare");
  await load(3, "third", "commit");
  expect(await warehouse.admin(`SELECT id, note FROM ${of(target)}`)).toEqual([["1", "third"]]);
  await destination.close();
});
