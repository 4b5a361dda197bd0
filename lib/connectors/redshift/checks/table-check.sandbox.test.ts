import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { never, openWarehouse, setFaults, type Warehouse } from "@/lib/testing/sandbox";
import { realDelay } from "@/lib/connectors/retry";
import { redshiftSource } from "@/lib/connectors/redshift/source";
import { identifier } from "@/lib/connectors/redshift/sql";

let warehouse: Warehouse;
const inSchema = (table: string) => `${identifier(warehouse.schema)}.${identifier(table)}`;
const user = () => identifier(warehouse.config.user);
const inspect = (table: string, schema = warehouse.schema) =>
  redshiftSource(warehouse.config, warehouse.secret, realDelay, {
    lookMs: 1_000,
    countMs: 1_000,
    dryRunMs: 1_000,
  }).inspect(schema, table, 10, never);
const states = async (table: string, schema?: string) =>
  (await inspect(table, schema)).check.parts?.map(({ id, status }) => `${id} ${status}`);

beforeAll(async () => {
  warehouse = await openWarehouse();
  await warehouse.admin(`CREATE TABLE ${inSchema("People")} (id integer, email varchar(64))`);
  await warehouse.admin(`INSERT INTO ${inSchema("People")} VALUES (1, 'ada@example.com')`);
});
afterEach(() => setFaults(warehouse.config.user, []));
afterAll(() => warehouse.drop());

test("a table that may be read passes, part by part, and gives its rows", async () => {
  const { check, preview } = await inspect("People");
  expect(check).toMatchObject({
    id: "table",
    title: "SELECT on the chosen table",
    status: "passed",
  });
  expect(check.parts?.map(({ id, status }) => `${id} ${status}`)).toEqual([
    "found passed",
    "usage passed",
    "select passed",
    "columns passed",
    "rows passed",
  ]);
  for (const part of check.parts ?? [])
    expect([typeof part.ms, typeof part.statement]).toEqual(["number", "string"]);
  expect(preview?.rows).toEqual([["1", "ada@example.com"]]);
});

test("what is missing is named alone: SELECT, then USAGE too, and each grant mends it", async () => {
  const grant = `GRANT SELECT ON TABLE ${inSchema("closed")} TO ${user()};`;
  await warehouse.admin(`CREATE TABLE ${inSchema("closed")} (id integer)`);
  await warehouse.admin(`REVOKE ALL ON ${inSchema("closed")} FROM ${user()}`);
  expect(await states("closed")).toEqual([
    "found passed",
    "usage passed",
    "select failed",
    "columns skipped",
    "rows skipped",
  ]);
  expect((await inspect("closed")).check).toMatchObject({
    status: "failed",
    remedy: { sql: grant, text: "A superuser, or the owner “admin”, runs this:" },
  });
  await warehouse.admin(`REVOKE USAGE ON SCHEMA ${identifier(warehouse.schema)} FROM ${user()}`);
  const usage = `GRANT USAGE ON SCHEMA ${identifier(warehouse.schema)} TO ${user()};`;
  expect((await inspect("closed")).check.remedy?.sql).toBe(`${usage}\n${grant}`);
  expect((await inspect("People")).check.remedy?.sql).toBe(usage);
  for (const sql of `${usage}\n${grant}`.split("\n")) await warehouse.admin(sql);
  expect((await inspect("closed")).check.status).toBe("passed");
});

test("a view whose owner lost the right: the grant is for the owner, on what is under the view", async () => {
  await warehouse.admin(`CREATE USER "View Owner ${warehouse.schema}" PASSWORD 'Harbour-1-Light'`);
  const owner = `"View Owner ${warehouse.schema}"`;
  await warehouse.admin(`GRANT ALL ON SCHEMA ${identifier(warehouse.schema)} TO ${owner}`);
  await warehouse.admin(`CREATE VIEW ${inSchema("seen")} AS SELECT id FROM ${inSchema("People")}`);
  await warehouse.admin(`ALTER TABLE ${inSchema("seen")} OWNER TO ${owner}`);
  const { check } = await inspect("seen");
  expect(check).toMatchObject({
    status: "failed",
    summary: expect.stringContaining("its owner") as string,
    serverText: "permission denied for relation People",
    remedy: { sql: `GRANT SELECT ON TABLE ${inSchema("People")} TO ${owner};` },
  });
  await warehouse.admin(check.remedy!.sql!);
  expect((await inspect("seen")).check.status).toBe("passed");
  await warehouse.admin(`DROP VIEW ${inSchema("seen")}`);
  await warehouse.admin(`REVOKE ALL ON ${inSchema("People")} FROM ${owner}`);
  await warehouse.admin(`REVOKE ALL ON SCHEMA ${identifier(warehouse.schema)} FROM ${owner}`);
  await warehouse.admin(`DROP USER ${owner}`);
});

test("a late-binding view over a table that is gone, an external table that can't be reached, a schema closed below", async () => {
  await warehouse.admin(
    `CREATE VIEW ${inSchema("late")} AS SELECT id FROM ${inSchema("People")} WITH NO SCHEMA BINDING`,
  );
  const fails = (code: string, message: string) =>
    setFaults(warehouse.config.user, [
      { match: '/FROM "[^"]+"."late"/i', error: { code, message } },
    ]);
  await fails("42P01", 'relation "shop.base" does not exist');
  expect((await inspect("late")).check).toMatchObject({
    status: "failed",
    summary: expect.stringContaining("isn't there any more") as string,
    serverText: 'relation "shop.base" does not exist',
  });
  await fails("42501", "permission denied for schema raw");
  expect((await inspect("late")).check.remedy?.sql).toBe('GRANT USAGE ON SCHEMA "raw" TO admin;');
  await fails("42501", "permission denied for relation nobody_knows");
  const { remedy } = (await inspect("late")).check;
  expect([remedy?.sql, remedy?.text]).toEqual([
    undefined,
    "A superuser grants “admin” SELECT on “nobody_knows”.",
  ]);
});

test("a view that scans forever is cancelled by the warehouse, and that is said", async () => {
  await warehouse.admin(
    `CREATE VIEW ${inSchema("endless")} AS SELECT id FROM ${inSchema("People")}`,
  );
  await setFaults(warehouse.config.user, [{ match: '/FROM "[^"]+"."endless"/i', delayMs: 30_000 }]);
  expect((await inspect("endless")).check).toMatchObject({
    status: "failed",
    summary: expect.stringContaining("within 1 seconds, so the statement was cancelled") as string,
  });
});

test("a table, or a schema, that is gone", async () => {
  expect((await inspect("no such")).check).toMatchObject({
    status: "failed",
    summary: expect.stringContaining("There is no table") as string,
  });
  expect((await inspect("no such", "nowhere")).check.status).toBe("failed");
});

test("what isn't the table's doing is thrown, not blamed on it", async () => {
  await setFaults(warehouse.config.user, [
    { match: '/FROM "[^"]+"."People"/i', drop: "before", times: 5 },
  ]);
  await expect(inspect("People")).rejects.toMatchObject({ fault: "transient" });
});
