import { afterAll, beforeAll } from "vitest";
import { redshiftDestination } from "@/lib/connectors/redshift/destination";
import { loadDefaults } from "@/lib/connectors/redshift/spec";
import { grantLoading, openStaging, openWarehouse, type Warehouse } from "@/lib/testing/sandbox";
import { typePairs } from "@/lib/testing/type-pairs";
import { widened } from "./target";

let warehouse: Warehouse;
const staging = openStaging();
beforeAll(async () => {
  warehouse = await openWarehouse();
  await grantLoading(warehouse);
});
afterAll(() => warehouse.drop());
const of = (table: string) => `"${warehouse.schema}"."${table}"`;

typePairs({
  destination: async () =>
    redshiftDestination(
      {
        connection: warehouse.config,
        staging: staging.config,
        tables: { ...loadDefaults, targetSchema: warehouse.schema, overflow: "widen" },
      },
      { connection: warehouse.secret, staging: staging.secret },
    ),
  // only the owner may change a column's type
  make: async (table, columns) => {
    await warehouse.admin(`CREATE TABLE ${of(table)} (${columns})`);
    await warehouse.admin(`ALTER TABLE ${of(table)} OWNER TO "${warehouse.config.user}"`);
  },
  query: (table, statement) => warehouse.admin(statement.replace("$t", () => of(table))),
  refusal: (has, comes) => (widened(has, comes) === null ? "no type holds both" : null),
  isOneByOne: false,
});
