import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { randomUUID } from "node:crypto";
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import type { TableDestination } from "@/lib/connectors/contract/rows";
import { destinationConnector } from "@/lib/connectors/registry";
import { SyncError } from "@/lib/platform/errors";
import { pageOf } from "@/lib/testing/changes";
import {
  grantLoading,
  never,
  openStaging,
  openWarehouse,
  type Warehouse,
} from "@/lib/testing/sandbox";
import { tableLoadSuite } from "@/lib/testing/table-load-suite";
import { redshiftSource } from "@/lib/connectors/redshift/source";
import { loadDefaults } from "@/lib/connectors/redshift/spec";

let warehouse: Warehouse;
let staging: ReturnType<typeof openStaging>;
beforeAll(async () => {
  warehouse = await openWarehouse();
  await grantLoading(warehouse);
});
afterAll(() => warehouse.drop());
beforeEach(() => {
  staging = openStaging();
});

tableLoadSuite({
  destination: async () =>
    (await destinationConnector(
      "redshift",
      {
        connection: warehouse.config,
        staging: staging.config,
        tables: { ...loadDefaults, targetSchema: warehouse.schema },
      },
      { connection: warehouse.secret, staging: staging.secret },
    )) as TableDestination,
  change: async (table, statement) =>
    void (await warehouse.admin(statement.replace("$t", () => `"${warehouse.schema}"."${table}"`))),
  make: async (table, columns) => {
    const target = `"${warehouse.schema}"."${table}"`;
    const types = columns.replace("$json", "super").replace("$identity", "bigint IDENTITY(1,1)");
    await warehouse.admin(`CREATE TABLE ${target} (${types})`);
    await warehouse.admin(`GRANT ALL ON TABLE ${target} TO "${warehouse.config.user}"`);
  },
  held: (table) =>
    warehouse.admin(
      `SELECT id, name, credit, seen, CASE WHEN ok THEN 't' WHEN NOT ok THEN 'f' END, JSON_SERIALIZE(tags) FROM "${warehouse.schema}"."${table}" ORDER BY id`,
    ),
});

test("the bucket is empty in the end", async () => {
  expect(
    await staging.bucket
      .list("", never)
      .then((all) => all.filter(({ key }) => key.startsWith(staging.config.prefix))),
  ).toEqual([]);
});

test("a target that is the source is refused before there is a connection, by whatever host name and through a view", async () => {
  const { admin, schema, config, secret } = warehouse;
  await admin(`CREATE TABLE ${schema}.own (id bigint, email varchar(40))`);
  await admin(`CREATE VIEW ${schema}.own_view AS SELECT id, email FROM ${schema}.own`);
  await admin(`GRANT SELECT ON ${schema}.own_view TO "${config.user}"`);
  const source = redshiftSource(config, secret);
  const examine = async (table: string, targetTable: string) => {
    const destination = (await destinationConnector(
      "redshift",
      {
        connection: { ...config, host: "localhost" },
        staging: staging.config,
        tables: { ...loadDefaults, targetSchema: schema, targetTable },
      },
      { connection: secret, staging: staging.secret },
    )) as TableDestination;
    const columns = await source.columns(schema, table, never);
    const origin = (await source.origin?.(schema, table, never)) ?? null;
    try {
      await destination.examine?.({ table, columns, order: [], keys: ["id"], origin }, never);
    } finally {
      await destination.close();
    }
  };
  const refusal = { detail: { code: "TARGET_IS_SOURCE" } };
  await expect(examine("own", "")).rejects.toMatchObject(refusal);
  await expect(examine("own_view", "own")).rejects.toMatchObject(refusal);
  await expect(examine("own", "own_copy")).resolves.toBeUndefined();
});

test("what a load would change is told as SQL, and afterwards both tables are compared value by value", async () => {
  const { admin, schema, config, secret } = warehouse;
  const source = redshiftSource(config, secret);
  const destination = (await destinationConnector(
    "redshift",
    {
      connection: config,
      staging: staging.config,
      tables: { ...loadDefaults, targetSchema: schema, targetTable: "copy_of" },
    },
    { connection: secret, staging: staging.secret },
  )) as TableDestination;
  await admin(
    `CREATE TABLE ${schema}.original (id bigint, "Name" varchar(40), n numeric(18,2), f double precision, ok boolean, at timestamptz, j super)`,
  );
  await admin(
    `INSERT INTO ${schema}.original SELECT 1, 'Zoë "q"', 1.50, 0.1, true, '2026-11-20 12:00:00+00', JSON_PARSE('{"a":1}')`,
  );
  await admin(`INSERT INTO ${schema}.original SELECT 2, NULL, NULL, NULL, NULL, NULL, NULL`);
  const columns = await source.columns(schema, "original", never);
  const question = {
    table: "original",
    columns,
    order: columns.map(({ name }) => name),
    keys: ["id"],
  };
  expect(await destination.forecast?.(question, never)).toMatchObject({
    table: `${schema}.copy_of`,
    statements: [expect.stringContaining('"name" varchar(40)') as string],
    columns: columns.map(({ name, type }) => ({ source: name, target: name.toLowerCase(), type })),
  });
  expect(await source.longest(schema, "original", ["Name"], never)).toEqual([8]);
  await admin(
    `CREATE TABLE ${schema}.copy_of (id bigint, name varchar(99), n numeric(38,9), f double precision, ok boolean, at timestamptz, j super)`,
  );
  await admin(`GRANT ALL ON TABLE ${schema}.copy_of TO "${config.user}"`);
  await admin(`INSERT INTO ${schema}.copy_of SELECT * FROM ${schema}.original`);
  expect((await destination.forecast?.(question, never))?.statements).toEqual([]);
  const there = await source.digest(
    schema,
    "original",
    columns.map(({ name }) => name),
    ["id"],
    never,
  );
  expect(there).toHaveLength(2);
  expect(await destination.digest?.(question, never)).toEqual(there);
  await admin(`UPDATE ${schema}.copy_of SET name = '' WHERE id = 2`);
  const changed = await destination.digest?.(question, never);
  expect(changed?.map(({ rows }) => rows)).toEqual(there?.map(({ rows }) => rows));
  expect(changed).not.toEqual(there);
  await destination.close();
});

test("no statement that is kept, and no error, holds a secret", async () => {
  const { config, secret, schema } = warehouse;
  const destination = (await destinationConnector(
    "redshift",
    {
      connection: config,
      staging: { ...staging.config, access: "keys" },
      tables: { ...loadDefaults, targetSchema: schema, badRows: "fail" },
    },
    { connection: secret, staging: staging.secret },
  )) as TableDestination;
  const kept: string[] = [];
  const columns: ColumnInfo[] = [
    { name: "id", type: "bigint", kind: "bigint" },
    { name: "n", type: "integer", kind: "integer" },
  ];
  const load = destination.openLoad(
    {
      connectionId: randomUUID(),
      runId: randomUUID(),
      fence: 1,
      table: "kept",
      columns,
      order: [],
      keys: ["id"],
      oneRowPerKey: true,
    },
    (sql) => {
      kept.push(sql);
      return () => undefined;
    },
  );
  await load.prepare(never);
  await load.stage(
    pageOf([{ seq: 1, key: "1", messageId: "", cells: ["1", "not a number"] }]),
    never,
  );
  const error: unknown = await load
    .commit({ seq: 1, rejectedSoFar: 0, onRejected: async () => undefined }, never)
    .catch((thrown: unknown) => thrown);
  await load.cleanup();
  await destination.close();
  expect(error).toBeInstanceOf(SyncError);
  expect(kept.find((sql) => sql.startsWith("COPY"))).toContain("SECRET_ACCESS_KEY '***'");
  const { message, detail, stack } = error as SyncError;
  for (const word of [staging.secret.secretAccessKey, secret.password])
    expect(JSON.stringify([kept, message, detail, stack])).not.toContain(word);
});
