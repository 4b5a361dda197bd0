// What depends on the kind of warehouse and on how its transactions are isolated.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import type { LoadRequest } from "@/lib/connectors/contract/rows";
import type { ChangedRow } from "@/lib/testing/changes";
import { runLoad } from "@/lib/testing/run-load";
import {
  grantLoading,
  never,
  openStaging,
  openWarehouse,
  statementsOf,
  warehouseModes,
  type Warehouse,
} from "@/lib/testing/sandbox";
import { syncedTables } from "@/lib/testing/synced-tables";
import { stateTable } from "@/lib/connectors/redshift/changes/changes-sql";
import { openRedshift } from "@/lib/connectors/redshift/session/client";
import { openRedshiftLoad } from "@/lib/connectors/redshift/load/load";
import { fenceTable } from "@/lib/connectors/redshift/load/load-sql";
import { loadDefaults } from "./spec";

const columns: ColumnInfo[] = [
  { name: "id", type: "bigint", kind: "bigint" },
  { name: "name", type: "varchar(20)", kind: "text" },
  { name: "credit", type: "numeric(8,2)", kind: "decimal" },
];
const row = (seq: number, cells: [string, string, string | null], isDelete?: true): ChangedRow => ({
  seq,
  key: cells[0],
  messageId: "0".repeat(32),
  cells,
  ...(isDelete && { isDelete }),
});

describe.each(warehouseModes)("$mode, $isolation", (modes) => {
  let warehouse: Warehouse;
  let tables: ReturnType<typeof syncedTables>;
  beforeAll(async () => {
    warehouse = await openWarehouse(modes);
    await grantLoading(warehouse);
    tables = syncedTables(warehouse, () => Promise.resolve());
  });
  afterAll(async () => {
    await tables.closeAll();
    await warehouse.drop();
  });

  const open = (request: Pick<LoadRequest, "connectionId" | "runId" | "fence" | "table">) => {
    const staging = openStaging();
    const tools = {
      open: (signal: AbortSignal) =>
        openRedshift(warehouse.config, warehouse.secret, { statementTimeoutMs: 0 }, signal),
      bucket: staging.bucket,
      staging: staging.config,
      stagingSecret: staging.secret,
      options: { ...loadDefaults, targetSchema: warehouse.schema },
      warehouse: "sandbox",
      delay: async () => undefined,
    };
    return openRedshiftLoad(tools, {
      ...request,
      columns,
      order: [],
      keys: ["id"],
      oneRowPerKey: true,
    });
  };

  test("rows that COPY leaves out are found by the positions that are missing, also between deletes and after the last", async () => {
    const table = `people_${randomUUID().slice(0, 8)}`;
    const request = { connectionId: randomUUID(), table };
    await runLoad(open({ ...request, runId: randomUUID(), fence: 1 }), [row(1, ["3", "old", "1"])]);
    const far = "123456789.5";
    const outcome = await runLoad(open({ ...request, runId: randomUUID(), fence: 2 }), [
      row(1, ["1", "first", far]),
      row(2, ["2", "b", "1"]),
      row(3, ["3", "", null], true),
      row(4, ["4", "d\n4,x", far]),
      row(5, ["5", "e", "1"]),
      row(6, ["6", 'last "one"', far]),
    ]);
    expect(outcome).toMatchObject({ loaded: 2, deleted: 1 });
    expect(outcome.rejected.map(({ seq, key, column }) => [seq, key, column])).toEqual([
      [1, "1", "credit"],
      [4, "4", "credit"],
      [6, "6", "credit"],
    ]);
    for (const { reason } of outcome.rejected) expect(reason).toContain("value “123456789.5”");
    expect(
      await warehouse.admin(`SELECT id FROM "${warehouse.schema}"."${table}" ORDER BY id`),
    ).toEqual([["2"], ["5"]]);
  });

  test("two workers that come first at the same time make one record of loads, and the later one holds it", async () => {
    const request = { connectionId: randomUUID(), table: `people_${randomUUID().slice(0, 8)}` };
    const [, second] = await Promise.allSettled([
      open({ ...request, runId: randomUUID(), fence: 1 }).prepare(never),
      open({ ...request, runId: randomUUID(), fence: 2 }).prepare(never),
    ]);
    expect(second).toMatchObject({ status: "fulfilled" });
    const fence = fenceTable(warehouse.schema, request.table);
    expect(await warehouse.admin(`SELECT fence FROM ${fence}`)).toEqual([["2"]]);
  });

  test("two workers that come first at the same time make one state, and the later one holds it", async () => {
    const { run, connectionId, sql } = await tables.table(
      "id integer, a varchar(10), b varchar(10)",
    );
    await sql("INSERT INTO $t VALUES (1, 'x', 'y')");
    const [, second] = await Promise.allSettled([
      tables.changes(run({ fence: 1 })),
      tables.changes(run({ fence: 2 })),
    ]);
    expect(second).toMatchObject({ status: "fulfilled" });
    const state = `"_rudderstack"."${stateTable(connectionId)}"`;
    expect(await warehouse.admin(`SELECT fence FROM ${state}`)).toEqual([["2"]]);
  });

  test("a worker that was overtaken can't commit, and its successor delivers once more", async () => {
    const { run, sql, sync } = await tables.table("id integer, a varchar(10), b varchar(10)");
    await sql("INSERT INTO $t VALUES (1, 'x', 'y')");
    const slow = await tables.changes(run({ fence: 1 }));
    const quick = await tables.changes(run({ fence: 2 }));
    await expect(slow.commit([], never)).rejects.toMatchObject({ fault: "terminal" });
    await quick.commit([], never);
    expect(await sync({ fence: 3 })).toMatchObject({ unchanged: 1, toDeliver: 0 });
  });

  test("no statement of a load asks a view that the warehouse lacks more than once a batch", async () => {
    const before = (await statementsOf(warehouse.config.user)).at(-1)?.id ?? 0;
    const table = `people_${randomUUID().slice(0, 8)}`;
    await runLoad(open({ connectionId: randomUUID(), runId: randomUUID(), fence: 1, table }), [
      row(1, ["1", "a", "1"]),
    ]);
    const asked = (await statementsOf(warehouse.config.user, before)).filter(({ sql }) =>
      /stl_load_errors/i.test(sql),
    );
    expect(asked).toEqual([]);
  });
});
