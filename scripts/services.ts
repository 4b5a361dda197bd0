// What `npm start`, `npm run dev` and the tests share: the data folder, the embedded PostgreSQL, the key, the sandbox.
import { randomBytes } from "node:crypto";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Env } from "@/lib/platform/env";
import { messageOf } from "@/lib/platform/errors";
import { applyMigrations } from "@/prisma/migrate";
import { startChild, type Child } from "./children";
import { startEmbeddedPostgres } from "./embedded-postgres";
import { written, writtenProcess, type Process } from "./processes";

/** A failure that is told in one sentence, without a stack. */
export class Plain extends Error {}

export function openDataDir(path: string): string {
  const dir = resolve(path);
  try {
    // 0755: the account that PostgreSQL runs as (when we are root) must walk through; what is secret inside is 0600
    mkdirSync(dir, { recursive: true, mode: 0o755 });
    accessSync(dir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Plain(
      `Tidegate can't write to its data folder ${dir} (${(error as NodeJS.ErrnoException).code ?? String(error)}). Choose another with DATA_DIR, or change its owner.`,
    );
  }
  return dir;
}

/** One Tidegate a data folder: a second one would stop the first one's database. Returns the release. */
export function lockDataDir(dir: string): () => void {
  const file = pidFile(dir);
  const half = `${file}.${process.pid}`;
  const text = written(process.pid);
  writeFileSync(half, text);
  try {
    for (;;) {
      const found = runningIn(dir);
      if (found)
        throw new Plain(
          `Tidegate is running here already (process ${found.pid}, data folder ${dir}). Stop it first, or choose another folder with DATA_DIR.`,
        );
      dropStale(file, half);
      try {
        linkSync(half, file); // of two at the same moment one makes it
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
  } finally {
    rmSync(half, { force: true });
  }
  return () => {
    if (existsSync(file) && readFileSync(file, "utf8") === text) rmSync(file, { force: true });
  };
}

/** Takes away what a killed one left; what somebody else wrote in the same moment is put back. */
function dropStale(file: string, half: string): void {
  if (!existsSync(file)) return;
  const aside = `${half}.stale`;
  try {
    renameSync(file, aside);
    if (writtenProcess(readFileSync(aside, "utf8"))) linkSync(aside, file);
  } catch (error) {
    if (!["ENOENT", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

const pidFile = (dir: string) => join(dir, "running.pid");

/** The Tidegate that runs in this folder: the very process that wrote running.pid, not one that has its number by now. */
export function runningIn(dir: string): Process | undefined {
  if (!existsSync(pidFile(dir))) return undefined;
  const found = writtenProcess(readFileSync(pidFile(dir), "utf8"));
  return found?.pid === process.pid ? undefined : found;
}

/** A file only its owner may read, written whole or not at all. */
export function writePrivate(path: string, text: string): void {
  const half = `${path}.${process.pid}`;
  writeFileSync(half, text, { mode: 0o600 });
  renameSync(half, path);
}

/**
 * A folder for a test's services. 0755, since as root PostgreSQL runs under another account that must walk in: else
 * its data would go to /var/lib/tidegate and stay there.
 */
export function temporaryDir(prefix: string): { dir: string; remove(): void } {
  const dir = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(dir, 0o755);
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

function keptSecret(path: string, make: () => string): string {
  if (!existsSync(path)) writePrivate(path, make());
  return readFileSync(path, "utf8").trim();
}

export const freePort = (wanted = 0): Promise<number> =>
  new Promise((done, fail) => {
    const probe = net.createServer();
    probe.once("error", fail);
    probe.listen(wanted, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => done(typeof address === "object" && address ? address.port : wanted));
    });
  });

/** The web's port: the one asked for, or any free one for 0. */
export async function webPort(wanted: number): Promise<number> {
  try {
    return await freePort(wanted);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE")
      throw new Plain(
        `Port ${wanted} is taken by another program. Stop it, or choose another port: PORT=${wanted + 1} npm start`,
      );
    throw new Plain(
      `Tidegate can't listen on port ${wanted} (${(error as NodeJS.ErrnoException).code ?? String(error)}). Choose another port with PORT.`,
    );
  }
}

/** `keys` are the settings of lib/platform/key-ring.ts. */
export type Database = {
  url: string;
  keys: { ENCRYPTION_KEY: string } | { ENCRYPTION_KEY_FILE: string };
  stop(): Promise<void>;
  /** Where Tidegate runs its own: called with a sentence when it ends without `stop`. */
  onExit?(callback: (sentence: string) => void): void;
  /** Starts it anew on the same port, with the same data, after it ended. */
  restart?(): Promise<void>;
};

function keysOf({ ENCRYPTION_KEY: keys, ENCRYPTION_KEY_FILE: file }: Env) {
  if (keys) return { ENCRYPTION_KEY: keys.join(",") };
  return file ? { ENCRYPTION_KEY_FILE: resolve(file) } : null;
}

/** The embedded default makes its own key, in a file: so it can be rotated while all runs. */
function embeddedKeys(env: Env, dataDir: string): Database["keys"] {
  const set = keysOf(env);
  if (set) return set;
  const file = resolve(dataDir, "encryption-key");
  keptSecret(file, () => randomBytes(32).toString("base64"));
  return { ENCRYPTION_KEY_FILE: file };
}

/** The config database, migrated: the embedded one with a key of its own making, or the one that DATABASE_URL names. */
export async function openDatabase(env: Env, dataDir: string): Promise<Database> {
  if (env.DATABASE_URL) {
    const keys = keysOf(env);
    if (!keys)
      throw new Plain(
        "DATABASE_URL names a database of your own, so ENCRYPTION_KEY must be set too: 32 random bytes in base64 (openssl rand -base64 32 prints one). Keep it safe: without it no saved secret can be read.",
      );
    try {
      await applyMigrations(env.DATABASE_URL);
    } catch (error) {
      throw new Plain(
        `The database that DATABASE_URL names can't be used (${messageOf(error)}). Start it, or correct DATABASE_URL.`,
      );
    }
    return { url: env.DATABASE_URL, keys, stop: async () => undefined };
  }
  const password = keptSecret(join(dataDir, "postgres-password"), () =>
    randomBytes(18).toString("base64url"),
  );
  const keys = embeddedKeys(env, dataDir);
  const options = { dataDir: join(dataDir, "postgres"), port: await freePort(), password };
  let embedded = await startEmbeddedPostgres(options);
  let onExit: (sentence: string) => void = () => undefined;
  const watch = () => embedded.onExit((sentence) => onExit(sentence));
  watch();
  try {
    const url = embedded.url("tidegate");
    await applyMigrations(url);
    return {
      url,
      keys,
      stop: () => embedded.stop(),
      onExit: (callback) => {
        onExit = callback;
      },
      restart: async () => {
        embedded = await startEmbeddedPostgres(options);
        watch();
      },
    };
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

/** The embedded database of the Tidegate that runs in this data folder. Undefined where none does, or the database is one's own. */
export function runningDatabase(env: Env, dataDir: string): Database | undefined {
  if (env.DATABASE_URL || runningIn(dataDir) === undefined) return undefined;
  const { database: url } = JSON.parse(readFileSync(join(dataDir, "endpoints.json"), "utf8")) as {
    database: string;
  };
  return { url, keys: embeddedKeys(env, dataDir), stop: async () => undefined };
}

const READY = "sandbox ready ";
/** What the sandbox gets of the environment: it is a stand-in, and has no business with keys, AWS or the database. */
const sandboxNeeds = [
  "PATH",
  "HOME",
  "TMPDIR",
  "TEMP",
  "TMP",
  "TZ",
  "SystemRoot",
  "NODE_ENV",
  "NODE_OPTIONS",
  "LOG_LEVEL",
  "SANDBOX_MODE",
];

/** The sandbox; its endpoints are what it prints. */
export async function startSandbox(options: {
  dir: string;
  ports: "stable" | "free";
  demo: boolean;
  onFailure: (sentence: string) => void;
  show?: boolean;
}): Promise<{ child: Child; endpoints: Record<string, unknown> }> {
  const { child, line } = await startChild({
    name: "sandbox",
    args: ["--import", "tsx", "sandbox/main.ts"],
    env: {
      SANDBOX_DIR: options.dir,
      SANDBOX_PORTS: options.ports,
      SANDBOX_DEMO: options.demo ? "1" : "0",
      SANDBOX_STOP_WITH_PARENT: "1",
    },
    inherits: sandboxNeeds,
    ready: (text) => text.startsWith(READY),
    show: (text) => options.show === true && !text.startsWith(READY),
    onFailure: options.onFailure,
  });
  return { child, endpoints: JSON.parse(line.slice(READY.length)) as Record<string, unknown> };
}

/** The sandbox's warehouse, bucket and receiver, each by its port: nothing else of this machine, its control API neither. */
export function sandboxNetworks(endpoints: Record<string, unknown>): string[] {
  const { redshift, s3, events } = endpoints as {
    redshift: { port: number };
    s3: { endpoint: string };
    events: { url: string };
  };
  const ports = [
    redshift.port,
    Number(new URL(s3.endpoint).port),
    Number(new URL(events.url).port),
  ];
  return ports.flatMap((port) => [`127.0.0.1:${port}`, `[::1]:${port}`]);
}
