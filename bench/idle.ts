// What an installation costs while nothing is due: one worker, many connections with schedules, and the config database
// counts what it is asked.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { db } from "@/lib/platform/db";
import { newId } from "@/lib/platform/ids";
import { manualSchedule } from "@/lib/schedule/schema";
import { makeDestination, makeMember, makeSource } from "@/prisma/factories/world";
import { applyMigrations } from "@/prisma/migrate";
import { startChild } from "@/scripts/children";
import { startEmbeddedPostgres } from "@/scripts/embedded-postgres";
import { buildWorker, workerFlags, workerProgram } from "@/scripts/ready.mjs";
import { freePort, temporaryDir } from "@/scripts/services";
import { ignored, wait } from "./faults-world";
import type { Goal, Outcome } from "./main";

const CONNECTIONS = 1_000;
const WATCHED_S = Number(process.env.BENCH_SECONDS ?? 60);
/** Until the worker has read every schedule once. */
const SETTLE_MS = 10_000;
const QUERIES_A_SECOND = 3;
const MEMORY_MB = 200;

type Counts = { transactions: number; rollbacks: number; written: number; dead: number };

/** Connections that run once a day, none of which is due while it is watched. */
async function makeConnections(): Promise<void> {
  const { teamId } = await makeMember();
  const destinationId = await makeDestination(teamId);
  const hence = new Date(Date.now() - 3600_000).toISOString().slice(0, 16);
  for (let made = 0; made < CONNECTIONS; made += 1) {
    const schedule = { ...manualSchedule, frequency: "1440" as const, startAt: hence };
    const sourceId = await makeSource(teamId, { schedule });
    await db().source.update({
      where: { id: sourceId },
      data: { nextCheckAt: new Date(Date.now() + 24 * 3600_000) },
    });
    await db().connection.create({ data: { id: newId(), teamId, sourceId, destinationId } });
  }
}

async function countsNow(): Promise<Counts> {
  // what a session has done is counted when it has been idle for a moment
  await wait(1_500);
  const [row] = await db().$queryRaw<Counts[]>`
    SELECT (xact_commit + xact_rollback)::int AS transactions, xact_rollback::int AS rollbacks,
      (SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::int FROM pg_stat_user_tables) AS written,
      (SELECT sum(n_dead_tup)::int FROM pg_stat_user_tables) AS dead
    FROM pg_stat_database WHERE datname = current_database()`;
  if (!row) throw new Error("The database counted nothing.");
  return row;
}

const rssMb = (pid: number): number =>
  Math.round(
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024,
  );

/** A thousand connections, and nothing to do. */
export async function idle(): Promise<Outcome> {
  const { dir, remove } = temporaryDir("tidegate-idle-");
  await buildWorker();
  const config = await startEmbeddedPostgres({
    dataDir: join(dir, "config"),
    port: await freePort(),
    password: randomBytes(9).toString("hex"),
  });
  const url = config.url("tidegate");
  await applyMigrations(url);
  process.env.DATABASE_URL = url;
  process.env.ENCRYPTION_KEY = randomBytes(32).toString("base64");
  await makeConnections();
  const { child } = await startChild({
    name: "worker",
    args: [...workerFlags, workerProgram],
    env: { LOG_LEVEL: "error", NODE_ENV: "production" },
    ready: (line) => line.includes("worker ready"),
    onFailure: ignored,
  });
  try {
    await wait(SETTLE_MS);
    const before = await countsNow();
    await wait(WATCHED_S * 1_000);
    const after = await countsNow();
    const grown = (of: keyof Counts) => after[of] - before[of];
    const runs = await db().run.count();
    if (runs > 0) throw new Error(`${runs} runs were begun; nothing was to be due.`);
    const goal = (id: string, what: string, wanted: number, measured: number): Goal => ({
      id,
      what,
      goal: wanted,
      measured,
      met: measured <= wanted,
    });
    return {
      goals: [
        goal(
          "P22",
          `queries a second of one worker with ${CONNECTIONS} idle connections (at most)`,
          QUERIES_A_SECOND,
          Number((grown("transactions") / WATCHED_S).toFixed(1)),
        ),
        goal("P22", `rollbacks in ${WATCHED_S} s (at most)`, 0, grown("rollbacks")),
        goal("P22", `dead tuples in ${WATCHED_S} s (at most)`, 0, grown("dead")),
        goal("P22", `rows written in ${WATCHED_S} s (at most)`, 0, grown("written")),
        goal("P22", "memory of the worker, MB (at most)", MEMORY_MB, rssMb(child.pid)),
      ],
      details: { connections: CONNECTIONS, seconds: WATCHED_S, before, after },
    };
  } finally {
    await child.stop();
    await db().$disconnect();
    await config.stop();
    remove();
  }
}
