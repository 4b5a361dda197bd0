import { randomUUID } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { postgresConfigSchema } from "@/lib/connectors/postgres/spec";
import { destinationConnector } from "@/lib/connectors/registry";
import { postgresDestination } from "@/lib/connectors/postgres/destination";
import { pageOf } from "@/lib/testing/changes";
import { tableLoadSuite } from "@/lib/testing/table-load-suite";
import { expect, test } from "vitest";
import type { CheckResult } from "@/lib/connectors/contract/checks";
import type { TableDestination } from "@/lib/connectors/contract/rows";

const never = new AbortController().signal;
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
  make: async (table, columns) => {
    const client = new pg.Client({ connectionString: url().href });
    await client.connect();
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    const types = columns
      .replace("$json", "jsonb")
      .replace("$identity", "bigint GENERATED ALWAYS AS IDENTITY");
    await client.query(`CREATE TABLE ${schema}."${table}" (${types})`);
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

test("a target that is renamed away for a moment is neither dropped nor made a second time", async () => {
  const client = new pg.Client({ connectionString: url().href });
  await client.connect();
  let meanwhile: () => Promise<unknown> = async () => undefined;
  const destination = postgresDestination(
    { connection: config(), tables: { targetSchema: schema, targetTable: "swapped" } },
    { connection: { password: decodeURIComponent(url().password) } },
    async () => void (await meanwhile()),
  );
  const away = async () => {
    await client.query(`ALTER TABLE ${schema}.swapped RENAME TO swapped_away`);
    meanwhile = async () => {
      meanwhile = async () => undefined;
      await client.query(`ALTER TABLE ${schema}.swapped_away RENAME TO swapped`);
    };
  };
  const connectionId = randomUUID();
  const load = async (fence: number, note: string, isAway: boolean) => {
    const run = destination.openLoad({
      connectionId,
      runId: randomUUID(),
      fence,
      table: "notes",
      columns: [
        { name: "id", type: "integer", kind: "integer" },
        { name: "note", type: "varchar(20)", kind: "text" },
      ],
      order: [],
      keys: ["id"],
      oneRowPerKey: true,
    });
    if (isAway) await away();
    await run.prepare(never);
    await run.stage(pageOf([{ seq: 1, key: "1", messageId: "m", cells: ["1", note] }]), never);
    await run.commit({ seq: 1, rejectedSoFar: 0, onRejected: async () => undefined }, never);
  };
  await load(1, "first", false);
  await away();
  expect(await destination.survey({ connectionId, table: "notes" }, never)).toEqual({
    isAsLeft: true,
  });
  await load(2, "second", true);
  expect((await client.query(`SELECT id, note FROM ${schema}.swapped`)).rows).toEqual([
    { id: 1, note: "second" },
  ]);
  await client.end();
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
