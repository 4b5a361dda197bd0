// What the pages ask of a config database that has seen two hundred thousand runs.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { pageConnections } from "@/lib/connections/data";
import { pageDestinations } from "@/lib/destinations/data";
import { db } from "@/lib/platform/db";
import { newId } from "@/lib/platform/ids";
import { listRecentRuns, listRuns, summarizeRuns } from "@/lib/runs/data";
import { findSource, pageSources } from "@/lib/sources/data";
import { listBroken } from "@/lib/verification/data";
import { makeConnection, makeDestination, makeMember, makeSource } from "@/prisma/factories/world";
import { applyMigrations } from "@/prisma/migrate";
import { startEmbeddedPostgres } from "@/scripts/embedded-postgres";
import { freePort, temporaryDir } from "@/scripts/services";
import type { Outcome } from "./main";

const RUNS = Number(process.env.BENCH_RUNS ?? 200_000);
const SOURCES = 504;
const TIMES = 7;
const MOST_MS = 200;
const MOST_BYTES = 100_000;
const DAY_MS = 24 * 3600_000;

/** A year of runs of every connection, the last of them now; one in fifty failed. */
const seedRuns = (teamId: string) => db().$executeRaw`
  INSERT INTO run (id, team_id, connection_id, state, trigger, delivered, rejected, created_at, started_at, finished_at)
  SELECT gen_random_uuid(), ${teamId}, c.id, CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'succeeded' END, 'schedule', n % 100, n % 3,
    at, at, at + interval '3 seconds'
  FROM (
    SELECT n, timezone('UTC', now()) - n * (interval '365 days' / ${RUNS}::int) AS at FROM generate_series(1, ${RUNS}::int) n
  ) runs
  JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM connection) c ON c.place = n % ${SOURCES}::int`;

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Times what the pages read, and counts what they get. */
export async function lists(): Promise<Outcome> {
  const { dir, remove } = temporaryDir("tidegate-lists-");
  const config = await startEmbeddedPostgres({
    dataDir: join(dir, "config"),
    port: await freePort(),
    password: randomBytes(9).toString("hex"),
    settings: { fsync: "off" },
  });
  try {
    const url = config.url("tidegate");
    await applyMigrations(url);
    process.env.DATABASE_URL = url;
    process.env.ENCRYPTION_KEY = randomBytes(32).toString("base64");
    const { teamId } = await makeMember();
    const destinationId = await makeDestination(teamId);
    let sourceId = "";
    for (let made = 0; made < SOURCES; made += 1) {
      sourceId = await makeSource(teamId, {
        name: `Source ${newId().slice(0, 8)}`,
        columns: Array.from({ length: 40 }, (_, at) => `column_${at}`).concat("user_id"),
      });
      await makeConnection(teamId, { sourceId, destinationId });
    }
    await seedRuns(teamId);
    await db().$executeRawUnsafe("VACUUM ANALYZE");
    const since = new Date(Date.now() - DAY_MS);
    const first = { search: "", page: 1 };
    const reads: Record<string, () => Promise<unknown>> = {
      "Overview: connections": () => pageConnections(teamId, first),
      "Overview: last 24 hours": () => summarizeRuns(teamId, since),
      "Overview: what is broken": () => listBroken(teamId),
      "Connections, last page": () => pageConnections(teamId, { ...first, page: 11 }),
      "Connections, a search": () => pageConnections(teamId, { ...first, search: "source a" }),
      Sources: () => pageSources(teamId, first),
      Destinations: () => pageDestinations(teamId, first),
      "A source": () => findSource(teamId, sourceId),
      "A source: its runs": () => listRecentRuns(teamId, { connection: { sourceId } }),
      Runs: () => listRuns(teamId, {}),
      "Runs: failed": () => listRuns(teamId, { state: "failed" }),
      "Runs: cancelled, of which there are none": () => listRuns(teamId, { state: "cancelled" }),
    };
    const found: { what: string; ms: number; bytes: number }[] = [];
    for (const [what, read] of Object.entries(reads)) {
      const times: number[] = [];
      let bytes = 0;
      for (let time = 0; time < TIMES; time += 1) {
        const began = performance.now();
        bytes = JSON.stringify(await read()).length;
        times.push(performance.now() - began);
      }
      found.push({ what, ms: Math.round(median(times)), bytes });
    }
    const slowest = Math.max(...found.map(({ ms }) => ms));
    const largest = Math.max(...found.map(({ bytes }) => bytes));
    return {
      goals: [
        {
          id: "P23",
          what: `ms of the slowest read of a page, with ${RUNS} runs and ${SOURCES} sources (at most)`,
          goal: MOST_MS,
          measured: slowest,
          met: slowest <= MOST_MS,
        },
        {
          id: "P23",
          what: "bytes of the largest (at most)",
          goal: MOST_BYTES,
          measured: largest,
          met: largest <= MOST_BYTES,
        },
      ],
      details: { runs: RUNS, sources: SOURCES, reads: found },
    };
  } finally {
    await db().$disconnect();
    await config.stop();
    remove();
  }
}
