// A user with as few connections as a DBA gives: what needs one gets along with one, and nothing leaves that can't be committed.
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { DestinationConnector } from "@/lib/connectors/contract/destination";
import { openRedshift, type RedshiftSession } from "@/lib/connectors/redshift/session/client";
import { closeIdleSessions } from "@/lib/connectors/redshift/session/sessions";
import { redshiftDestination } from "@/lib/connectors/redshift/destination";
import { redshiftSource } from "@/lib/connectors/redshift/source";
import { loadDefaults } from "@/lib/connectors/redshift/spec";
import { identifier } from "@/lib/connectors/redshift/sql";
import { destinationConnector } from "@/lib/connectors/registry";
import { runSync } from "@/lib/engine/run-sync";
import { systemClock } from "@/lib/platform/clock";
import { FakeRunStore } from "@/lib/testing/fake-run-store";
import {
  grantLoading,
  never,
  openStaging,
  openWarehouse,
  receivedEvents,
  sandboxEndpoints,
  type Warehouse,
} from "@/lib/testing/sandbox";

const FIRST_PAGE = { search: "", after: null };
const ROWS = 300;
let warehouse: Warehouse;
let table: string;
let elsewhere: RedshiftSession | undefined;
let ids: { connectionId: string; sourceId: string };
let fence = 0;
let store: FakeRunStore;
const noWait = () => Promise.resolve();
const source = () => redshiftSource(warehouse.config, warehouse.secret, noWait);
const mayHave = (connections: number) =>
  warehouse.admin(
    `ALTER USER ${identifier(warehouse.config.user)} CONNECTION LIMIT ${connections}`,
  );
const at = () => `${identifier(warehouse.schema)}.${identifier(table)}`;

beforeAll(async () => {
  warehouse = await openWarehouse();
  await grantLoading(warehouse);
});
afterAll(() => warehouse.drop());
beforeEach(async () => {
  table = `people_${randomUUID().slice(0, 8)}`;
  ids = { connectionId: randomUUID(), sourceId: randomUUID() };
  store = new FakeRunStore();
  await warehouse.admin(`CREATE TABLE ${at()} (id integer, note varchar(40))`);
  await warehouse.admin(
    `INSERT INTO ${at()} VALUES ${Array.from({ length: ROWS }, (_, n) => `(${n}, 'note ${n}')`).join(", ")}`,
  );
});
afterEach(async () => {
  await elsewhere?.close();
  elsewhere = undefined;
  await closeIdleSessions();
});

const sync = (destination: DestinationConnector, runId: string = randomUUID()) =>
  runSync({
    source: source(),
    destination,
    store,
    selection: { schema: warehouse.schema, table, columns: ["id", "note"], keys: ["id"] },
    mapping: {
      columns: ["id", "note"].map((column) => ({ column, traitKey: column })),
      userId: "id",
      anonymousId: null,
    },
    mode: "mirror",
    cursor: null,
    onlyKeys: null,
    deletes: { percent: 50, allowed: 0 },
    rawNumbers: false,
    logDays: 0,
    ids: { ...ids, runId },
    fence: ++fence,
    refusedBefore: 0,
    clock: systemClock,
    signal: never,
  });
const receiver = (writeKey: string) =>
  destinationConnector("tracking-api", { url: sandboxEndpoints().events.url }, { writeKey });
const intoTheSameCluster = () => {
  const staging = openStaging();
  return redshiftDestination(
    {
      connection: warehouse.config,
      staging: staging.config,
      tables: { ...loadDefaults, targetSchema: warehouse.schema, targetTable: `${table}_copy` },
    },
    { connection: warehouse.secret, staging: staging.secret },
    noWait,
  );
};

test("with one connection the wizard's lists come, one after the other and at once", async () => {
  await mayHave(1);
  const page = source();
  const wanted = [
    page.tables(warehouse.schema, FIRST_PAGE, never),
    page.columns(warehouse.schema, table, never),
    page.keyHealth(warehouse.schema, table, ["id"], never),
    page.schemas(FIRST_PAGE, never),
  ];
  const [tables, columns, health] = await Promise.all(wanted);
  expect(JSON.stringify(tables)).toContain(table);
  expect(columns).toHaveLength(2);
  expect(health).toMatchObject({ rows: ROWS });
  expect(await page.profile(warehouse.schema, table, "note", never)).toMatchObject({ rows: ROWS });
});

test("with one connection a run delivers and commits, and the next finds nothing new", async () => {
  await mayHave(10);
  await source().columns(warehouse.schema, table, never); // leaves a session that is kept
  await mayHave(1);
  const writeKey = `wk-${randomUUID()}`;
  const destination = await receiver(writeKey);
  expect(await sync(destination)).toMatchObject({ delivered: ROWS, rejected: 0 });
  store = new FakeRunStore();
  expect(await sync(destination)).toMatchObject({ delivered: 0, unchanged: ROWS });
  expect(await receivedEvents(writeKey)).toHaveLength(ROWS);
});

test("a run that gets no connection sends nothing, and says what would help; that is no outage", async () => {
  await mayHave(1);
  elsewhere = await openRedshift(
    warehouse.config,
    warehouse.secret,
    { statementTimeoutMs: 0 },
    never,
  );
  const writeKey = `wk-${randomUUID()}`;
  const refusal: unknown = await sync(await receiver(writeKey)).catch((error: unknown) => error);
  expect(refusal).toMatchObject({
    fault: "transient",
    detail: {
      code: "CONNECTION_LIMIT",
      remedy: expect.stringMatching(/ALTER USER "User_\w+" CONNECTION LIMIT 5;$/) as string,
    },
  });
  expect(refusal).not.toHaveProperty("detail.waitsFor");
  expect(await receivedEvents(writeKey)).toEqual([]);
});

test("with two connections a run loads into the same cluster", async () => {
  await mayHave(2);
  const destination = intoTheSameCluster();
  expect(await sync(destination)).toMatchObject({ delivered: ROWS, rejected: 0 });
  await warehouse.admin(`UPDATE ${at()} SET note = 'other' WHERE id = 7`);
  await warehouse.admin(`DELETE FROM ${at()} WHERE id = 8`);
  store = new FakeRunStore();
  expect(await sync(destination)).toMatchObject({ delivered: 2, unchanged: ROWS - 2 });
  await destination.close();
});

test("with one connection nothing is loaded into the same cluster, and the run says why", async () => {
  await mayHave(1);
  const destination = intoTheSameCluster();
  await expect(sync(destination)).rejects.toMatchObject({ detail: { code: "CONNECTION_LIMIT" } });
  await destination.close();
});
