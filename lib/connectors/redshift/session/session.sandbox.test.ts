// What a session does around the statements that it is given.
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  never,
  openWarehouse,
  setFaults,
  statementsOf,
  type Warehouse,
} from "@/lib/testing/sandbox";
import { openRedshift, type RedshiftSession } from "./client";

let warehouse: Warehouse;
let session: RedshiftSession;
beforeAll(async () => {
  warehouse = await openWarehouse();
  session = await openRedshift(
    warehouse.config,
    warehouse.secret,
    { statementTimeoutMs: 30_000 },
    never,
  );
  await session.query('CREATE TABLE "_rudderstack"."Mixed" ("Id" int)', never);
  await session.query('CREATE TABLE "_rudderstack".plain (id int)', never);
});
afterAll(async () => {
  await session.close();
  await warehouse.drop();
});

const lastId = async () => (await statementsOf(warehouse.config.user)).at(-1)?.id ?? 0;
const since = async (id: number) =>
  (await statementsOf(warehouse.config.user, id)).map(({ sql }) => sql);

test("names keep their capitals only while a statement needs it", async () => {
  const before = await lastId();
  await session.query('SELECT "Id" FROM "_rudderstack"."Mixed"', never);
  await session.query("SELECT id FROM _rudderstack.plain", never);
  await session.query("SELECT id FROM _rudderstack.plain", never);
  expect(await since(before)).toEqual([
    "SET enable_case_sensitive_identifier TO true",
    'SELECT "Id" FROM "_rudderstack"."Mixed"',
    "RESET enable_case_sensitive_identifier",
    "SELECT id FROM _rudderstack.plain",
    "SELECT id FROM _rudderstack.plain",
  ]);
});

test("a rollback takes the setting back, and the next statement has it again", async () => {
  const undone = session.transaction(async () => {
    await session.query('SELECT "Id" FROM "_rudderstack"."Mixed"', never);
    await session.query("SELECT id FROM _rudderstack.plain", never);
    throw new Error("undone");
  }, never);
  await expect(undone).rejects.toThrow("undone");
  await expect(session.query('SELECT "Id" FROM "_rudderstack"."Mixed"', never)).resolves.toEqual(
    [],
  );
});

const conflict = {
  match: "INSERT INTO _rudderstack.plain",
  error: {
    code: "XX000",
    message: "could not complete because of conflict with concurrent transaction",
  },
};

test("a statement that lost against another transaction is run again, once it counts", async () => {
  await setFaults(warehouse.config.user, [{ ...conflict, times: 2 }]);
  await session.execute("INSERT INTO _rudderstack.plain VALUES (1)", never);
  expect(await session.query("SELECT id FROM _rudderstack.plain", never)).toEqual([["1"]]);
});

test("within a transaction only the whole of it may be run again", async () => {
  await setFaults(warehouse.config.user, [{ ...conflict, times: 1 }]);
  const work = session.transaction(
    () => session.execute("INSERT INTO _rudderstack.plain VALUES (2)", never),
    never,
  );
  await expect(work).rejects.toMatchObject({ fault: "transient", detail: { code: "CONFLICT" } });
  expect(await session.query("SELECT id FROM _rudderstack.plain", never)).toEqual([["1"]]);
});
