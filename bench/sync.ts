import { execFile } from "node:child_process";
import { promisify } from "node:util";
import pg from "pg";
import { newId } from "@/lib/platform/ids";
import { startEmbeddedPostgres } from "@/scripts/embedded-postgres";
import { root } from "@/scripts/ready.mjs";
import { freePort, temporaryDir } from "@/scripts/services";
import type { Goal, Outcome } from "./main";
import { startSink, type Sent } from "./sink";
import type { Job, Took } from "./sync-worker";

const ROWS = Number(process.env.BENCH_ROWS ?? 1_000_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const run = promisify(execFile);
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** 21 columns of the kinds that people have: accents, quotes, NULLs, numerics, timestamps. About 450 bytes a row. */
const users = (name: string, rows: number) => `CREATE UNLOGGED TABLE ${name} AS SELECT
  n::bigint AS id, ('person' || n || '@example.com')::varchar(80) AS email, ('u-' || n)::varchar(40) AS user_id, md5('a' || n)::varchar(40) AS anonymous_id,
  (ARRAY['Zoë','Luís','Ana','Bjørn','Mira'])[1 + n % 5]::varchar(40) AS first_name, (ARRAY['Gonçalves','Müller','O''Neill','Kovač','Smith'])[1 + n % 5]::varchar(40) AS last_name,
  (ARRAY['Berlin','São Paulo','Kraków','Oslo'])[1 + n % 4]::varchar(40) AS city, (ARRAY['DE','BR','PL','NO'])[1 + n % 4]::char(2) AS country,
  timestamp '2020-01-01' + n * interval '1 second' AS created_at, timestamp '2026-01-01 00:00:00.123' + n * interval '1 second' AS updated_at, timestamptz '2026-11-01 00:00:00+00' + n * interval '1 ms' AS seen_at,
  (n % 1000)::integer AS logins, (18 + n % 60)::integer AS age, ((n % 100000) / 7.0)::numeric(18,2) AS balance, n % 2 = 0 AS active, CASE WHEN n % 10 > 0 THEN n % 3 = 0 END AS verified,
  (ARRAY['free','team','business'])[1 + n % 3]::varchar(20) AS plan, (CASE WHEN n % 4 > 0 THEN '+49 30 ' || n END)::varchar(30) AS phone, (n / 7.0)::float8 AS score,
  ('https://example.com/people/' || md5(n::text))::varchar(200) AS url, ('He said "' || repeat(md5('b' || n), 3 + (n % 3)::int) || '"')::varchar(200) AS bio
  FROM generate_series(1, ${rows}) n`;

/** What the connector asks of the catalogue, and the one function of Redshift's that a run uses. */
const shim = `CREATE SCHEMA shim; CREATE SCHEMA _rudderstack;
  CREATE FUNCTION shim.getdate() RETURNS timestamp LANGUAGE sql AS 'SELECT now()::timestamp';
  CREATE VIEW shim.svv_all_columns AS SELECT table_catalog::text AS database_name, table_schema::text AS schema_name, table_name::text, column_name::text, data_type::text, character_maximum_length, numeric_precision, numeric_scale, ordinal_position FROM information_schema.columns;
  CREATE VIEW shim.svv_columns AS SELECT * FROM information_schema.columns`;

/** `psql` reading all rows as COPY text: the measure of each round. Throws where psql is not installed. */
async function copyOut(url: string, table: string): Promise<number> {
  const began = performance.now();
  await run("psql", [url, "-c", `COPY (SELECT * FROM ${table}) TO STDOUT`, "-o", "/dev/null", "-q"], { maxBuffer: 1 << 20 });
  return Math.round(performance.now() - began);
}

/** Whole syncs by the engine, the connector and the destination of production, beside psql's COPY of the same rows. */
export async function sync(): Promise<Outcome> {
  const { dir, remove } = temporaryDir("tidegate-bench-");
  const postgres = await startEmbeddedPostgres({ dataDir: `${dir}/pg`, port: await freePort(), password: "bench", settings: { shared_buffers: "2GB", jit: "off", max_wal_size: "8GB", synchronous_commit: "off" } });
  const sink = await startSink();
  const client = new pg.Client({ connectionString: postgres.url() });
  try {
    await client.connect();
    await client.query(shim);
    await client.query(users("users", ROWS));
    await client.query("ALTER TABLE users ADD PRIMARY KEY (id)");
    await client.query("VACUUM ANALYZE users");
    const columns = (await client.query<{ column_name: string }>("SELECT column_name FROM information_schema.columns WHERE table_name = 'users' ORDER BY ordinal_position")).rows.map(({ column_name: name }) => name);
    const worker = async (more: Partial<Job> = {}): Promise<Took> => {
      const job: Job = { warehouse: postgres.url(), sink: sink.url, table: "users", columns, connectionId: newId(), fence: 1, gzip: false, ...more };
      const { stdout } = await run(process.execPath, ["--import", "tsx", "bench/sync-worker.ts", JSON.stringify(job)], { cwd: root, maxBuffer: 1 << 20 });
      return JSON.parse(stdout) as Took;
    };
    const rounds: { copyMs: number; full: Took; sent: Sent; none: Took; idle: Sent }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const copyMs = await copyOut(postgres.url(), "users");
      await sink.reset();
      const connectionId = newId();
      const full = await worker({ connectionId });
      const sent = await sink.reset();
      const none = await worker({ connectionId, fence: 2 });
      const idle = await sink.reset();
      rounds.push({ copyMs, full, sent, none, idle });
      await client.query("DROP SCHEMA _rudderstack CASCADE; CREATE SCHEMA _rudderstack");
    }
    const ratio = (of: (round: (typeof rounds)[number]) => number) => Number(median(rounds.map(of)).toFixed(3));
    const goal = (id: string, what: string, wanted: number, measured: number, atLeast: boolean): Goal => ({ id, what, goal: wanted, measured, met: atLeast ? measured >= wanted : measured <= wanted });
    const goals = [
      goal("P1", "extract, serialize and post, of psql's COPY (at least)", 0.7, ratio(({ copyMs, full }) => copyMs / (full.stages.load ?? Infinity)), true),
      goal("P4", "peak memory of the worker, MB (at most)", 200, Math.max(...rounds.map(({ full }) => full.rssMb)), false),
      goal("P6", "nothing changed: requests", 0, Math.max(...rounds.map(({ idle }) => idle.requests)), false),
      goal("P6", "nothing changed: time of a full run (at most)", 0.45, ratio(({ none, full }) => none.ms / full.ms), false),
      goal("P9", "finding the changes, of psql's COPY (at most)", 1.1, ratio(({ copyMs, none }) => (none.stages.extract ?? Infinity) / copyMs), false),
    ];
    return { goals, details: { rows: ROWS, columns: columns.length, rounds } };
  } finally {
    await client.end();
    sink.stop();
    await postgres.stop();
    remove();
  }
}
