// The whole path of rows into a table, nothing faked but the run's store: a worker that dies anywhere leaves the next one a table that ends right.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DestinationConnector } from "@/lib/connectors/contract/destination";
import { redshiftSource, type RedshiftSource } from "@/lib/connectors/redshift/source";
import { destinationConnector } from "@/lib/connectors/registry";
import { loadDefaults } from "@/lib/connectors/redshift/spec";
import { runSync } from "@/lib/engine/run-sync";
import type { RunStore } from "@/lib/engine/store";
import { systemClock } from "@/lib/platform/clock";
import { FakeRunStore } from "@/lib/testing/fake-run-store";
import {
  grantLoading,
  never,
  openStaging,
  openWarehouse,
  warehouseModes,
  type Warehouse,
} from "@/lib/testing/sandbox";

describe.each(warehouseModes)("$mode, $isolation", (modes) => {
  let warehouse: Warehouse;
  let source: RedshiftSource;
  let destination: DestinationConnector;
  let staging: ReturnType<typeof openStaging>;
  let ids: { connectionId: string; sourceId: string };
  let table: string;
  let fence: number;
  const columns = ["id", "note"];
  const held = (name: string) =>
    warehouse.admin(`SELECT id, note FROM ${warehouse.schema}.${name} ORDER BY id`);
  const files = async () =>
    (await staging.bucket.list(staging.config.prefix, never)).map(({ key }) => key);
  const deltas = () =>
    warehouse.admin(
      "SELECT tablename FROM pg_catalog.pg_tables WHERE tablename LIKE 'tidegate_delta_%'",
    );

  beforeAll(async () => {
    warehouse = await openWarehouse(modes);
    await grantLoading(warehouse);
    source = redshiftSource(warehouse.config, warehouse.secret);
  });
  afterAll(() => warehouse.drop());
  beforeEach(async () => {
    staging = openStaging();
    ids = { connectionId: randomUUID(), sourceId: randomUUID() };
    table = `notes_${randomUUID().slice(0, 8)}`;
    fence = 0;
    destination = await destinationConnector(
      "redshift",
      {
        connection: warehouse.config,
        staging: staging.config,
        tables: { ...loadDefaults, targetSchema: warehouse.schema, targetTable: `${table}_copy` },
      },
      { connection: warehouse.secret, staging: staging.secret },
    );
    await warehouse.admin(
      `CREATE TABLE ${warehouse.schema}.${table} (id integer, note varchar(20))`,
    );
    await warehouse.admin(
      `INSERT INTO ${warehouse.schema}.${table} VALUES ${Array.from({ length: 200 }, (_, n) => `(${n}, 'note ${n}')`).join(", ")}`,
    );
  });

  const sync = (store: RunStore, runId: string) =>
    runSync({
      source,
      destination,
      store,
      selection: { schema: warehouse.schema, table, columns, keys: ["id"] },
      mapping: {
        columns: columns.map((column) => ({ column, traitKey: column })),
        userId: null,
        anonymousId: null,
      },
      mode: "mirror",
      cursor: null,
      onlyKeys: null,
      deletes: { percent: 50, allowed: 0 },
      rawNumbers: false,
      logDays: 0,
      ids: { ...ids, runId },
      fence: ++fence,
      refusedBefore: 0,
      clock: systemClock,
      signal: never,
    });
  /** Some rows change, some go, some come. */
  const change = async () => {
    for (const sql of [
      "UPDATE $t SET note = NULL WHERE MOD(id, 3) = 0",
      "DELETE FROM $t WHERE MOD(id, 5) = 0",
      "INSERT INTO $t SELECT id + 1000, '' FROM $t WHERE MOD(id, 7) = 0",
    ])
      await warehouse.admin(sql.replaceAll("$t", `${warehouse.schema}.${table}`));
  };

  const moments = ["plan", "extract", "load", "commit"].flatMap((stage) => [
    `${stage} started`,
    `${stage} finished`,
  ]);
  test.each([
    ...moments,
    "the target's COMMIT done, and not saved",
    "the source's COMMIT done, and not told",
  ])(
    "killed at: %s; the next worker's table is the source's equal, and nothing is left",
    async (moment) => {
      await sync(new FakeRunStore(), randomUUID());
      await change();
      const store = new FakeRunStore();
      const runId = randomUUID();
      let dead = false;
      let saves = 0;
      store.before = (method, argument) => {
        if (method === "progress") saves += 1;
        const isNow = moment.startsWith("the target")
          ? method === "progress" && saves === 2
          : argument === moment; // the first says where the load begins
        if (!dead && !isNow) return;
        dead = true;
        throw new Error("killed");
      };
      const { changes } = source;
      if (moment.startsWith("the source"))
        source.changes = async (...args) => {
          const set = await changes(...args);
          return {
            ...set,
            commit: async (...settled) => {
              await set.commit(...settled);
              dead = true;
              throw new Error("killed");
            },
          };
        };
      await expect(sync(store, runId)).rejects.toThrow("killed");
      source.changes = changes;
      dead = false;
      store.before = () => undefined;
      const counts = await sync(store, runId);
      expect(counts.rejected).toBe(0);
      expect(await held(`${table}_copy`)).toEqual(await held(table));
      expect(await sync(new FakeRunStore(), randomUUID())).toMatchObject({
        delivered: 0,
        read: counts.read,
      });
      expect(await files()).toEqual([]);
      expect(await deltas()).toEqual([]);
    },
  );

  test("what a dead worker left in the bucket is gone after the next run that finds nothing to load; a bucket that is away doesn't fail it", async () => {
    await sync(new FakeRunStore(), randomUUID());
    await staging.bucket.put(
      `${staging.config.prefix}/${ids.connectionId}/${randomUUID()}/1-rows-1-00001.csv.gz`,
      Buffer.from("left"),
      never,
    );
    const right = destination;
    destination = await destinationConnector(
      "redshift",
      {
        connection: warehouse.config,
        staging: { ...staging.config, endpoint: "http://127.0.0.1:9" },
        tables: { ...loadDefaults, targetSchema: warehouse.schema, targetTable: `${table}_copy` },
      },
      { connection: warehouse.secret, staging: staging.secret },
    );
    expect(await sync(new FakeRunStore(), randomUUID())).toMatchObject({ delivered: 0, read: 200 });
    expect(await files()).toHaveLength(1);
    destination = right;
    expect(await sync(new FakeRunStore(), randomUUID())).toMatchObject({ delivered: 0, read: 200 });
    expect(await files()).toEqual([]);
  });
});
