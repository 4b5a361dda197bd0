// Loading, beside what PostgreSQL's own COPY takes for the same rows: the building of the files, and the upsert.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import pg from "pg";
import { describeColumn } from "@/lib/connectors/redshift/catalog/columns";
import {
  createStage,
  deleteOld,
  insertNewest,
  targetKeys,
  SEQ,
  STAGE,
} from "@/lib/connectors/redshift/load/load-sql";
import { startEmbeddedPostgres } from "@/scripts/embedded-postgres";
import { root } from "@/scripts/ready.mjs";
import { freePort, temporaryDir } from "@/scripts/services";
import type { Job, Took } from "./load-worker";
import type { Goal, Outcome } from "./main";
import { startSink } from "./sink";
import { users } from "./users";

const ROWS = Number(process.env.BENCH_ROWS ?? 1_000_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const run = promisify(execFile);
const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** A million rows into a table of a million, a tenth of which are there already. */
export async function load(): Promise<Outcome> {
  const { dir, remove } = temporaryDir("tidegate-bench-");
  const postgres = await startEmbeddedPostgres({
    dataDir: `${dir}/pg`,
    port: await freePort(),
    password: "bench",
    settings: {
      shared_buffers: "2GB",
      jit: "off",
      max_wal_size: "8GB",
      synchronous_commit: "off",
      max_parallel_workers_per_gather: "0",
      work_mem: "256MB",
    },
  });
  const sink = await startSink();
  const client = new pg.Client({ connectionString: postgres.url() });
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const began = performance.now();
    await work();
    return Math.round(performance.now() - began);
  };
  try {
    await client.connect();
    await client.query(users("users", 1, ROWS));
    await client.query(users("incoming", Math.round(ROWS * 0.9) + 1, Math.round(ROWS * 1.9)));
    const { rows: described } = await client.query<{ name: string; type: string }>(
      "SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'users'::regclass AND attnum > 0 ORDER BY attnum",
    );
    const columns = described.map(({ name, type }) => ({
      ...describeColumn({ name, dataType: type, maxLength: null, precision: null, scale: null }),
      type,
    }));
    const [{ file }] = (
      await client.query<{ file: string }>(
        "SELECT current_setting('data_directory') || '/incoming.csv' AS file",
      )
    ).rows as [{ file: string }];
    const list = [SEQ, ...columns.map(({ name }) => name)].map((name) => `"${name}"`).join(", ");
    await client.query(
      `COPY (SELECT row_number() OVER () AS seq, * FROM incoming) TO '${file}' CSV`,
    );
    await client.query(
      `${createStage("plain", columns).replace("CREATE TEMPORARY", "CREATE UNLOGGED")}`,
    );
    const copyInto = (table: string) =>
      client.query(`COPY "${table}" (${list}) FROM '${file}' CSV`);
    const build = async (rows: number, endpoint: string | null): Promise<Took> => {
      const job: Job = {
        warehouse: postgres.url(),
        rows,
        columns: columns.map(({ name, kind }) => ({ name, kind })),
        endpoint,
      };
      const { stdout } = await run(
        process.execPath,
        ["--import", "tsx", "bench/load-worker.ts", JSON.stringify(job)],
        { cwd: root, maxBuffer: 1 << 20 },
      );
      return JSON.parse(stdout) as Took;
    };

    const rounds: { copyMs: number; upsertMs: number; built: Took; uploaded: Took }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await client.query("TRUNCATE plain");
      const copyMs = await timed(() => copyInto("plain"));
      const built = await build(ROWS, null);
      const uploaded = await build(ROWS, sink.url);
      for (const statement of [
        "DROP TABLE IF EXISTS target",
        "CREATE UNLOGGED TABLE target AS TABLE users",
        "VACUUM ANALYZE target",
        "CHECKPOINT",
      ])
        await client.query(statement);
      const upsertMs = await timed(async () => {
        await client.query("BEGIN");
        await client.query(createStage(STAGE, columns));
        await copyInto(STAGE);
        await client.query(`SELECT COUNT(*) FROM "${STAGE}"`);
        await client.query(deleteOld(`"public"."target"`, targetKeys(["id"], [])));
        await client.query(
          insertNewest({
            target: `"public"."target"`,
            columns,
            keys: targetKeys(["id"], []),
            oneRowPerKey: true,
            hasDeletes: false,
          }),
        );
        await client.query("COMMIT");
      });
      const [{ n }] = (await client.query<{ n: string }>("SELECT COUNT(*) AS n FROM target"))
        .rows as [{ n: string }];
      if (Number(n) !== Math.round(ROWS * 1.9)) throw new Error(`The upsert left ${n} rows.`);
      await client.query(`DROP TABLE "${STAGE}"`);
      rounds.push({ copyMs, upsertMs, built, uploaded });
    }
    const small = await build(Math.round(ROWS / 10), sink.url);
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
    const rss = Math.max(...rounds.flatMap(({ built, uploaded }) => [built.rssMb, uploaded.rssMb]));
    const goals = [
      goal(
        "P11",
        "upsert transaction, of a plain COPY of the same file (at most)",
        1.9,
        ratio(({ upsertMs, copyMs }) => upsertMs / copyMs),
        false,
      ),
      goal(
        "P12",
        "building the gzip parts: rate, of COPY FROM's for the same rows (at least)",
        1,
        ratio(({ built, copyMs }) => copyMs / built.ms),
        true,
      ),
      goal(
        "P12",
        "building and uploading, of building alone (at most)",
        1.1,
        ratio(({ built, uploaded }) => uploaded.ms / built.ms),
        false,
      ),
      goal("P12", "peak memory of the worker, MB (at most)", 250, rss, false),
      goal(
        "P12",
        "peak memory, of that for a tenth of the rows (at most)",
        1.25,
        ratio(({ uploaded }) => uploaded.rssMb / small.rssMb),
        false,
      ),
    ];
    return { goals, details: { rows: ROWS, columns: columns.length, overlap: 0.1, small, rounds } };
  } finally {
    await client.end();
    sink.stop();
    await postgres.stop();
    remove();
  }
}
