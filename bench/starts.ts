// What a start makes of one that was killed: SIGKILL at random moments of a first start, an upgrade and a stop, and of the
// moment in which programs are started. START_KILLS and ORPHAN_KILLS say how many.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { resetDatabase } from "@/prisma/migrate";
import { startEmbeddedPostgres } from "@/scripts/embedded-postgres";
import { endedWithin, processAt, processesIn, type Process } from "@/scripts/processes";
import { root } from "@/scripts/ready.mjs";
import { freePort, temporaryDir } from "@/scripts/services";
import type { Goal, Outcome } from "./main";

const KILLS = Number(process.env.START_KILLS ?? 200);
const ORPHAN_KILLS = Number(process.env.ORPHAN_KILLS ?? 50);
const UP_MS = 60_000;
const END_MS = 20_000;
/** A start takes about so long on two cores; a kill is at a random moment of it. */
const START_MS = 6_000;
const STOP_MS = 1_500;
/** The last migrations that an upgrade has to apply. */
const OLD_VERSION = 3;

type Started = { up: ChildProcess; output: () => string; ended: Promise<unknown> };

function startUp(dataDir: string): Started {
  const up = spawn(process.execPath, ["--import", "tsx", "scripts/up.ts"], {
    cwd: root,
    env: {
      ...process.env,
      DATA_DIR: dataDir,
      PORT: "0",
      SANDBOX: "off",
      DATABASE_URL: "",
      ENCRYPTION_KEY: "",
      BASE_URL: "",
      NODE_ENV: "development",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [up.stdout, up.stderr])
    stream.on("data", (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-8_000);
    });
  return { up, output: () => text, ended: once(up, "exit") };
}

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
const randomUpTo = (ms: number) => Math.floor(Math.random() * ms);

/** Milliseconds until it is up; undefined where it ends before, or takes longer than a minute. */
async function timeUntilUp({ up, output }: Started): Promise<number | undefined> {
  const begun = Date.now();
  while (Date.now() - begun < UP_MS) {
    if (output().includes("Tidegate is up")) return Date.now() - begun;
    if (up.exitCode !== null || up.signalCode !== null) return undefined;
    await wait(20);
  }
  return undefined;
}

async function stop({ up, ended }: Started): Promise<void> {
  up.kill("SIGTERM");
  const late = setTimeout(() => up.kill("SIGKILL"), END_MS);
  await ended;
  clearTimeout(late);
}

const childrenOf = (pid: number): number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
      .trim()
      .split(" ")
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
};
/** The web server and the worker of a supervisor. */
const programsOf = (pid: number): Process[] =>
  childrenOf(pid).flatMap((child) => {
    const found = processAt(child);
    return found && /web\.mjs|worker/.test(found.commandLine) ? [found] : [];
  });

/** A program of PostgreSQL's account that has nothing to do with it; its number is written where a killed server's stood. */
async function unrelatedTo(dataDir: string): Promise<{ found: Process; end(): void }> {
  const { uid, gid } = statSync(dataDir);
  const child = spawn("sleep", ["86400"], { cwd: "/", uid, gid, stdio: "ignore" });
  await once(child, "spawn");
  const found = processAt(child.pid ?? 0);
  if (!found) throw new Error("sleep did not start");
  return { found, end: () => void child.kill("SIGKILL") };
}

/** The database as an older version left it. */
async function makeOld(dataDir: string): Promise<void> {
  const server = await startEmbeddedPostgres({
    dataDir: join(dataDir, "postgres"),
    port: await freePort(),
    password: readFileSync(join(dataDir, "postgres-password"), "utf8").trim(),
  });
  await resetDatabase(server.url("tidegate"), OLD_VERSION);
  await server.stop();
}

type Round = { what: string; killedAt: number; upAfter: number | undefined; said: string };

/** One kill, and the start after it. */
async function round(what: string, dataDir: string): Promise<Round> {
  if (what === "upgrade") await makeOld(dataDir);
  const killed = startUp(dataDir);
  if (what === "stop") {
    await timeUntilUp(killed);
    killed.up.kill("SIGTERM");
  }
  const killedAt = randomUpTo(what === "stop" ? STOP_MS : START_MS);
  await Promise.race([killed.ended, wait(killedAt)]);
  killed.up.kill("SIGKILL");
  await killed.ended;
  const next = startUp(dataDir);
  const upAfter = await timeUntilUp(next);
  await stop(next);
  return { what, killedAt, upAfter, said: upAfter === undefined ? next.output() : "" };
}

/** Kills a supervisor within 0.3 s of the moment in which web server or worker was spawned; how many live on. */
async function orphansOf(dataDir: string): Promise<{ programs: number; left: number }> {
  const started = startUp(dataDir);
  const pid = started.up.pid ?? 0;
  while (programsOf(pid).length === 0 && started.up.exitCode === null) await wait(2);
  await wait(randomUpTo(300));
  const programs = programsOf(pid);
  started.up.kill("SIGKILL");
  await started.ended;
  const isGone = await Promise.all(programs.map((program) => endedWithin(program, END_MS)));
  return { programs: programs.length, left: isGone.filter((gone) => !gone).length };
}

export async function starts(): Promise<Outcome> {
  const { dir, remove } = temporaryDir("tidegate-starts-");
  const rounds: Round[] = [];
  const kept = join(dir, "kept");
  mkdirSync(kept, { mode: 0o755 });
  const first = startUp(kept);
  if ((await timeUntilUp(first)) === undefined) throw new Error(first.output());
  await stop(first);
  const postgres = join(kept, "postgres");
  const bystander = await unrelatedTo(existsSync(postgres) ? postgres : dir);

  for (let n = 0; n < KILLS; n++) {
    const what = ["first start", "upgrade", "stop"][n % 3] ?? "";
    const dataDir = what === "first start" ? join(dir, `first-${n}`) : kept;
    mkdirSync(dataDir, { recursive: true, mode: 0o755 });
    // every fourth time the numbers of what was killed belong to somebody else by then
    if (n % 4 === 0 && existsSync(postgres)) {
      writeFileSync(
        join(postgres, "postmaster.pid"),
        [bystander.found.pid, postgres, Math.round(bystander.found.startedAt / 1000)].join("\n"),
      );
      writeFileSync(join(kept, "running.pid"), String(bystander.found.pid));
    }
    const done = await round(what, dataDir);
    rounds.push(done);
    console.error(
      `${n + 1}/${KILLS} ${what}, killed after ${done.killedAt} ms: up after ${done.upAfter ?? "never"} ms ${done.said}`,
    );
  }

  const orphans: { programs: number; left: number }[] = [];
  for (let n = 0; n < ORPHAN_KILLS; n++) orphans.push(await orphansOf(kept));
  const last = startUp(kept);
  const lastUp = await timeUntilUp(last);
  await stop(last);

  const isUntouched = processAt(bystander.found.pid)?.started === bystander.found.started;
  bystander.end();
  const left = existsSync(postgres) ? processesIn(postgres, "postgres").length : 0;
  remove();
  const times = [...rounds.map(({ upAfter }) => upAfter), lastUp].map((ms) => ms ?? Infinity);
  const atMost = (id: string, what: string, goal: number, measured: number): Goal => ({
    id,
    what,
    goal,
    measured,
    met: measured <= goal,
  });
  return {
    goals: [
      atMost(
        "K1",
        `of ${rounds.length} kills of first starts, upgrades and stops: next starts that did not come up by themselves`,
        0,
        rounds.filter(({ upAfter }) => upAfter === undefined).length,
      ),
      atMost("K2", "slowest start after a kill, in seconds", 60, Math.max(...times) / 1000),
      atMost(
        "K3",
        `of ${orphans.length} kills within 0.3 s of a spawn: those after which a program lived on`,
        0,
        orphans.filter((kill) => kill.left > 0).length,
      ),
      atMost("K4", "unrelated programs that were ended", 0, isUntouched ? 0 : 1),
      atMost("K5", "database servers that were left at the end", 0, left),
    ],
    details: {
      killed: Object.fromEntries(
        ["first start", "upgrade", "stop"].map((what) => [
          what,
          rounds.filter((each) => each.what === what).length,
        ]),
      ),
      programsSpawnedAndKilled: orphans.reduce((sum, { programs }) => sum + programs, 0),
      failed: rounds.filter(({ upAfter }) => upAfter === undefined),
      secondsToComeUp: {
        median: (times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0) / 1000,
      },
    },
  };
}
