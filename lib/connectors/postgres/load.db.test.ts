import pg from "pg";
import { inject } from "vitest";
import { postgresConfigSchema } from "@/lib/connectors/postgres/spec";
import { destinationConnector } from "@/lib/connectors/registry";
import { tableLoadSuite } from "@/lib/testing/table-load-suite";
import { expect, test } from "vitest";
import type { CheckResult } from "@/lib/connectors/contract/checks";
import type { TableDestination } from "@/lib/connectors/contract/rows";

const schema = `loads_${process.pid}`;
const url = () => new URL(inject("postgresUrl"));
const config = () =>
  postgresConfigSchema.parse({
    host: url().hostname,
    port: url().port,
    database: url().pathname.slice(1),
    user: url().username,
    sslMode: "off",
    caCertificate: "",
  });
const open = async (change: object = {}, password = decodeURIComponent(url().password)) =>
  (await destinationConnector(
    "postgres",
    {
      connection: { ...config(), ...change },
      tables: { targetSchema: schema, targetTable: "" },
    },
    { connection: { password } },
  )) as TableDestination;
const texts = { getTypeParser: () => (text: string) => text } as pg.CustomTypesConfig;

tableLoadSuite({
  destination: () => open(),
  change: async (table, statement) => {
    const client = new pg.Client({ connectionString: url().href });
    await client.connect();
    await client.query(statement.replace("$t", () => `${schema}."${table}"`));
    await client.end();
  },
  held: async (table) => {
    const client = new pg.Client({ connectionString: url().href, types: texts });
    await client.connect();
    const { rows } = await client.query<(string | null)[]>({
      text: `SELECT id, name, credit, seen, ok, REPLACE(tags::text, ' ', '') FROM ${schema}."${table}" ORDER BY id`,
      rowMode: "array",
    });
    await client.end();
    return rows;
  },
});

async function check(destination: TableDestination): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for await (const { status, ...update } of destination.check(new AbortController().signal))
    if (status !== "running") results.push({ ...update, status });
  return results;
}

test("its verification logs in and loads; what is wrong is named, without the password", async () => {
  expect((await check(await open())).map(({ status }) => status)).toEqual(["passed", "passed"]);
  const wrong = await check(await open({ database: "not_there" }));
  expect(wrong).toMatchObject([
    { status: "failed", summary: "There is no database named “not_there”." },
    { status: "skipped" },
  ]);
  const gone = await check(await open({ port: 9 }));
  expect(gone[0]).toMatchObject({
    status: "failed",
    summary: `${config().host}:9 refuses the connection.`,
  });
  expect(JSON.stringify([wrong, gone])).not.toContain(decodeURIComponent(url().password));
});
