import pg from "pg";
import { afterAll, beforeAll, inject } from "vitest";
import { postgresDestination } from "@/lib/connectors/postgres/destination";
import { postgresConfigSchema } from "@/lib/connectors/postgres/spec";
import { takesType, targetType } from "@/lib/connectors/postgres/sql";
import { typePairs } from "@/lib/testing/type-pairs";

const schema = `pairs_${process.pid}`;
const url = () => new URL(inject("postgresUrl"));
const texts = { getTypeParser: () => (text: string) => text } as pg.CustomTypesConfig;
let client: pg.Client;
beforeAll(async () => {
  client = new pg.Client({ connectionString: url().href, types: texts });
  await client.connect();
  await client.query(`SET timezone = 'UTC'`);
  await client.query(`CREATE SCHEMA ${schema}`);
});
afterAll(() => client.end());

typePairs({
  destination: async () =>
    postgresDestination(
      {
        connection: postgresConfigSchema.parse({
          host: url().hostname,
          port: url().port,
          database: url().pathname.slice(1),
          user: url().username,
          sslMode: "off",
          caCertificate: "",
        }),
        tables: { targetSchema: schema, targetTable: "" },
      },
      { connection: { password: decodeURIComponent(url().password) } },
    ),
  make: async (table, columns) =>
    void (await client.query(`CREATE TABLE ${schema}.${table} (${columns})`)),
  query: async (table, statement) =>
    (
      await client.query<(string | null)[]>({
        text: statement.replace("$t", () => `${schema}.${table}`),
        rowMode: "array",
      })
    ).rows,
  // a column keeps its type here: of what it may take, the values that it can't are refused
  refusal: (has, comes) =>
    takesType(has, targetType({ name: "", type: comes, kind: "text" }))
      ? null
      : "it would lose some",
  isOneByOne: true,
});
