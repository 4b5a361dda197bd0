import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { CheckResult } from "@/lib/connectors/contract";
import { never, openWarehouse, type Warehouse } from "@/lib/testing/sandbox";
import { checkRedshift } from "./checks";
import type { RedshiftConfig } from "./spec";
import { identifier } from "./sql";

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

async function check(config: Partial<RedshiftConfig> = {}, password = warehouse.secret.password, of = warehouse): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for await (const result of checkRedshift({ ...of.config, ...config }, { password }, never)) results.push(result);
  return results;
}
const TITLES = ["Verifying Connection", "Able to List Schema", "Able to Access RudderStack Schema"];

test("after the permission script all three pass, and leave nothing behind", async () => {
  const results = await check();
  expect(results.map(({ id, title, status }) => `${id} ${title} ${status}`)).toEqual(["connection Verifying Connection passed", "schemas Able to List Schema passed", "state-schema Able to Access RudderStack Schema passed"]);
  for (const { ms, statement } of results) expect([typeof ms, typeof statement]).toEqual(["number", "string"]);
  expect(await warehouse.admin("SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE schemaname = '_rudderstack'")).toEqual([["0"]]);
});

describe("the login fails: the others are not run, and say because of what", () => {
  let server: Server | undefined;
  const sockets = new Set<Socket>();
  const listen = async (answer: (socket: Socket) => void) => {
    server = createServer((socket) => { sockets.add(socket); socket.on("error", () => socket.destroy()); answer(socket); });
    await new Promise<void>((ready) => server!.listen(0, "127.0.0.1", ready));
    return (server.address() as AddressInfo).port;
  };
  afterEach(() => { for (const socket of sockets) socket.destroy(); server?.close(); });

  const expectFailure = async (results: Promise<CheckResult[]>, words: string | RegExp) => {
    const [first, ...others] = await results;
    expect(first).toMatchObject({ id: "connection", status: "failed", summary: expect.stringMatching(words) as string, remedy: { text: expect.any(String) as string } });
    expect(others.map(({ title, status, summary }) => `${title}: ${status}. ${summary}`)).toEqual(TITLES.slice(1).map((title) => `${title}: skipped. Not run because “Verifying Connection” failed.`));
    expect(JSON.stringify(first)).not.toContain(warehouse.secret.password);
    return first!;
  };

  test("wrong password", async () => { await expectFailure(check({}, "Wrong1Password"), "refused the user"); });
  test("unknown user", async () => { await expectFailure(check({ user: "nobody_here" }), "refused the user"); });
  test("unknown database", async () => { await expectFailure(check({ database: "no_such_db" }), "no database named “no_such_db”"); });
  test("unknown host", async () => { await expectFailure(check({ host: "no-such-host.invalid" }), /no host named|can't be looked up/); });
  test("closed port", async () => { await expectFailure(check({ port: 1 }), "refuses the connection"); });
  test("an authority that isn't trusted", async () => { await expectFailure(check({ caCertificate: "" }), "isn't signed by an authority"); });
  test("a server without TLS", async () => {
    const port = await listen((socket) => socket.once("data", () => socket.write("N")));
    await expectFailure(check({ port }), "doesn't offer encryption");
  });
  test("a server of another kind", async () => {
    const port = await listen((socket) => socket.once("data", () => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")));
    await expectFailure(check({ port }), "doesn't speak Redshift's protocol");
    await expectFailure(check({ port, sslMode: "off" }), "doesn't speak Redshift's protocol");
  });
  test("a server that hangs up", async () => {
    const port = await listen((socket) => socket.end());
    await expectFailure(check({ port }), "was lost");
  });
  test("a SHA-256 password, which ends neither the process nor the answer", async () => {
    const port = await listen((socket) => socket.once("data", () => socket.write(Buffer.from([0x52, 0, 0, 0, 12, 0, 0, 0, 13, 0, 0, 0, 0]))));
    const { remedy } = await expectFailure(check({ port, sslMode: "off" }), "SHA-256");
    expect(remedy?.sql).toContain(`ALTER USER ${identifier(warehouse.config.user)} PASSWORD 'md5`);
  });
  test("a server that never answers, within the limit", async () => {
    const port = await listen(() => undefined);
    const { ms } = await expectFailure(check({ port }), "within 10 seconds");
    expect(ms).toBeLessThan(15_000);
  });
});

describe("the bookkeeping schema", () => {
  const user = () => identifier(bare.config.user);
  const state = async () => (await check({}, bare.secret.password, bare)).at(-1)!;

  test("step by step, each failure offers the statements that are missing, and those mend it", async () => {
    expect((await check({}, bare.secret.password, bare)).map(({ status }) => status)).toEqual(["passed", "passed", "failed"]);
    const missing = await state();
    expect(missing).toMatchObject({ summary: "There is no schema “_rudderstack”.", remedy: { sql: `CREATE SCHEMA "_rudderstack";\nGRANT ALL ON SCHEMA "_rudderstack" TO ${user()};` } });

    await bare.admin(`CREATE SCHEMA "_rudderstack"`);
    expect(await state()).toMatchObject({ status: "failed", summary: expect.stringContaining("lacks USAGE and CREATE") as string, remedy: { sql: `GRANT ALL ON SCHEMA "_rudderstack" TO ${user()};` } });

    await bare.admin(`GRANT USAGE ON SCHEMA "_rudderstack" TO ${user()}`);
    expect(await state()).toMatchObject({ status: "failed", summary: expect.stringContaining("lacks CREATE") as string });

    await bare.admin((await state()).remedy!.sql!);
    expect(await state()).toMatchObject({ status: "passed" });
  });

  test("no schema to look into: the list fails, the next check runs all the same", async () => {
    await bare.admin(`REVOKE ALL ON SCHEMA ${identifier(bare.schema)} FROM ${user()}`);
    await bare.admin(`REVOKE ALL ON SCHEMA public FROM PUBLIC`);
    const [, schemas, last] = await check({}, bare.secret.password, bare);
    expect(schemas).toMatchObject({ status: "failed", remedy: { sql: expect.stringContaining("GRANT USAGE ON SCHEMA") as string } });
    expect(last?.status).toBe("passed");
  });
});

test("leaving ends the checks with the reason", async () => {
  const controller = new AbortController();
  const seen: string[] = [];
  await expect((async () => {
    for await (const { id } of checkRedshift(warehouse.config, warehouse.secret, controller.signal)) {
      seen.push(id);
      controller.abort(new Error("the page was closed"));
    }
  })()).rejects.toThrow("the page was closed");
  expect(seen).toEqual(["connection"]);
});
