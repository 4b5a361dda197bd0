// Runs everything: embedded PostgreSQL, migrations, sandbox, web server, worker. `npm start` comes here.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { hasOwner } from "@/lib/account/data";
import { issueSetupToken } from "@/lib/account/mutations";
import { paths } from "@/lib/paths";
import { parseEnv, SettingsError } from "@/lib/platform/env";
import { messageOf } from "@/lib/platform/errors";
import { startChild, type Child } from "./children";
import { say } from "./lines.mjs";
import { written } from "./processes";
import { groupProgram, root, workerFlags, workerProgram, workerSource } from "./ready.mjs";
import {
  lockDataDir,
  openDatabase,
  openDataDir,
  Plain,
  sandboxNetworks,
  startSandbox,
  webPort,
  writePrivate,
  type Database,
} from "./services";
import { stopWithParent } from "./with-parent.mjs";

const MINUTE_MS = 60_000;
const DEATHS_A_MINUTE = 5;
/** How long the web server may take from listening to its first good answer. */
const HEALTHY_MS = 60_000;

const dev = process.argv.includes("--dev");
const children: Child[] = [];
let database: Database | undefined;
let release: (() => void) | undefined;
let ending: Promise<void> | undefined;

/** Stops what was started, last first, then ends. Called twice it ends once. */
function end(code: number, sentence?: string): Promise<void> {
  return (ending ??= (async () => {
    if (sentence) say(`\n${sentence}\n`, "error");
    for (const child of children.reverse()) await child.stop();
    await database?.stop();
    release?.();
    process.exit(code);
  })());
}

async function up(): Promise<void> {
  if (existsSync(join(root, ".env"))) process.loadEnvFile(join(root, ".env"));
  const env = parseEnv(process.env);
  const dataDir = openDataDir(env.DATA_DIR);
  release = lockDataDir(dataDir);
  const port = await webPort(env.PORT);
  const web = env.BASE_URL ?? `http://localhost:${port}`;
  const onFailure = (sentence: string) => void end(1, sentence);

  say("Starting the database …");
  database = await openDatabase(env, dataDir);
  keepDatabase(database, onFailure);
  process.env.DATABASE_URL = database.url;
  Object.assign(process.env, database.keys);

  const withSandbox = (env.SANDBOX ?? (env.NODE_ENV === "production" ? "off" : "on")) === "on";
  let sandbox: Record<string, unknown> | null = null;
  const networks = [process.env.NETWORK_ALLOW ?? ""].filter(Boolean);
  if (withSandbox) {
    say("Starting the sandbox (a Redshift, an S3 and an event receiver of your own) …");
    const started = await startSandbox({
      dir: join(dataDir, "sandbox"),
      ports: process.env.SANDBOX_PORTS === "free" ? "free" : "stable",
      demo: process.env.SANDBOX_DEMO !== "0",
      onFailure,
      show: true,
    });
    children.push(started.child);
    sandbox = started.endpoints;
    networks.push(...sandboxNetworks(started.endpoints));
  }

  say("Starting the web server and the worker …");
  const shared = {
    DATABASE_URL: database.url,
    ...database.keys,
    PORT: String(port),
    BIND_HOST: env.BIND_HOST,
    BASE_URL: web,
    NETWORK_ALLOW: networks.join(","),
    NODE_ENV: dev ? "development" : "production",
    NEXT_TELEMETRY_DISABLED: "1",
  };
  const isUp = (line: string) => line.includes(" ready on ") || line.includes("worker ready");
  const startWorker = () =>
    startChild({
      name: "worker",
      // Node's watcher would outlive us, and start the worker again
      args: dev
        ? [
            groupProgram,
            process.execPath,
            ...workerFlags,
            "--import",
            "tsx",
            "--watch",
            workerSource,
          ]
        : [...workerFlags, workerProgram],
      env: shared,
      ready: isUp,
      show: () => true,
      onFailure: workerEnded,
    });
  /** A worker that dies is replaced: its runs go on under the next one. */
  const workerEnded = restarting("worker", () => startWorker().then(keepWorker), onFailure);
  let worker: Child | undefined;
  const keepWorker = ({ child }: { child: Child }) => {
    worker = child;
    writePrivate(join(dataDir, "worker.pid"), written(child.pid));
    if (ending) void child.stop();
  };
  children.push({ name: "worker", pid: 0, stop: async () => worker?.stop() });
  const [webChild] = await Promise.all([
    startChild({
      name: "web server",
      args: ["scripts/web.mjs", ...(dev ? ["--dev"] : [])],
      env: shared,
      ready: isUp,
      show: () => true,
      onFailure,
    }),
    startWorker().then(keepWorker),
  ]);
  children.push(webChild.child);

  await healthy(env.BIND_HOST, port);
  const token = await issueSetupToken();
  const setupUrl = token ? web + paths.setup(token) : null;
  writePrivate(
    join(dataDir, "endpoints.json"),
    `${JSON.stringify({ web, setupUrl, ...(database.restart && { database: database.url }), ...(sandbox && { sandbox }) }, null, 2)}\n`,
  );

  if (ending) return;
  say(`\nTidegate is up: ${web}`);
  if (setupUrl) say(`Create the owner account: ${setupUrl}`);
  else if (await hasOwner()) say("Sign in with your account.");
  say("Ctrl-C stops everything.\n");
}

/**
 * What is done when a program ends by itself: it is started again, unless it keeps ending. A `start` that fails stops all.
 */
function restarting(
  name: string,
  start: () => Promise<void>,
  onFailure: (sentence: string) => void,
): (sentence: string) => void {
  const deaths: number[] = [];
  return (sentence) => {
    if (ending) return;
    deaths.push(Date.now());
    const lately = deaths.filter((at) => at > Date.now() - MINUTE_MS).length;
    if (lately > DEATHS_A_MINUTE)
      return onFailure(
        `${sentence}\nThe ${name} has ended ${lately} times within a minute, so Tidegate stops.`,
      );
    say(`${sentence}\nStarting the ${name} again …`, "warn");
    start().catch((error: unknown) => onFailure(messageOf(error)));
  };
}

/** The embedded PostgreSQL is started again where it ends: everybody who uses it connects anew. */
function keepDatabase({ onExit, restart }: Database, onFailure: (sentence: string) => void): void {
  if (restart) onExit?.(restarting("database", restart, onFailure));
}

/** Waits until the web server says that it works. */
async function healthy(bindHost: string, port: number): Promise<void> {
  const host = { "0.0.0.0": "127.0.0.1", "::": "::1" }[bindHost] ?? bindHost;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}/api/health`;
  let answer = "";
  for (const until = Date.now() + HEALTHY_MS; Date.now() < until && !ending;) {
    try {
      const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      if (ok) return;
      answer = `status ${status}`;
    } catch (error) {
      answer = messageOf(error);
    }
    await new Promise((wait) => setTimeout(wait, 100));
  }
  if (!ending)
    throw new Plain(
      `The web server listens, but ${url} says that something is wrong (${answer}). Its log is above.`,
    );
}

process.on("SIGINT", () => void end(0));
process.on("SIGTERM", () => void end(0));
process.on("SIGHUP", () => void end(0));
stopWithParent(() => void end(0));
up().catch((error: unknown) =>
  end(
    1,
    error instanceof Plain || error instanceof SettingsError
      ? error.message
      : `Tidegate could not start: ${messageOf(error)}`,
  ),
);
