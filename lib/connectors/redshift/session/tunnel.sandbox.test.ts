// The way through an SSH server: the library's own server everywhere, and OpenSSH's where this machine has one.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { TunnelConfig, TunnelSecret } from "@/lib/connectors/ssh/spec";
import { rowsOf } from "@/lib/testing/changes";
import { never, openWarehouse, type Warehouse } from "@/lib/testing/sandbox";
import { startSshServer, type SshServer } from "@/lib/testing/ssh-server";
import { sshdPath, startSshd } from "@/lib/testing/sshd";
import { checkRedshift } from "@/lib/connectors/redshift/checks/checks";
import { openRedshift } from "./client";
import { identifier } from "@/lib/connectors/redshift/quote";
import { closeIdleSessions } from "./sessions";
import { redshiftSource } from "@/lib/connectors/redshift/source";
import type { RedshiftConfig, RedshiftSecret } from "@/lib/connectors/redshift/spec";

let warehouse: Warehouse;
beforeAll(async () => {
  warehouse = await openWarehouse();
  await warehouse.admin(
    `CREATE TABLE ${identifier(warehouse.schema)}."people" (email varchar(50))`,
  );
  await warehouse.admin(
    `INSERT INTO ${identifier(warehouse.schema)}."people" VALUES ('ada@example.com')`,
  );
});
afterAll(() => warehouse.drop());

const config = (tunnel: Partial<TunnelConfig>): RedshiftConfig => ({
  ...warehouse.config,
  tunnel: { ...warehouse.config.tunnel, ...tunnel },
});
const secret = (tunnel: Partial<TunnelSecret>): RedshiftSecret => ({
  ...warehouse.secret,
  tunnel: { privateKey: "", passphrase: "", password: "", ...tunnel },
});
const options = { statementTimeoutMs: 60_000 };

type Server = { tunnel: TunnelConfig; secret: TunnelSecret; hostKey: string; stop(): unknown };
const openSsh = sshdPath();
const servers: [string, () => Promise<Server>][] = [
  [
    "the library's server",
    async () => {
      const made = await startSshServer();
      return { ...made, stop: made.close };
    },
  ],
  ...(openSsh
    ? [["OpenSSH", () => startSshd(openSsh)] satisfies [string, () => Promise<Server>]]
    : []),
];

describe.each(servers)("through %s", (_, start) => {
  let server: Server;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());
  const pinned = () => config({ ...server.tunnel, hostKey: server.hostKey });

  test("verification passes at each link, and tells the key to pin", async () => {
    const results = [];
    for await (const update of checkRedshift(config(server.tunnel), secret(server.secret), never))
      if (update.status !== "running") results.push(update);
    expect(results.map(({ status }) => status)).toEqual(["passed", "passed", "passed"]);
    expect(results[0]?.firstHostKey).toBe(server.hostKey);
    expect(
      results[0]?.parts?.map(({ id, status, summary }) => [id, status, summary]).slice(0, 3),
    ).toEqual([
      [
        "tunnel",
        "passed",
        `127.0.0.1 let “${server.tunnel.user}” in. Its host key is pinned from now on: ${server.hostKey}.`,
      ],
      ["name", "passed", "127.0.0.1 is an address: there is nothing to look up."],
      ["tcp", "passed", `127.0.0.1 connected to 127.0.0.1, port ${warehouse.config.port}.`],
    ]);
    expect(results[0]?.parts?.find(({ id }) => id === "tls")?.summary).toMatch(
      /^TLS 1\.\d, with a certificate for 127\.0\.0\.1/,
    );
  });

  test("once pinned, nothing is told to pin; another key is refused with both fingerprints, and nothing is sent", async () => {
    for await (const update of checkRedshift(pinned(), secret(server.secret), never))
      if (update.id === "connection" && update.status === "passed") {
        expect(update.firstHostKey).toBeUndefined();
        expect(update.parts?.[0]?.summary).toContain("is the pinned one");
      }
    const other = `SHA256:${"x".repeat(43)}`;
    await expect(
      openRedshift(
        config({ ...server.tunnel, hostKey: other }),
        secret(server.secret),
        options,
        never,
      ),
    ).rejects.toMatchObject({
      fault: "user-fixable",
      message: expect.stringContaining(`Pinned is ${other}, it shows ${server.hostKey}.`) as string,
    });
  });

  test("without a pinned key only the verification goes on", async () => {
    await expect(
      openRedshift(config(server.tunnel), secret(server.secret), options, never),
    ).rejects.toMatchObject({ fault: "user-fixable", detail: { code: "TUNNEL_KEY_UNPINNED" } });
  });

  test("schemas, a preview and a large answer come through whole", async () => {
    const source = redshiftSource(pinned(), secret(server.secret));
    expect((await source.schemas({ search: "", after: null }, never)).items).toContainEqual(
      expect.objectContaining({ name: warehouse.schema, readable: true }),
    );
    expect((await source.inspect(warehouse.schema, "people", 10, never)).preview?.rows).toEqual([
      ["ada@example.com"],
    ]);
    const session = await openRedshift(pinned(), secret(server.secret), options, never);
    const [row] = await session.query("SELECT REPEAT('0123456789abcdef', 1048576)", never);
    expect(row?.[0]).toHaveLength(16 * 1_048_576);
    await session.close();
  });

  test("a run reads, commits and forgets", async () => {
    const source = redshiftSource(pinned(), secret(server.secret));
    const request = {
      selection: { schema: warehouse.schema, table: "people", columns: ["email"], keys: ["email"] },
      mode: "upsert" as const,
      cursor: null,
      onlyKeys: null,
      logDays: 0,
      connectionId: randomUUID(),
      runId: randomUUID(),
      mappingHash: "m",
      fence: 1,
    };
    const changes = await source.changes(request, never);
    expect(changes.counts).toMatchObject({ read: 1, toDeliver: 1 });
    const cells = [];
    for await (const page of changes.read(0, never))
      cells.push(...rowsOf(page, 1).map((row) => row.cells));
    expect(cells).toEqual([["ada@example.com"]]);
    await changes.commit([], never);
    await changes.close();
    await source.forget(request.connectionId, never);
  });

  test("a cancel goes through the tunnel, and the session goes on", async () => {
    const session = await openRedshift(pinned(), secret(server.secret), options, never);
    const stop = new AbortController();
    const pending = session.query(
      "SELECT COUNT(*) FROM pg_catalog.pg_attribute a, pg_catalog.pg_attribute b, pg_catalog.pg_attribute c /* endless */",
      stop.signal,
    );
    pending.catch(() => undefined);
    await vi.waitFor(
      async () =>
        expect(
          await warehouse.admin(
            "SELECT COUNT(*) FROM pg_catalog.pg_stat_activity WHERE query LIKE '%endless%' AND state = 'active' AND pid <> pg_backend_pid()",
          ),
        ).toEqual([["1"]]),
      { timeout: 10_000 },
    );
    stop.abort(new Error("cancelled by Ada"));
    await expect(pending).rejects.toThrow("cancelled by Ada");
    expect(await session.query("SELECT current_user", never)).toEqual([[warehouse.config.user]]);
    await session.close();
  });

  test("an unreachable warehouse is told as seen from there", async () => {
    await expect(
      openRedshift({ ...pinned(), port: 1 }, secret(server.secret), options, never),
    ).rejects.toMatchObject({ fault: "transient", detail: { code: "TUNNEL_TARGET_UNREACHABLE" } });
  });
});

describe("the library's server alone", () => {
  const running: SshServer[] = [];
  const start = async (...args: Parameters<typeof startSshServer>) => {
    const made = await startSshServer(...args);
    running.push(made);
    return made;
  };
  afterAll(() => {
    for (const server of running) server.close();
  });

  test("a password, and a key behind a passphrase", async () => {
    const server = await start();
    const pinned = config({ ...server.tunnel, hostKey: server.hostKey });
    for (const way of [
      { password: server.password },
      { privateKey: server.encryptedKey, passphrase: server.passphrase },
    ]) {
      const session = await openRedshift(pinned, secret(way), options, never);
      expect(await session.query("SELECT 1", never)).toEqual([["1"]]);
      await session.close();
    }
    expect(server.forwarded).toEqual([1, 2].map(() => `127.0.0.1:${warehouse.config.port}`));
  });

  test("a password that is asked for by prompt", async () => {
    const server = await start({ passwords: "prompt" });
    const pinned = config({ ...server.tunnel, hostKey: server.hostKey });
    const session = await openRedshift(
      pinned,
      secret({ password: server.password }),
      options,
      never,
    );
    expect(await session.query("SELECT 1", never)).toEqual([["1"]]);
    await session.close();
    await expect(
      openRedshift(pinned, secret({ password: "Wrong" }), options, never),
    ).rejects.toMatchObject({ detail: { code: "TUNNEL_USER_REFUSED" } });
  });

  test("closing leaves no connection behind, also after a failure", async () => {
    const server = await start();
    const pinned = config({ ...server.tunnel, hostKey: server.hostKey });
    const session = await openRedshift(pinned, secret(server.secret), options, never);
    expect(server.connections()).toBe(1);
    await session.close();
    await vi.waitFor(() => expect(server.connections()).toBe(0));
    await expect(
      openRedshift({ ...pinned, database: "no_such_db" }, secret(server.secret), options, never),
    ).rejects.toMatchObject({ fault: "user-fixable" });
    await vi.waitFor(() => expect(server.connections()).toBe(0));
    const stop = new AbortController();
    const opening = openRedshift(pinned, secret(server.secret), options, stop.signal);
    stop.abort(new Error("the page was closed"));
    await expect(opening).rejects.toThrow("the page was closed");
    await vi.waitFor(() => expect(server.connections()).toBe(0));
  });

  test("a tunnel that is lost says so, to a statement under way and to the next", async () => {
    const server = await start();
    const session = await openRedshift(
      config({ ...server.tunnel, hostKey: server.hostKey }),
      secret(server.secret),
      options,
      never,
    );
    const pending = session.query(
      "SELECT COUNT(*) FROM pg_catalog.pg_attribute a, pg_catalog.pg_attribute b, pg_catalog.pg_attribute c",
      never,
    );
    server.dropAll();
    for (const each of [pending, session.query("SELECT 1", never)])
      await expect(each).rejects.toMatchObject({
        fault: "transient",
        message: "The SSH tunnel through 127.0.0.1 was lost.",
      });
    await session.close();
  });
});

test("a session that is kept for browsing is replaced when its tunnel was lost meanwhile", async () => {
  const server = await startSshServer();
  const source = redshiftSource(
    config({ ...server.tunnel, hostKey: server.hostKey }),
    secret(server.secret),
  );
  const columns = await source.columns(warehouse.schema, "people", never);
  expect(server.connections()).toBe(1);
  server.dropAll();
  await vi.waitFor(() => expect(server.connections()).toBe(0));
  expect(await source.columns(warehouse.schema, "people", never)).toEqual(columns);
  await closeIdleSessions();
  await vi.waitFor(() => expect(server.connections()).toBe(0));
  server.close();
});

const extra: [string, string[], Partial<RedshiftConfig>, string][] = [
  ["no forwarding at all", ["AllowTcpForwarding no"], {}, "TUNNEL_FORWARDING_REFUSED"],
  ["forwarding elsewhere only", ["PermitOpen 127.0.0.1:1"], {}, "TUNNEL_FORWARDING_REFUSED"],
  ["a name that it doesn't know", [], { host: "no-such-host.invalid" }, "TUNNEL_TARGET_UNKNOWN"],
];
describe.runIf(openSsh !== null)("OpenSSH's own words", () => {
  test.each(extra)("%s", async (_, lines, wrong, code) => {
    const server = await startSshd(openSsh ?? "", lines);
    try {
      const opening = openRedshift(
        { ...config({ ...server.tunnel, hostKey: server.hostKey }), ...wrong },
        secret(server.secret),
        options,
        never,
      );
      await expect(opening).rejects.toMatchObject({ detail: { code } });
    } finally {
      await server.stop();
    }
  });
});
