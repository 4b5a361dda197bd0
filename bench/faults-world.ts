// Everything that a run needs, as programs that can be killed: config database, warehouse with its S3, workers.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { z } from "zod";
import { db } from "@/lib/platform/db";
import { requestRun } from "@/lib/runs/mutations";
import { isOver, isRunState, type RunState } from "@/lib/runs/state";
import type { TeamId } from "@/lib/team/types";
import { makeMember } from "@/prisma/factories/world";
import { applyMigrations } from "@/prisma/migrate";
import { startChild, type Child } from "@/scripts/children";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "@/scripts/embedded-postgres";
import { buildWorker, workerFlags, workerProgram } from "@/scripts/ready.mjs";
import { freePort, startSandbox, temporaryDir } from "@/scripts/services";

export const ignored = () => undefined;
export const wait = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
export const between = (from: number, to: number) => from + Math.random() * (to - from);
export const kill = ({ pid }: Child) => process.kill(-pid, "SIGKILL");

const TICKS_A_SECOND = 100;
/** CPU of a process and of the children it has now or has waited for, seconds. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const own = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_A_SECOND;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return children === "" ? own : own + sumOf(children.split(" ").map(Number));
}
const sumOf = (pids: number[]): number =>
  pids.reduce((sum, pid) => sum + (existsSync(`/proc/${pid}/stat`) ? cpuOf(pid) : 0), 0);
const postmasterOf = (dataDir: string): number =>
  Number(readFileSync(join(dataDir, "postmaster.pid"), "utf8").split("\n")[0]);

const warehouseSchema = z.object({
  redshift: z.object({
    host: z.string(),
    port: z.number(),
    database: z.string(),
    ca: z.string(),
    adminUser: z.string(),
    adminPassword: z.string(),
  }),
  s3: z.object({
    endpoint: z.string(),
    region: z.string(),
    accessKeyId: z.string(),
    secretAccessKey: z.string(),
    bucket: z.string(),
    roleArn: z.string(),
  }),
  control: z.object({ url: z.string(), token: z.string() }),
});
const runningSchema = z.array(z.object({ id: z.number(), user: z.string(), sql: z.string() }));
const objectsSchema = z.array(z.object({ key: z.string() }));
const requestsSchema = z.array(z.object({ method: z.string(), key: z.string() }));
const usedSchema = z.array(z.object({ used: z.number() }));

/** Repeats what fails while something is down; throws what it threw last after a minute and a half. */
export async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + 90_000; ;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > until) throw error;
      await wait(250);
    }
  }
}

/** Has every lane run again and again while `harm` is done at random moments, so many times; gives the moments. */
export async function underFire<L>(
  lanes: L[],
  round: (lane: L) => Promise<void>,
  times: number,
  pauseMs: [from: number, to: number],
  harm: () => Promise<void>,
): Promise<Date[]> {
  const at: Date[] = [];
  let over = false;
  const rounds = Promise.all(
    lanes.map(async (lane) => {
      while (!over) await round(lane);
    }),
  );
  rounds.catch(() => {
    over = true;
  }); // told below
  for (let n = 0; n < times && !over; n += 1) {
    await wait(between(...pauseMs));
    at.push(new Date());
    await harm();
  }
  over = true;
  await rounds;
  return at;
}

/** Which worker took which run: written by the config database itself, from the name that each worker connects by. */
const WHO_TOOK_IT = `
  CREATE TABLE bench_taken (run_id uuid, attempt integer, worker text);
  CREATE FUNCTION bench_take() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO bench_taken VALUES (NEW.id, NEW.attempt, current_setting('application_name')); RETURN NULL; END $$;
  CREATE TRIGGER bench_take AFTER UPDATE OF attempt ON run FOR EACH ROW EXECUTE FUNCTION bench_take();`;

export type Ended = { state: RunState; runId: string; attempts: number; error: string | null };
/** A run that a killed worker had. */
export type Hit = {
  runId: string;
  connectionId: string;
  attempt: number;
  stage: string | null;
  checkpoint: number;
  at: Date;
};

export async function openFaultsWorld(workerCount: number) {
  const { dir, remove } = temporaryDir("tidegate-faults-");
  const [password, configPort, key] = [
    randomBytes(9).toString("hex"),
    await freePort(),
    randomBytes(32).toString("base64"),
  ];
  const startConfig = () =>
    startEmbeddedPostgres({ dataDir: join(dir, "config"), port: configPort, password });
  const startWarehouse = () =>
    startSandbox({ dir: join(dir, "sandbox"), ports: "stable", demo: false, onFailure: ignored });

  await buildWorker();
  let config: EmbeddedPostgres = await startConfig();
  const url = config.url("tidegate");
  await applyMigrations(url);
  process.env.DATABASE_URL = url;
  process.env.ENCRYPTION_KEY = key;
  await db().$transaction(
    WHO_TOOK_IT.split(/;\n/).map((statement) => db().$executeRawUnsafe(statement)),
  );
  let started = 0;
  const startWorker = async () => {
    const name = `worker-${++started}`;
    const { child } = await startChild({
      name: "worker",
      args: [...workerFlags, workerProgram],
      env: {
        DATABASE_URL: `${url}?application_name=${name}`,
        ENCRYPTION_KEY: key,
        LOG_LEVEL: "error",
        NODE_ENV: "production",
      },
      ready: (line) => line.includes("worker ready"),
      onFailure: ignored,
    });
    return { name, child };
  };

  let sandbox = await startWarehouse();
  const warehouse = warehouseSchema.parse(sandbox.endpoints);
  const workers = await Promise.all(Array.from({ length: workerCount }, startWorker));

  const withClient = async <T>(
    config: pg.ClientConfig,
    work: (client: pg.Client) => Promise<T>,
  ): Promise<T> => {
    const client = new pg.Client(config);
    client.on("error", ignored);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end().catch(ignored);
    }
  };
  const asAdmin = () => {
    const { host, port, database, ca, adminUser, adminPassword } = warehouse.redshift;
    return { host, port, database, user: adminUser, password: adminPassword, ssl: { ca } };
  };
  /** The stand-in's PostgreSQL itself: for what Redshift's SQL doesn't have. */
  const underneath = () => {
    const [secrets, ports] = ["secrets.json", "ports.json"].map(
      (name) =>
        JSON.parse(readFileSync(join(dir, "sandbox", name), "utf8")) as Record<
          string,
          string | number
        >,
    );
    return {
      host: "127.0.0.1",
      port: Number(ports?.postgres),
      user: "postgres",
      password: String(secrets?.postgresPassword),
      database: warehouse.redshift.database,
    };
  };
  const beneath = (sql: string) =>
    eventually(() =>
      withClient(
        underneath(),
        async (client) => (await client.query<Record<string, string>>(sql)).rows,
      ),
    );
  /** The sandbox forgets the last commits when it is killed, for speed; Redshift doesn't. A role's own setting goes before the server's. */
  const makeDurable = async (role: string) =>
    void (await beneath(`ALTER ROLE ${role} SET synchronous_commit = on`));
  await makeDurable(warehouse.redshift.adminUser);

  const control = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${warehouse.control.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${warehouse.control.token}`,
        "content-type": "application/json",
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  };
  /** What the stand-in was told to do wrong: a new one knows nothing of it. */
  const wrong: Record<"redshift" | "s3", object[]> = { redshift: [], s3: [] };
  const doWrong = async (what: keyof typeof wrong, rules: object[]) => {
    wrong[what] = rules;
    await control("PUT", `/${what}/faults`, rules);
  };
  const admin = (sql: string) =>
    eventually(() => withClient(asAdmin(), async (client) => void (await client.query(sql))));
  await admin('CREATE SCHEMA IF NOT EXISTS "_rudderstack"');
  const { teamId } = await makeMember();

  const underWay = (of: string[]) =>
    eventually(
      () => db().$queryRaw<(Omit<Hit, "at"> & { worker: string })[]>`
    SELECT run.id AS "runId", run.connection_id AS "connectionId", run.attempt, run.stage, run.checkpoint, taken.worker
    FROM run JOIN bench_taken taken ON taken.run_id = run.id AND taken.attempt = run.attempt
    WHERE run.state = 'running' AND taken.worker = ANY (${of})`,
    );
  const replace = async (at: number) => {
    kill(workers[at]!.child);
    workers[at] = await startWorker();
  };

  return {
    dir,
    teamId: teamId as TeamId,
    warehouse,
    admin,
    beneath,
    makeDurable,
    /** Runs a connection and waits until it is over, whatever dies meanwhile. */
    run: async (connectionId: string): Promise<Ended> => {
      const asked = await eventually(() => requestRun(teamId, connectionId));
      if (!asked) throw new Error("The connection is gone.");
      for (;;) {
        const found = await eventually(() =>
          db().run.findUniqueOrThrow({ where: { id: asked.runId } }),
        );
        if (isRunState(found.state) && isOver(found.state))
          return {
            state: found.state,
            runId: found.id,
            attempts: found.attempt,
            error: found.error === null ? null : JSON.stringify(found.error),
          };
        await wait(150);
      }
    },
    /** Waits until a worker that lives is at a stage of a run. */
    untilAt: async (stage: string): Promise<void> => {
      while (!(await underWay(workers.map(({ name }) => name))).some((run) => run.stage === stage))
        await wait(20);
    },
    warehouseFaults: (rules: object[]) => doWrong("redshift", rules),
    s3Faults: (rules: object[]) => doWrong("s3", rules),
    /** Statements that have begun and not ended, the oldest first. */
    statementsUnderWay: async () =>
      runningSchema.parse(await control("GET", "/statements/running")),
    /** Requests to S3 that have no answer yet. */
    requestsUnderWay: async () =>
      requestsSchema.parse(await control("GET", "/s3/requests/running")),
    /** How often the warehouse's faults have been met. */
    faultsMet: async () =>
      usedSchema
        .parse(await control("GET", "/redshift/faults/used"))
        .reduce((sum, { used }) => sum + used, 0),
    stagedFiles: async () =>
      eventually(async () =>
        objectsSchema.parse(await control("GET", "/s3/objects")).map(({ key: name }) => name),
      ),
    /** SIGKILL, and another takes its place. */
    kill: {
      worker: () => replace(Math.floor(Math.random() * workers.length)),
      /** One that has runs, within so many milliseconds from when there is one. `told` of what it had, before another takes its place. */
      busyWorker: async (withinMs: number, told: (hits: Hit[]) => Promise<void>) => {
        const live = () => underWay(workers.map(({ name }) => name));
        for (;;) {
          while ((await live()).length === 0) await wait(20);
          await wait(between(0, withinMs)); // else it would always die at the beginning of a run
          const busy = [...new Set((await live()).map(({ worker }) => worker))];
          const at = workers.findIndex(
            ({ name }) => name === busy[Math.floor(Math.random() * busy.length)],
          );
          const victim = workers[at];
          if (!victim) continue;
          kill(victim.child);
          const died = new Date();
          await told(
            (await underWay([victim.name])).map(({ worker: _, ...run }) => ({ ...run, at: died })),
          );
          workers[at] = await startWorker();
          return;
        }
      },
      warehouse: async () => {
        const postmaster = Number(
          readFileSync(join(dir, "sandbox", "postgres", "postmaster.pid"), "utf8").split("\n")[0],
        );
        kill(sandbox.child);
        process.kill(postmaster, "SIGQUIT"); // it would outlive the sandbox, in a process group of its own
        await wait(1_000);
        sandbox = await eventually(startWarehouse);
        for (const what of ["redshift", "s3"] as const)
          await control("PUT", `/${what}/faults`, wrong[what]);
      },
      /** Immediate shutdown: nothing is finished, and the next start recovers from the log. */
      configDatabase: async () => {
        await config.crash();
        config = await startConfig();
      },
    },
    workerPids: () => workers.map(({ child }) => child.pid),
    /** Seconds of CPU so far: the workers', and those of everything under the warehouse and the config database. */
    cpuSeconds: () => ({
      worker: sumOf(workers.map(({ child }) => child.pid)),
      sandbox: sumOf([sandbox.child.pid]) - sumOf([postmasterOf(join(dir, "sandbox", "postgres"))]),
      warehouse: sumOf([postmasterOf(join(dir, "sandbox", "postgres"))]),
      config: sumOf([postmasterOf(join(dir, "config"))]),
    }),
    /** Transactions of the config database so far, the bench's own among them. */
    configTransactions: async (): Promise<number> => {
      const [row] = await db().$queryRaw<{ n: number }[]>`
        SELECT (xact_commit + xact_rollback)::int AS n FROM pg_stat_database WHERE datname = current_database()`;
      return row?.n ?? 0;
    },
    close: async () => {
      for (const child of [...workers.map((worker) => worker.child), sandbox.child])
        await child.stop();
      await db().$disconnect();
      await config.stop();
      remove();
    },
  };
}
export type FaultsWorld = Awaited<ReturnType<typeof openFaultsWorld>>;
