import { execFile } from "node:child_process";
import { promisify } from "node:util";
import pg from "pg";
import { newId } from "@/lib/platform/ids";
import { startEmbeddedPostgres } from "@/scripts/embedded-postgres";
import { bundle, root, workerFlags } from "@/scripts/ready.mjs";
import { freePort, temporaryDir } from "@/scripts/services";
import type { Goal, Outcome } from "./main";
import { startSink } from "./sink";
import type { Job, Took } from "./sync-worker";
import { users } from "./users";

const ROWS = Number(process.env.BENCH_ROWS ?? 1_000_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const run = promisify(execFile);
const LATENCY_MS = 50;
/** Of the goals at a far receiver: held to so many, since left to itself the product finds out that more pay. */
const CONNECTIONS = 8;
/** A batch of the Tracking API is full at so many events or bytes. */
const BATCH = 500;
const BATCH_BYTES = 500_000;
const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** What the connector asks of the catalogue, and the one function of Redshift's that a run uses. */
const shim = `CREATE SCHEMA shim; CREATE SCHEMA _rudderstack;
  CREATE FUNCTION shim.getdate() RETURNS timestamp LANGUAGE sql AS 'SELECT now()::timestamp';
  CREATE VIEW shim.svv_all_columns AS SELECT table_catalog::text AS database_name, table_schema::text AS schema_name, table_name::text, column_name::text, data_type::text, character_maximum_length, numeric_precision, numeric_scale, ordinal_position FROM information_schema.columns;
  CREATE VIEW shim.svv_columns AS SELECT * FROM information_schema.columns`;

/** All rows as COPY text: the measure of each round. By psql, or where that is not installed by a reader that looks at none of it. */
async function copyOut(
  url: string,
  client: pg.Client,
  table: string,
  by: "psql" | "raw COPY reader",
): Promise<number> {
  const copy = `COPY (SELECT * FROM ${table}) TO STDOUT`;
  const began = performance.now();
  if (by === "psql")
    await run("psql", [url, "-c", copy, "-o", "/dev/null", "-q"], { maxBuffer: 1 << 20 });
  else await client.query(copy);
  return Math.round(performance.now() - began);
}
const hasPsql = () =>
  run("psql", ["--version"]).then(
    () => true,
    () => false,
  );

/** One row in a hundred is another: 0.8 % changed, 0.1 % new, 0.1 % gone, spread over the table. */
async function changeOneInAHundred(
  client: pg.Client,
  table: string,
  round: number,
): Promise<number> {
  const count = async (sql: string) => (await client.query(sql)).rowCount ?? 0;
  await count(`DELETE FROM ${table} WHERE id % 1000 = ${(round * 7 + 2) % 1000}`);
  const changed = await count(
    `UPDATE ${table} SET plan = 'changed ${round}', updated_at = timestamp '2027-01-01' + ${round} * interval '1 day' WHERE id % 125 = ${round % 100}`,
  );
  const fresh = await count(
    `INSERT INTO ${table} SELECT * FROM (SELECT (SELECT MAX(id) FROM ${table}) + ROW_NUMBER() OVER () AS id FROM ${table} WHERE id % 1000 = ${(round + 1) % 1000}) n, LATERAL (SELECT email, user_id, anonymous_id, first_name, last_name, city, country, created_at, timestamp '2027-01-01' + ${round} * interval '1 day', seen_at, logins, age, balance, active, verified, plan, phone, score, url, bio FROM ${table} WHERE id % 1000 = 999 LIMIT 1) r`,
  );
  return changed + fresh;
}

/** Whole syncs by the engine, the connector and the destination of production, beside psql's COPY of the same rows. */
export async function sync(): Promise<Outcome> {
  const { dir, remove } = temporaryDir("tidegate-bench-");
  const postgres = await startEmbeddedPostgres({
    dataDir: `${dir}/pg`,
    port: await freePort(),
    password: "bench",
    settings: { shared_buffers: "2GB", jit: "off", max_wal_size: "8GB", synchronous_commit: "off" },
  });
  const sink = await startSink();
  await bundle("bench/sync-worker.ts", ".next/bench"); // as the worker is
  const client = new pg.Client({ connectionString: postgres.url() });
  try {
    await client.connect();
    await client.query(shim);
    await client.query(users("users", 1, ROWS));
    await client.query("ALTER TABLE users ADD PRIMARY KEY (id)");
    await client.query("VACUUM ANALYZE users");
    const columns = (
      await client.query<{ column_name: string }>(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'users' ORDER BY ordinal_position",
      )
    ).rows.map(({ column_name: name }) => name);
    const worker = async (more: Partial<Job> = {}): Promise<Took> => {
      const job: Job = {
        warehouse: postgres.url(),
        sink: sink.url,
        table: "users",
        columns,
        connectionId: newId(),
        fence: 1,
        gzip: false,
        cursor: null,
        connections: null,
        ...more,
      };
      const { stdout } = await run(
        process.execPath,
        [...workerFlags, ".next/bench/sync-worker.mjs", JSON.stringify(job)],
        { cwd: root, maxBuffer: 1 << 20 },
      );
      return JSON.parse(stdout) as Took;
    };
    const forget = () =>
      client.query("DROP SCHEMA _rudderstack CASCADE; CREATE SCHEMA _rudderstack");
    const measure = (await hasPsql()) ? "psql" : "raw COPY reader";
    /** A full run, one with nothing changed and one with a row in a hundred, at a receiver that answers after so long. */
    const three = async (delay: number, round: number, cursor: string | null) => {
      const [connectionId, connections] = [newId(), delay > 0 ? CONNECTIONS : null];
      await sink.reset({ delay });
      const full = await worker({ connectionId, cursor, connections });
      const sent = await sink.reset({ delay });
      await client.query("VACUUM ANALYZE"); // as every warehouse does by itself, Redshift too, and as the table that COPY reads is
      const none = await worker({ connectionId, fence: 2, cursor, connections });
      const idle = await sink.reset({ delay });
      const wanted = await changeOneInAHundred(client, "users", round);
      await client.query("VACUUM ANALYZE users");
      const few = await worker({ connectionId, fence: 3, cursor, connections });
      const fewSent = await sink.reset();
      await forget();
      return { full, sent, none, idle, wanted, few, fewSent };
    };
    const rounds: {
      copyMs: number;
      plainWayMs: number;
      gzip: Took;
      unheld: Took;
      near: Three;
      far: Three;
      cursorNear: Three;
      cursorFar: Three;
    }[] = [];
    type Three = Awaited<ReturnType<typeof three>>;
    for (let round = 0; round < ROUNDS; round += 1) {
      const copyMs = await copyOut(postgres.url(), client, "users", measure);
      const near = await three(0, 4 * round, null);
      const gzip = await worker({ gzip: true });
      await forget();
      const far = await three(LATENCY_MS, 4 * round + 1, null);
      await sink.reset({ delay: LATENCY_MS });
      const unheld = await worker();
      await forget();
      const cursorNear = await three(0, 4 * round + 2, "updated_at");
      const cursorFar = await three(LATENCY_MS, 4 * round + 3, "updated_at");
      await sink.reset();
      const { stdout } = await run(
        process.execPath,
        ["--import", "tsx", "bench/plain-worker.ts", postgres.url(), sink.url, "users"],
        { cwd: root },
      );
      rounds.push({
        copyMs,
        plainWayMs: (JSON.parse(stdout) as { ms: number }).ms,
        gzip,
        unheld,
        near,
        far,
        cursorNear,
        cursorFar,
      });
    }
    // memory must not follow the rows: a tenth of them, and five times as many
    const sizes: Record<number, number> = {};
    for (const rows of [ROWS / 10, ROWS * 5]) {
      await client.query(users("sized", 1, rows));
      await client.query("ALTER TABLE sized ADD PRIMARY KEY (id)");
      sizes[rows] = (await worker({ table: "sized" })).rssMb;
      await client.query("DROP TABLE sized");
      await forget();
    }
    const [small = 1, large = 0] = Object.values(sizes);
    const ratio = (of: (round: (typeof rounds)[number]) => number) =>
      Number(median(rounds.map(of)).toFixed(3));
    const goal = (
      id: string,
      what: string,
      wanted: number,
      measured: number,
      atLeast: boolean,
    ): Goal => ({
      id,
      what,
      goal: wanted,
      measured,
      met: atLeast ? measured >= wanted : measured <= wanted,
    });
    const load = ({ stages }: Took) => stages.load ?? Infinity;
    const goals = [
      goal(
        "P1",
        `extract, serialize and post, of ${measure}'s COPY (at least)`,
        0.7,
        ratio(({ copyMs, near }) => copyMs / load(near.full)),
        true,
      ),
      goal(
        "P2",
        "the same with gzip (at least)",
        0.45,
        ratio(({ copyMs, gzip }) => copyMs / load(gzip)),
        true,
      ),
      goal(
        "P3",
        "the same, times the plain way (at least)",
        5,
        ratio(({ plainWayMs, near }) => plainWayMs / load(near.full)),
        true,
      ),
      goal(
        "P4",
        "peak memory of the worker, MB (at most)",
        200,
        Math.max(...rounds.flatMap(({ near, far }) => [near.full.rssMb, far.full.rssMb])),
        false,
      ),
      goal(
        "P4",
        `peak memory at ${ROWS * 5} rows, of that at ${ROWS / 10} (at most)`,
        1.15,
        Number((large / small).toFixed(3)),
        false,
      ),
      goal(
        "P5",
        `receiver of ${LATENCY_MS} ms: rows a second, of ${CONNECTIONS} connections × batch / latency (at least)`,
        0.85,
        ratio(
          ({ far: { full, sent } }) =>
            full.delivered /
            (load(full) / 1_000) /
            ((CONNECTIONS * (full.delivered / sent.requests)) / (LATENCY_MS / 1_000)),
        ),
        true,
      ),
      goal(
        "P6",
        "nothing changed: requests",
        0,
        Math.max(...rounds.map(({ near }) => near.idle.requests)),
        false,
      ),
      goal(
        "P6",
        "nothing changed: time of a full run (at most)",
        0.45,
        ratio(({ near }) => near.none.ms / near.full.ms),
        false,
      ),
      goal(
        "P6",
        "the same at the far receiver (at most)",
        0.17,
        ratio(({ far }) => far.none.ms / far.full.ms),
        false,
      ),
      goal(
        "P7",
        "1 % changed: rows sent beyond those",
        0,
        Math.max(
          ...rounds.flatMap(({ near, far }) =>
            [near, far].map(({ few, wanted }) => Math.abs(few.delivered - wanted)),
          ),
        ),
        false,
      ),
      goal(
        "P7",
        "1 % changed: requests beyond full batches (at most)",
        1,
        Math.max(
          ...rounds.flatMap(({ near, far }) =>
            [near, far].map(
              ({ few, fewSent }) =>
                fewSent.requests -
                Math.max(Math.ceil(few.delivered / BATCH), Math.ceil(fewSent.bytes / BATCH_BYTES)),
            ),
          ),
        ),
        false,
      ),
      goal(
        "P8",
        "1 % changed: time of a full run (at most)",
        0.5,
        ratio(({ near }) => near.few.ms / near.full.ms),
        false,
      ),
      goal(
        "P8",
        "the same at the far receiver (at most)",
        0.2,
        ratio(({ far }) => far.few.ms / far.full.ms),
        false,
      ),
      goal(
        "P9",
        `finding the changes, of ${measure}'s COPY (at most)`,
        1.1,
        ratio(({ copyMs, near }) => (near.none.stages.extract ?? Infinity) / copyMs),
        false,
      ),
      goal(
        "P10",
        "cursor, 1 % changed: time of a full run (at most)",
        0.1,
        ratio(({ cursorNear }) => cursorNear.few.ms / cursorNear.full.ms),
        false,
      ),
      goal(
        "P10",
        "the same at the far receiver (at most)",
        0.04,
        ratio(({ cursorFar }) => cursorFar.few.ms / cursorFar.full.ms),
        false,
      ),
    ];
    return {
      goals,
      details: {
        rows: ROWS,
        columns: columns.length,
        measure,
        sizes,
        unheldRowsPerSecond: ratio(({ unheld }) => unheld.delivered / (load(unheld) / 1_000)),
        rounds,
      },
    };
  } finally {
    await client.end();
    sink.stop();
    await postgres.stop();
    remove();
  }
}
