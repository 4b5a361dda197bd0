import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckResult } from "@/lib/connectors/contract/checks";
import { never, openWarehouse, type Warehouse } from "@/lib/testing/sandbox";
import { checkRedshift } from "./checks";
import type { RedshiftConfig } from "@/lib/connectors/redshift/spec";
import { identifier } from "@/lib/connectors/redshift/sql";

let warehouse: Warehouse;
let bare: Warehouse;
beforeAll(async () => {
  warehouse = await openWarehouse();
  bare = await openWarehouse({ stateSchema: false });
});
afterAll(async () => {
  await warehouse.drop();
  await bare.drop();
});

/** The outcome of each check. */
async function check(
  config: Partial<RedshiftConfig> = {},
  password = warehouse.secret.password,
  of = warehouse,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for await (const { status, ...told } of checkRedshift(
    { ...of.config, ...config },
    { password },
    never,
  ))
    if (status !== "running") results.push({ ...told, status });
  return results;
}
const states = (result?: CheckResult) => result?.parts?.map(({ id, status }) => `${id} ${status}`);

test("after the permission script all three pass, and leave nothing behind", async () => {
  const results = await check();
  expect(results.map(({ id, title, status }) => `${id} ${title} ${status}`)).toEqual([
    "connection Verifying Connection passed",
    "schemas Able to List Schema passed",
    "state-schema Able to Access RudderStack Schema passed",
  ]);
  for (const { ms, parts = [] } of results)
    for (const part of parts)
      expect([typeof ms, typeof part.ms, typeof part.statement, part.status]).toEqual([
        "number",
        "number",
        "string",
        "passed",
      ]);
  expect(results.map(({ parts }) => parts?.map(({ id }) => id))).toEqual([
    ["name", "tcp", "tls", "login", "database", "redshift", "another"],
    ["list", "use"],
    ["exists", "usage", "create", "tables", "write"],
  ]);
  expect(
    await warehouse.admin(
      "SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE schemaname = '_rudderstack'",
    ),
  ).toEqual([["0"]]);
});

test("each part is told as soon as it is known, before the outcome of its check", async () => {
  const told: string[] = [];
  for await (const { id, status, parts } of checkRedshift(
    warehouse.config,
    warehouse.secret,
    never,
  ))
    told.push(`${id} ${status} ${parts?.length ?? 0}`);
  expect(told).toEqual([
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((known) => `connection running ${known}`),
    "connection passed 7",
    ...[0, 1, 2].map((known) => `schemas running ${known}`),
    "schemas passed 2",
    ...[0, 1, 2, 3, 4, 5].map((known) => `state-schema running ${known}`),
    "state-schema passed 5",
  ]);
});

describe("the bookkeeping schema", () => {
  const user = () => identifier(bare.config.user);
  const state = async () => (await check({}, bare.secret.password, bare)).at(-1)!;

  test("step by step, each failure offers the statements that are missing, and those mend it", async () => {
    expect((await check({}, bare.secret.password, bare)).map(({ status }) => status)).toEqual([
      "passed",
      "passed",
      "failed",
    ]);
    const missing = await state();
    expect(missing).toMatchObject({
      summary: "There is no schema “_rudderstack”.",
      remedy: {
        sql: `CREATE SCHEMA "_rudderstack";\nGRANT ALL ON SCHEMA "_rudderstack" TO ${user()};`,
      },
    });

    await bare.admin(`CREATE SCHEMA "_rudderstack"`);
    expect(await state()).toMatchObject({
      status: "failed",
      summary: expect.stringContaining("lacks USAGE and CREATE") as string,
      remedy: { sql: `GRANT ALL ON SCHEMA "_rudderstack" TO ${user()};` },
    });

    await bare.admin(`GRANT USAGE ON SCHEMA "_rudderstack" TO ${user()}`);
    const withoutCreate = await state();
    expect(withoutCreate).toMatchObject({
      status: "failed",
      summary: expect.stringContaining("lacks CREATE") as string,
      remedy: { sql: `GRANT CREATE ON SCHEMA "_rudderstack" TO ${user()};` },
    });
    expect(states(withoutCreate)).toEqual([
      "exists passed",
      "usage passed",
      "create failed",
      "tables passed",
      "write skipped",
    ]);

    await bare.admin((await state()).remedy!.sql!);
    expect(await state()).toMatchObject({ status: "passed" });
  });

  test("another user's tables are named with their grants, and stop nobody", async () => {
    await bare.admin(`CREATE TABLE "_rudderstack"."left_behind" (value varchar(16))`);
    const closed = await state();
    expect([closed.status, ...states(closed)!]).toEqual([
      "passed",
      "exists passed",
      "usage passed",
      "create passed",
      "tables warned",
      "write passed",
    ]);
    const grant = closed.parts!.find(({ id }) => id === "tables")!.remedy!.sql!;
    expect(grant).toBe(`GRANT ALL PRIVILEGES ON TABLE "_rudderstack"."left_behind" TO ${user()};`);
    await bare.admin(grant);
    expect(states(await state())).toContain("tables passed");
  });

  test("no schema to look into: the list fails, the next check runs all the same", async () => {
    await bare.admin(`REVOKE ALL ON SCHEMA ${identifier(bare.schema)} FROM ${user()}`);
    await bare.admin(`REVOKE ALL ON SCHEMA public FROM PUBLIC`);
    const [, schemas, last] = await check({}, bare.secret.password, bare);
    expect(schemas).toMatchObject({
      status: "failed",
      remedy: { sql: expect.stringContaining("GRANT USAGE ON SCHEMA") as string },
    });
    expect(last?.status).toBe("passed");
  });
});

test("leaving ends the checks with the reason", async () => {
  const controller = new AbortController();
  const seen: string[] = [];
  await expect(
    (async () => {
      for await (const { id } of checkRedshift(
        warehouse.config,
        warehouse.secret,
        controller.signal,
      )) {
        seen.push(id);
        controller.abort(new Error("the page was closed"));
      }
    })(),
  ).rejects.toThrow("the page was closed");
  expect(new Set(seen)).toEqual(new Set(["connection"]));
});
