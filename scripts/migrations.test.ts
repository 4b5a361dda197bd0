// Migrations that were cut off: PostgreSQL has applied the SQL or none of it, whatever Prisma's table says.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { applyMigrations } from "@/prisma/migrate";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "./embedded-postgres";
import { root } from "./ready.mjs";
import { freePort, temporaryDir } from "./services";

const { dir, remove } = temporaryDir("tidegate-migrations-");
let server: EmbeddedPostgres;

beforeAll(async () => {
  server = await startEmbeddedPostgres({
    dataDir: join(dir, "postgres"),
    port: await freePort(),
    password: randomBytes(9).toString("hex"),
    settings: { fsync: "off" },
  });
});
afterAll(async () => {
  await server.stop();
  remove();
});

let made = 0;
const freshUrl = () => server.url(`migrations_${++made}`);

async function query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}
const openOnes = (url: string) =>
  query(
    url,
    "SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL",
  );

/** As far as the migration that adds two columns: the ones after it are another matter. */
const LAST = "20261128041251_unload-bucket";
const UP_TO = { upTo: readdirSync(join(root, "prisma/migrations")).sort().indexOf(LAST) + 1 };

/** As a start leaves it that was killed before it could say that the last one is applied. */
const forgetTheEnd = (url: string) =>
  query(
    url,
    `UPDATE _prisma_migrations SET finished_at = NULL, applied_steps_count = 0
      WHERE migration_name = (SELECT max(migration_name) FROM _prisma_migrations)`,
  );

test("a migration that was applied, and one that was not, are both found out and the start goes on", async () => {
  const url = freshUrl();
  const all = await applyMigrations(url, UP_TO);
  expect(all.length).toBeGreaterThan(10);
  await forgetTheEnd(url);
  expect(await applyMigrations(url, UP_TO)).toEqual([]);
  expect(await openOnes(url)).toEqual([]);

  await forgetTheEnd(url);
  await query(url, `ALTER TABLE "source" DROP COLUMN "unload", DROP COLUMN "sealed_unload"`);
  expect(await applyMigrations(url, UP_TO)).toEqual(all.slice(-1));
  expect(await openOnes(url)).toEqual([]);
});

test("that a migration is applied is written in its own transaction", async () => {
  const url = freshUrl();
  const all = await applyMigrations(url, UP_TO);
  await forgetTheEnd(url);
  await query(url, `ALTER TABLE "source" DROP COLUMN "unload", DROP COLUMN "sealed_unload"`);
  // in the transaction of the ALTER TABLE there is one that ends a migration; Prisma's own update comes after it
  await query(
    url,
    `CREATE TABLE ends (name text, by_transaction xid8 DEFAULT pg_current_xact_id(), columns bigint DEFAULT 0);
     CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO ends VALUES (NEW.migration_name, DEFAULT, (SELECT count(*) FROM pg_attribute
         WHERE attname IN ('unload', 'sealed_unload') AND xmin = pg_current_xact_id()::xid));
       RETURN NEW; END $$;
     CREATE TRIGGER note AFTER UPDATE ON _prisma_migrations FOR EACH ROW
       WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL) EXECUTE FUNCTION note();`,
  );
  await applyMigrations(url, UP_TO);
  expect(await query(url, "SELECT name, columns::int FROM ends")).toEqual([
    { name: all.at(-1), columns: 2 },
  ]);
});

test("one that is there by half was changed by hand: the start says so, with the remedy", async () => {
  const url = freshUrl();
  await applyMigrations(url, UP_TO);
  await forgetTheEnd(url);
  await query(url, `ALTER TABLE "source" DROP COLUMN "unload"`);
  await expect(applyMigrations(url, UP_TO)).rejects.toThrow(
    /only 1 of the 2 things.*Restore the database/,
  );
});

test("a first start that is killed in any of its migrations is continued by the next", async () => {
  const url = freshUrl();
  for (const ms of [150, 250, 350, 450, 600, 800]) {
    const start = spawn(
      process.execPath,
      [
        "--import",
        "tsx",
        "-e",
        'import("./prisma/migrate.ts").then((m) => m.applyMigrations(process.env.TRY_URL))',
      ],
      { cwd: root, env: { ...process.env, TRY_URL: url }, stdio: "ignore" },
    );
    const ended = once(start, "exit");
    const killed = setTimeout(() => start.kill("SIGKILL"), ms);
    await ended;
    clearTimeout(killed);
  }
  await applyMigrations(url);
  expect(await openOnes(url)).toEqual([]);
  expect(await applyMigrations(url)).toEqual([]);
});

test("what somebody else holds is waited for and then said; once it is free the next start goes on", async () => {
  const url = freshUrl();
  const all = await applyMigrations(url, { upTo: 3 });
  expect(all).toHaveLength(3);
  const other = new pg.Client({ connectionString: url });
  other.on("error", () => undefined);
  await other.connect();
  await other.query(`BEGIN; LOCK TABLE "source" IN ACCESS EXCLUSIVE MODE`);
  await expect(applyMigrations(url, { lockSeconds: 1 })).rejects.toThrow(
    /20261121010000_modes was not made: .*lock timeout.*Something else uses its tables/,
  );
  await other.query("ROLLBACK; SELECT pg_advisory_lock(7243391005)");
  await expect(applyMigrations(url, { lockSeconds: 1 })).rejects.toThrow(
    "another start is changing its tables",
  );
  await other.end();
  expect((await applyMigrations(url)).length).toBeGreaterThan(5);
  expect(await openOnes(url)).toEqual([]);
});

test("two starts at once: one migrates, the other waits and finds nothing to do", async () => {
  const url = freshUrl();
  const [one, other] = await Promise.all([applyMigrations(url), applyMigrations(url)]);
  expect([one?.length, other?.length].sort()).toEqual([0, expect.any(Number)]);
});
