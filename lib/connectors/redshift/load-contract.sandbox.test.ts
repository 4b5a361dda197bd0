import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { TableDestination } from "@/lib/connectors/contract";
import { destinationConnector } from "@/lib/connectors/registry";
import { grantLoading, never, openStaging, openWarehouse, type Warehouse } from "@/lib/testing/sandbox";
import { tableLoadSuite } from "@/lib/testing/table-load-suite";
import { loadDefaults } from "./spec";

let warehouse: Warehouse;
let staging: ReturnType<typeof openStaging>;
beforeAll(async () => {
  warehouse = await openWarehouse();
  await grantLoading(warehouse);
});
afterAll(() => warehouse.drop());
beforeEach(() => { staging = openStaging(); });

tableLoadSuite({
  destination: async () => (await destinationConnector("redshift", { connection: warehouse.config, staging: staging.config, tables: { ...loadDefaults, targetSchema: warehouse.schema } }, { connection: warehouse.secret, staging: staging.secret })) as TableDestination,
  held: (table) => warehouse.admin(`SELECT id, name, credit, seen, CASE WHEN ok THEN 't' WHEN NOT ok THEN 'f' END, JSON_SERIALIZE(tags) FROM "${warehouse.schema}"."${table}" ORDER BY id`),
});

test("the bucket is empty in the end", async () => {
  expect(await staging.bucket.list("", never).then((all) => all.filter(({ key }) => key.startsWith(staging.config.prefix)))).toEqual([]);
});
