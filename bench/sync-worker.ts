// One run of a sync in a process of its own, as the worker would do it, with plain PostgreSQL as the warehouse.
// Prints what it took as one line of JSON.
import { readFileSync } from "node:fs";
import pg from "pg";
import type { ChangeDetection } from "@/lib/connectors/contract/changes";
import { openChanges } from "@/lib/connectors/redshift/changes/changes";
import {
  sessionOn,
  type Connection,
  type OpenClient,
  type RedshiftSession,
} from "@/lib/connectors/redshift/session/client";
import { redshiftDefaults } from "@/lib/connectors/redshift/spec";
import { tapRows } from "@/lib/connectors/redshift/session/wire";
import { realDelay } from "@/lib/connectors/retry";
import { trackingApiDestination } from "@/lib/connectors/tracking-api/destination";
import { selectionOf } from "@/lib/event/selection";
import { runSync } from "@/lib/engine/run-sync";
import { defaultMapping } from "@/lib/event/rules";
import { systemClock } from "@/lib/platform/clock";
import { newId } from "@/lib/platform/ids";
import { FakeRunStore } from "@/lib/testing/fake-run-store";

export type Job = {
  warehouse: string;
  sink: string;
  table: string;
  columns: string[];
  connectionId: string;
  fence: number;
  gzip: boolean;
  cursor: string | null;
  /** Requests at once at most; null: as many as pay. */ connections: number | null;
};
export type Took = {
  ms: number;
  stages: Record<string, number>;
  read: number;
  delivered: number;
  unchanged: number;
  rssMb: number;
  cpuS: number;
};

/**
 * Redshift's physical words, which PostgreSQL does not know. A sort key makes ranges cheap to find and rows cheap
 * to match with those of another table that is sorted alike: here an index does.
 * Redshift writes no log of rows beside the table, so nothing is logged here either: the table that is read isn't.
 */
function plain(sql: string): string {
  const [, table, column] = /^CREATE TABLE (\S+) .*SORTKEY\(([^)]*)\) AS/s.exec(sql) ?? [];
  const bare = sql
    .replace(/ DISTSTYLE EVEN| DISTKEY\([^)]*\)| SORTKEY\([^)]*\)/g, "")
    .replace(/^CREATE TABLE (?=.* AS\s)/s, "CREATE UNLOGGED TABLE ");
  return table ? `${bare}; CREATE INDEX ON ${table} (${column})` : bare;
}

async function open(url: string): Promise<RedshiftSession> {
  const client = new pg.Client({
    connectionString: url,
    types: { getTypeParser: () => (value: string | Buffer) => value } as pg.CustomTypesConfig,
  }) as OpenClient;
  const tap = tapRows(client.connection);
  await client.connect();
  const connection: Connection = {
    client,
    tap,
    cut: (error) => client.connection.stream.destroy(error),
    broken: () => undefined,
  };
  const way = { close: () => undefined } as Parameters<typeof sessionOn>[1];
  const session = sessionOn(
    connection,
    way,
    { ...redshiftDefaults, host: "plain" } as Parameters<typeof sessionOn>[2],
    { password: "-" } as Parameters<typeof sessionOn>[3],
  );
  const signal = new AbortController().signal;
  await session.query(
    "SET search_path = shim, pg_catalog, public; SET jit = off; SET max_parallel_workers_per_gather = 0; SET work_mem = '64MB'; SET random_page_cost = 1.1; SET timezone = 'UTC'; SET datestyle = 'ISO'; SET extra_float_digits = 2",
    signal,
  );
  return {
    ...session,
    query: (sql, s) => session.query(plain(sql), s),
    execute: (sql, s) => session.execute(plain(sql), s),
  };
}

async function main(job: Job): Promise<void> {
  const unused = () => Promise.reject(new Error("not part of a run"));
  const source: ChangeDetection = {
    changes: (request, signal) =>
      openChanges(() => open(job.warehouse), request, realDelay, signal),
    dryRun: unused,
  };
  const destination = trackingApiDestination(
    { url: job.sink, compression: job.gzip ? "gzip" : "none" },
    { writeKey: "bench" },
  );
  const { limits } = destination;
  const held = job.connections;
  const receiver =
    held === null
      ? destination
      : {
          ...destination,
          limits: {
            ...limits,
            get concurrency() {
              return Math.min(held, limits.concurrency);
            },
          },
        };
  const mapping = defaultMapping(job.columns.map((name) => ({ name })));
  const stages: Record<string, number> = {};
  let began = 0;
  const store = new FakeRunStore();
  store.before = (method, argument) => {
    if (method !== "stage") return;
    const [name = "", status] = String(argument).split(" ");
    if (status === "started") began = performance.now();
    else stages[name] = Math.round(performance.now() - began);
  };
  const start = performance.now();
  const counts = await runSync({
    source,
    destination: receiver,
    mapping,
    store,
    mode: "upsert",
    cursor: job.cursor === null ? null : { column: job.cursor, lookBackMinutes: 60 },
    onlyKeys: null,
    deletes: { percent: 10, allowed: 0 },
    rawNumbers: false,
    logDays: 0,
    selection: selectionOf(mapping, { schema: "public", table: job.table, keys: ["id"] }),
    ids: { connectionId: job.connectionId, sourceId: "bench", runId: newId() },
    fence: job.fence,
    refusedBefore: 0,
    clock: systemClock,
    signal: new AbortController().signal,
  });
  const ms = Math.round(performance.now() - start);
  await destination.close();
  const { user, system } = process.cpuUsage();
  const rssMb = Math.round(
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? 0) / 1024,
  );
  console.log(
    JSON.stringify({
      ms,
      stages,
      ...counts,
      rssMb,
      cpuS: Number(((user + system) / 1e6).toFixed(2)),
    } satisfies Took & { rejected: number }),
  );
}

await main(JSON.parse(process.argv[2] ?? "{}") as Job);
