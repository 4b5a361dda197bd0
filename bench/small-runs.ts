// What a small run costs: many connections with few changed rows each, one worker, and where its time goes.
import { readFileSync } from "node:fs";
import { db } from "@/lib/platform/db";
import { requestRun } from "@/lib/runs/mutations";
import { noTunnel } from "@/lib/connectors/ssh/spec";
import {
  makeConnection,
  makeCredential,
  makeDestination,
  makeSource,
} from "@/prisma/factories/world";
import { openFaultsWorld, wait, type FaultsWorld } from "./faults-world";
import type { Outcome } from "./main";
import { startSink } from "./sink";

const CONNECTIONS = Number(process.env.BENCH_CONNECTIONS ?? 200);
const ROWS = 100;
const CHANGED = 10;
const RUNS_A_SECOND = 10;
/** Of the worker and of what it works with, the stand-in for Redshift too: two cores then do ten runs a second. */
const CPU_S_A_RUN = 0.2;
const MEMORY_MB = 250;
const LOOK_MS = 50;

/** What a drain of the queue took. CPU in seconds of each program. */
type Drained = { seconds: number; runsASecond: number; cpuS: Record<string, number> };

/** One warehouse and its login, and connections of one small table each. */
async function makeLanes(
  { teamId, warehouse, admin }: FaultsWorld,
  url: string,
): Promise<string[]> {
  const { host, port, database, ca, adminUser, adminPassword } = warehouse.redshift;
  const credentialId = await makeCredential(teamId, {
    config: {
      host,
      port,
      database,
      user: adminUser,
      sslMode: "verify-full",
      caCertificate: ca,
      tunnel: { ...noTunnel },
    },
    secret: { password: adminPassword },
  });
  const destinationId = await makeDestination(teamId, {
    config: { url, compression: "none" },
    secret: { writeKey: "bench" },
  });
  const made: string[] = [];
  for (let lane = 0; lane < CONNECTIONS; lane += 1) {
    const table = tableOf(lane);
    await admin(
      `CREATE TABLE public.${table} (user_id varchar(20), email varchar(60), version integer)`,
    );
    const rows = Array.from({ length: ROWS }, (_, at) => `('u${at}','u${at}@example.com',0)`);
    await admin(`INSERT INTO public.${table} VALUES ${rows.join(",")}`);
    const sourceId = await makeSource(teamId, {
      credentialId,
      table,
      columns: ["user_id", "email", "version"],
    });
    made.push(await makeConnection(teamId, { sourceId, destinationId }));
  }
  return made;
}
const tableOf = (lane: number): string => `people_${lane}`;

/** Requests a run of every connection and waits until all have succeeded. */
async function drain(world: FaultsWorld, connectionIds: string[]): Promise<Drained> {
  const before: Record<string, number> = world.cpuSeconds();
  const began = performance.now();
  for (const id of connectionIds) await requestRun(world.teamId, id);
  while ((await db().run.count({ where: { state: { notIn: ["succeeded", "failed"] } } })) > 0)
    await wait(LOOK_MS);
  const seconds = (performance.now() - began) / 1_000;
  const after = world.cpuSeconds();
  const failed = await db().run.findFirst({ where: { state: "failed" }, select: { error: true } });
  if (failed) throw new Error(`A run failed: ${JSON.stringify(failed.error)}`);
  return {
    seconds: Number(seconds.toFixed(1)),
    runsASecond: Number((connectionIds.length / seconds).toFixed(1)),
    cpuS: Object.fromEntries(
      Object.entries(after).map(([name, used]) => [
        name,
        Number((used - (before[name] ?? 0)).toFixed(1)),
      ]),
    ),
  };
}

/** The most memory that a process has had, MB. */
const peakMb = (pid: number): number =>
  Math.round(
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024,
  );

/** Two hundred runs of a hundred rows, then as many of ten that have changed. */
export async function smallRuns(): Promise<Outcome> {
  const sink = await startSink();
  const world = await openFaultsWorld(1);
  try {
    const connectionIds = await makeLanes(world, sink.url);
    const first = await drain(world, connectionIds);
    const firstMb = peakMb(world.workerPids()[0] ?? 0);
    for (const lane of connectionIds.keys())
      await world.admin(
        `UPDATE public.${tableOf(lane)} SET version = version + 1 WHERE user_id IN (${Array.from({ length: CHANGED }, (_, at) => `'u${at}'`).join(",")})`,
      );
    const statementsBefore = await world.configTransactions();
    const changed = await drain(world, connectionIds);
    const transactions = (await world.configTransactions()) - statementsBefore;
    const sums = await db().run.aggregate({ _sum: { delivered: true } });
    const delivered = Number(sums._sum.delivered);
    const expected = CONNECTIONS * (ROWS + CHANGED);
    if (delivered !== expected)
      throw new Error(`${delivered} rows were delivered instead of ${expected}.`);
    const cpuS = Object.values(changed.cpuS).reduce((sum, used) => sum + used, 0);
    const cpuARun = Number((cpuS / CONNECTIONS).toFixed(3));
    const mb = peakMb(world.workerPids()[0] ?? 0);
    return {
      goals: [
        {
          id: "P20",
          what: `runs a second of ${CHANGED} changed rows, one worker (at least)`,
          goal: RUNS_A_SECOND,
          measured: changed.runsASecond,
          met: changed.runsASecond >= RUNS_A_SECOND,
        },
        {
          id: "P20",
          what: "CPU seconds a run, of worker, warehouse and config database (at most)",
          goal: CPU_S_A_RUN,
          measured: cpuARun,
          met: cpuARun <= CPU_S_A_RUN,
        },
        {
          id: "P21",
          what: `peak memory of the worker after ${CONNECTIONS} runs of ${ROWS} rows, MB (at most)`,
          goal: MEMORY_MB,
          measured: firstMb,
          met: firstMb <= MEMORY_MB,
        },
      ],
      details: {
        connections: CONNECTIONS,
        first,
        changed,
        peakMb: { afterFirst: firstMb, afterAll: mb },
        configTransactionsARun: Number((transactions / CONNECTIONS).toFixed(1)),
      },
    };
  } finally {
    await world.close();
    sink.stop();
  }
}
