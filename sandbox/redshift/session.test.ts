import { createHash } from "node:crypto";
import pg from "pg";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { LoggedStatement } from "./statement-log";
import { errorOf, runningSandbox } from "../testing/running";

const sandbox = runningSandbox();
const faults = (rules: unknown[]): Promise<unknown> =>
  sandbox.control("PUT", "/redshift/faults", rules);
const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: unknown) => {
      if (!(error instanceof Error)) return "?";
      return "code" in error && typeof error.code === "string" ? error.code : error.message;
    },
  );

afterEach(async () => {
  await faults([]);
  await sandbox.control("PUT", "/redshift/settings", {});
});

describe("login", () => {
  const login = async (overrides: pg.ClientConfig): Promise<string> => {
    const { host, port, database, ca, adminUser, adminPassword } = sandbox.endpoints.redshift;
    const client = new pg.Client({
      host,
      port,
      database,
      user: adminUser,
      password: adminPassword,
      ssl: { ca },
      ...overrides,
    });
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.query("SELECT 1");
      return "in";
    } catch (error) {
      return error instanceof Error
        ? `${"code" in error ? String(error.code) : ""} ${error.message}`
        : "?";
    } finally {
      await client.end();
    }
  };

  test("with TLS and the sandbox's authority, by address and by name", async () => {
    expect(await login({})).toBe("in");
    expect(await login({ host: "localhost" })).toBe("in");
  });

  test("an unknown authority is not trusted by the client", async () => {
    expect(await login({ ssl: true })).toMatch(/self.signed|unable to verify|unable to get/i);
  });

  test("without TLS, until the control switch requires it", async () => {
    expect(await login({ ssl: false })).toBe("in");
    await sandbox.control("PUT", "/redshift/settings", { requireSsl: true });
    expect(await login({ ssl: false })).toMatch(/^28000 no pg_hba.conf entry .* SSL off/);
    expect(await login({})).toBe("in");
  });

  test("wrong password, unknown user, unknown database", async () => {
    expect(await login({ password: "Wrong1234" })).toBe(
      '28000 password authentication failed for user "admin"',
    );
    expect(await login({ user: "nobody" })).toMatch(/^28000 password authentication failed/);
    expect(await login({ database: "nowhere" })).toBe('3D000 database "nowhere" does not exist');
    expect(await login({ database: "postgres" })).toBe('3D000 database "postgres" does not exist');
  });

  test("an md5 hash as the password: the clear one logs in", async () => {
    const admin = await sandbox.login();
    const hash = createHash("md5").update("Clear-Pass-1md5_user").digest("hex");
    await admin.query(`CREATE USER md5_user PASSWORD 'md5${hash}'`);
    expect(await login({ user: "md5_user", password: "Clear-Pass-1" })).toBe("in");
    expect(await login({ user: "md5_user", password: hash })).toMatch(/^28000/);
  });

  test("a paused cluster takes no connection", async () => {
    await sandbox.control("PUT", "/redshift/settings", { refuseConnections: true });
    expect(await login({})).not.toBe("in");
  });

  test("it says that it is Redshift", async () => {
    const client = await sandbox.login();
    const { rows } = await client.query<{ version: string }>("SELECT version()");
    expect(rows[0]?.version).toMatch(/^PostgreSQL 8\.0\.2 .* Redshift 1\.0/);
    expect(
      (await client.query<{ server_version: string }>("SHOW server_version")).rows[0]
        ?.server_version,
    ).toBe("8.0.2");
  });
});

describe("protocol", () => {
  test("simple and parameterised queries, several at once, errors in between", async () => {
    const client = await sandbox.login();
    const clients = await Promise.all(Array.from({ length: 20 }, () => sandbox.login()));
    const values = await Promise.all(
      clients.map(
        async (each, n) => (await each.query<{ n: number }>("SELECT $1::int AS n", [n])).rows[0]?.n,
      ),
    );
    expect(values).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(await errorOf(client, "SELECT string_agg($1::varchar, ',')", ["x"])).toMatch(/^42883/);
    expect(await client.query("SELECT 1 AS a; SELECT 2 AS a")).toHaveLength(2);
    expect(
      (await client.query<{ n: string }>("SELECT $1::bigint AS n", ["9223372036854775807"])).rows[0]
        ?.n,
    ).toBe("9223372036854775807");
  });

  test("several statements in one message are one transaction", async () => {
    const client = await sandbox.login();
    await client.query("CREATE TABLE together (a int)");
    expect(await errorOf(client, "INSERT INTO together VALUES (1); SELECT 1/0")).toMatch(/^22012/);
    expect((await client.query("SELECT a FROM together")).rowCount).toBe(0);
  });

  test("a refused statement aborts the open transaction, as any error does", async () => {
    const client = await sandbox.login();
    await client.query("BEGIN");
    expect(await errorOf(client, "INSERT INTO x VALUES (1) RETURNING a")).toMatch(/^42601/);
    expect(await errorOf(client, "SELECT 1")).toMatch(/^25P02/);
    await client.query("ROLLBACK");
    expect(await errorOf(client, "SELECT a FROM t WHERE a IS DISTINCT FROM $1", [1])).toMatch(
      /^42601/,
    );
    expect((await client.query("SELECT 1")).rowCount).toBe(1);
  });

  test("a named portal gives rows in pages, the unnamed one gives all", async () => {
    const client = await sandbox.login();
    await client.query("CREATE TABLE paged (a int)");
    await client.query(
      `INSERT INTO paged VALUES ${Array.from({ length: 50 }, (_, n) => `(${n})`).join(",")}`,
    );
    const { rowCount } = await client.query({
      text: "SELECT a FROM paged",
      rows: 10,
    } as pg.QueryConfig);
    expect(rowCount).toBe(50);
    await client.query("BEGIN");
    await client.query("DECLARE pages CURSOR FOR SELECT a FROM paged ORDER BY a");
    expect((await client.query("FETCH FORWARD 20 FROM pages")).rowCount).toBe(20);
    expect((await client.query("FETCH 40 FROM pages")).rowCount).toBe(30);
    expect(await errorOf(client, "DECLARE second CURSOR FOR SELECT 1")).toMatch(/only one cursor/);
    await client.query("ROLLBACK");
  });

  test("a statement over 16 MB is refused before it is parsed", async () => {
    const client = await sandbox.login();
    expect(await errorOf(client, `SELECT '${"x".repeat(16_777_216)}'`)).toMatch(
      /^42601 Statement is too large. Statement Size: \d+ bytes. Maximum Allowed: 16777216 bytes/,
    );
  });

  test("cancel ends the running statement", async () => {
    const client = await sandbox.login();
    const other = await sandbox.login();
    await faults([{ match: "SELECT 'slow'", delayMs: 60_000, times: 1 }]);
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const running = codeOf(client.query("SELECT 'slow'"));
    await expect
      .poll(async () =>
        ((await sandbox.control("GET", "/statements")) as LoggedStatement[]).some(
          (entry) => entry.sql === "SELECT 'slow'",
        ),
      )
      .toBe(true);
    await expect
      .poll(
        async () =>
          (await other.query(`SELECT pg_cancel_backend(${rows[0]?.pid}) AS sent`)).rowCount,
      )
      .toBe(1);
    expect(await running).toBe("57014");
  });

  test("a reader that is slow holds the server back and still gets every row", async () => {
    const client = await sandbox.login();
    await client.query("CREATE TABLE wide (a int, b varchar(1000))");
    await client.query(`INSERT INTO wide SELECT 1, REPEAT('x', 1000)`);
    for (let doubling = 0; doubling < 14; doubling++)
      await client.query("INSERT INTO wide SELECT a, b FROM wide");
    const { rows } = await client.query<{ b: string }>("SELECT b FROM wide");
    expect(rows.length).toBe(16_384);
    expect(rows.every((row) => row.b.length === 1000)).toBe(true);
  });
});

describe("statement log and faults", () => {
  test("the log shows what ran, who ran it and how it ended", async () => {
    const client = await sandbox.login();
    await sandbox.control("DELETE", "/statements");
    await client.query("SELECT 1 AS logged");
    await client.query("SELECT $1::int AS logged", [2]);
    await errorOf(client, "SELECT nothing FROM nowhere");
    // the client hears of an error before the server is done with the statement
    await vi.waitFor(async () => {
      const log = (await sandbox.control("GET", "/statements")) as LoggedStatement[];
      expect(
        log.map(({ user, database, sql, outcome }) => ({
          user,
          database,
          sql,
          outcome: outcome.slice(0, 5),
        })),
      ).toEqual([
        { user: "admin", database: "dev", sql: "SELECT 1 AS logged", outcome: "ok" },
        { user: "admin", database: "dev", sql: "SELECT $1::int AS logged", outcome: "ok" },
        { user: "admin", database: "dev", sql: "SELECT nothing FROM nowhere", outcome: "42P01" },
      ]);
    });
  });

  test.each([{ values: undefined }, { values: [1] }])(
    "an error on order wears out ($values)",
    async ({ values }) => {
      const client = await sandbox.login();
      await faults([
        {
          match: "SELECT 7",
          times: 1,
          error: {
            code: "XX000",
            message: "1023",
            detail: "Serializable isolation violation on table",
          },
        },
      ]);
      const sql = values ? "SELECT 7 + $1::int" : "SELECT 7";
      expect(await errorOf(client, sql, values)).toBe("XX000 1023");
      expect((await client.query(sql, values)).rowCount).toBe(1);
    },
  );

  test.each([false, true])(
    "dropped before: it never ran; dropped after: it ran and the answer is lost (parameters: %s)",
    async (parameters) => {
      const table = `dropped_${parameters}`;
      const watcher = await sandbox.login();
      await watcher.query(`CREATE TABLE ${table} (a int)`);
      const insert = async (): Promise<string> => {
        const client = await sandbox.login();
        return codeOf(
          parameters
            ? client.query(`INSERT INTO ${table} VALUES ($1)`, [1])
            : client.query(`INSERT INTO ${table} VALUES (1)`),
        );
      };
      await faults([{ match: `/insert into ${table}/i`, drop: "before", times: 1 }]);
      expect(await insert()).toMatch(/terminated/);
      expect((await watcher.query(`SELECT a FROM ${table}`)).rowCount).toBe(0);
      await faults([{ match: `/insert into ${table}/i`, drop: "after", times: 1 }]);
      expect(await insert()).toMatch(/terminated/);
      await expect
        .poll(async () => (await watcher.query(`SELECT a FROM ${table}`)).rowCount)
        .toBe(1);
    },
  );

  test("COMMIT done, answer lost", async () => {
    const client = await sandbox.login();
    const watcher = await sandbox.login();
    await client.query("CREATE TABLE committed (a int)");
    await faults([{ match: "commit", drop: "after", times: 1 }]);
    await client.query("BEGIN");
    await client.query("INSERT INTO committed VALUES (1)");
    expect(await codeOf(client.query("COMMIT"))).toMatch(/terminated/);
    await expect
      .poll(async () => (await watcher.query("SELECT a FROM committed")).rowCount)
      .toBe(1);
  });

  test("a delay counts against statement_timeout", async () => {
    const client = await sandbox.login();
    await faults([{ match: "SELECT 8", delayMs: 30_000 }]);
    await client.query("SET statement_timeout TO 200");
    expect(await errorOf(client, "SELECT 8")).toMatch(/^57014/);
  });

  test("a rule that makes no sense is refused", async () => {
    await expect(faults([{ match: "x", drop: "sideways" }])).rejects.toThrow(/drop/);
    await expect(faults([{ match: "/(/" }])).rejects.toThrow(/regular expression/);
  });
});

describe("transactions", () => {
  test("TRUNCATE commits what is open, in either protocol", async () => {
    const client = await sandbox.login();
    await client.query("CREATE TABLE cut (a int); CREATE TABLE kept (a int)");
    await client.query("BEGIN");
    await client.query("INSERT INTO kept VALUES (1)");
    await client.query("TRUNCATE cut");
    await client.query("ROLLBACK");
    await client.query("BEGIN");
    await client.query("INSERT INTO kept VALUES ($1)", [2]);
    await client.query({ text: "TRUNCATE cut", name: "truncate-it" });
    await client.query("ROLLBACK");
    expect((await client.query("SELECT a FROM kept ORDER BY a")).rows).toEqual([
      { a: 1 },
      { a: 2 },
    ]);
  });

  test("no savepoints, no VACUUM or ALTER TABLE APPEND in a transaction", async () => {
    const client = await sandbox.login();
    await client.query("CREATE TABLE outside (a int); CREATE TABLE outside2 (a int)");
    for (const sql of [
      "SAVEPOINT s",
      "VACUUM outside",
      "ALTER TABLE outside APPEND FROM outside2",
    ]) {
      await client.query("BEGIN");
      expect(await errorOf(client, sql)).toMatch(/^(0A000|25001)/);
      await client.query("ROLLBACK");
    }
  });
});
