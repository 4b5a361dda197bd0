// What an embedded PostgreSQL finds when it starts: a server or a start that was killed, and what belongs to others.
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmbeddedPostgres } from "./embedded-postgres";
import { endedWithin, processAt, signal, type Process } from "./processes";
import { root } from "./ready.mjs";
import { freePort, temporaryDir } from "./services";

const { dir, remove } = temporaryDir("tidegate-postgres-");
const dataDir = join(dir, "postgres");
const password = randomBytes(9).toString("hex");
const settings = { fsync: "off" };
const start = async (folder = dataDir) =>
  startEmbeddedPostgres({ dataDir: folder, port: await freePort(), password, settings });
const postmasterFile = join(dataDir, "postmaster.pid");
const postmaster = (): Process => {
  const found = processAt(Number.parseInt(readFileSync(postmasterFile, "utf8"), 10));
  if (!found) throw new Error("no server runs");
  return found;
};
const others: ChildProcess[] = [];

beforeAll(async () => {
  const server = await start();
  await run(server.url(), "CREATE TABLE kept (n int)");
  await run(server.url(), "INSERT INTO kept VALUES (42)");
  await server.stop();
});
afterAll(() => {
  for (const other of others) other.kill("SIGKILL");
  remove();
});

async function run(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Starts on what is there, finds what was kept, and stops. */
async function startsAndKeeps(): Promise<void> {
  const server = await start();
  expect(await run(server.url(), "SELECT n FROM kept")).toEqual([{ n: 42 }]);
  await server.stop();
}

/** A program of the account that PostgreSQL runs as, which has nothing to do with it. */
async function unrelated(): Promise<Process> {
  const { uid, gid } = statSync(dataDir);
  const child = spawn("sleep", ["600"], { cwd: "/", uid, gid, stdio: "ignore" });
  others.push(child);
  await once(child, "spawn");
  const found = processAt(child.pid ?? 0);
  if (!found) throw new Error("it did not start");
  return found;
}

test("a postmaster.pid whose number belongs to another program by now: it starts, and the other lives on", async () => {
  const other = await unrelated();
  for (const started of [Math.round(other.startedAt / 1000), 1]) {
    writeFileSync(postmasterFile, [other.pid, dataDir, started, 5432, "", "127.0.0.1"].join("\n"));
    await startsAndKeeps();
    expect(processAt(other.pid)?.started).toBe(other.started);
  }
});

test("another folder's server is not stopped, whatever postmaster.pid says", async () => {
  const elsewhere = join(dir, "elsewhere");
  const server = await start(elsewhere);
  writeFileSync(
    postmasterFile,
    readFileSync(join(elsewhere, "postmaster.pid"), "utf8").replace(elsewhere, dataDir),
  );
  await startsAndKeeps();
  expect(await run(server.url(), "SELECT 1 AS n")).toEqual([{ n: 1 }]);
  await server.stop();
});

test("a server that its parent left behind is stopped, and its data kept", async () => {
  const left = await start();
  const found = postmaster();
  await startsAndKeeps();
  expect(await endedWithin(found, 0)).toBe(true);
  await left.stop();
});

test("a server that was killed while it worked is started again at once", async () => {
  const killed = await start();
  const client = new pg.Client({ connectionString: killed.url() });
  client.on("error", () => undefined);
  await client.connect();
  const busy = client
    .query("SELECT count(*) FROM generate_series(1, 1000000000)")
    .catch(() => undefined);
  signal(postmaster(), "SIGKILL");
  await startsAndKeeps();
  await busy;
  await client.end().catch(() => undefined);
});

test("a folder that holds something else is left as it is, and the start says what to do", async () => {
  const folder = join(dir, "somebody's");
  mkdirSync(join(folder, "base"), { recursive: true });
  writeFileSync(join(folder, "letter"), "mine");
  await expect(start(folder)).rejects.toThrow(/not empty.*Nothing in it was touched.*DATA_DIR/);
  expect(readFileSync(join(folder, "letter"), "utf8")).toBe("mine");
});

test("a password that was lost is said at once, and the server is not left behind", async () => {
  const port = await freePort();
  const lost = startEmbeddedPostgres({ dataDir, port, password: "another", settings });
  await expect(lost).rejects.toThrow(/does not accept the password.*postgres-password/);
  await startsAndKeeps();
});

test("an empty folder is used", async () => {
  const folder = join(dir, "empty");
  mkdirSync(folder);
  const server = await start(folder);
  await server.stop();
});

test("a first start that is killed at any moment leaves a whole folder or none, and the next one starts", async () => {
  const folder = join(dir, "first", "postgres");
  const script = `import("./scripts/embedded-postgres.ts").then((m) => m.startEmbeddedPostgres(${JSON.stringify({ dataDir: folder, port: await freePort(), password, settings })}))`;
  for (const ms of [300, 500, 700, 900, 1200, 1600]) {
    const first = spawn(process.execPath, ["--import", "tsx", "-e", script], {
      cwd: root,
      stdio: "ignore",
    });
    const ended = once(first, "exit");
    const kill = setTimeout(() => first.kill("SIGKILL"), ms);
    await ended;
    clearTimeout(kill);
    expect(!existsSync(folder) || existsSync(join(folder, "PG_VERSION"))).toBe(true);
  }
  const server = await start(folder);
  expect(await run(server.url(), "SELECT 1 AS n")).toEqual([{ n: 1 }]);
  await server.stop();
  // what an initdb that outlived its parent still wrote goes with the next start
  expect(readdirSync(join(dir, "first")).filter((name) => name.endsWith(".password"))).toEqual([]);
});

test.skipIf(!existsSync("/proc/self/stat"))(
  "PostgreSQL gets nothing of the environment but what it needs",
  async () => {
    process.env.AWS_SECRET_ACCESS_KEY = "none-of-its-business";
    const server = await start();
    const environment = readFileSync(`/proc/${postmaster().pid}/environ`, "utf8");
    await server.stop();
    delete process.env.AWS_SECRET_ACCESS_KEY;
    expect(environment).not.toContain("none-of-its-business");
    expect(environment).not.toMatch(/DATABASE_URL|ENCRYPTION_KEY|OIDC_|NETWORK_ALLOW/);
  },
);
