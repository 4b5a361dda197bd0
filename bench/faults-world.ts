// Everything that a run needs, as programs that can be killed: config database, warehouse, receiver, two workers.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { z } from "zod";
import { noTunnel } from "@/lib/connectors/ssh/spec";
import { db } from "@/lib/platform/db";
import { requestRun } from "@/lib/runs/mutations";
import { isOver, isRunState, type RunState } from "@/lib/runs/state";
import type { TeamId } from "@/lib/team/types";
import { makeConnection, makeCredential, makeDestination, makeMember, makeSource } from "@/prisma/factories/world";
import { applyMigrations } from "@/prisma/migrate";
import { startChild, type Child } from "@/scripts/children";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "@/scripts/embedded-postgres";
import { freePort, startSandbox, temporaryDir } from "@/scripts/services";

const ignored = () => undefined;
const wait = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
const kill = ({ pid }: Child) => process.kill(-pid, "SIGKILL");

const warehouseSchema = z.object({ redshift: z.object({ host: z.string(), port: z.number(), database: z.string(), ca: z.string(), adminUser: z.string(), adminPassword: z.string() }), control: z.object({ url: z.string(), token: z.string() }) });
type Warehouse = z.infer<typeof warehouseSchema>;

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

/** The sandbox forgets the last commits when it is killed, for speed; Redshift doesn't. A role's own setting goes before the server's. */
async function makeDurable(sandboxDir: string): Promise<void> {
  const [secrets, ports] = ["secrets.json", "ports.json"].map((name) => JSON.parse(readFileSync(join(sandboxDir, name), "utf8")) as Record<string, string | number>);
  const client = new pg.Client({ host: "127.0.0.1", port: Number(ports?.postgres), user: "postgres", password: String(secrets?.postgresPassword), database: "postgres" });
  await client.connect();
  await client.query("ALTER ROLE admin SET synchronous_commit = on");
  await client.end();
}

/** A table, a connection, and what its receiver has heard: `version` is in every row of the last state. */
export type Lane = { key: string; table: string; connectionId: string; rows: number; version: number };
export type Ended = { state: RunState; runId: string; attempts: number; error: string | null };
/** Of one state of a lane's table, as the receiver's journal has it. */
export type Heard = { lost: number; twice: number; otherMessages: number; outOfOrder: number };

export async function openFaultsWorld(lanes: number, rows: number) {
  const { dir, remove } = temporaryDir("tidegate-faults-");
  const [password, configPort, receiverPort, key] = [randomBytes(9).toString("hex"), await freePort(), await freePort(), randomBytes(32).toString("base64")];
  const startConfig = () => startEmbeddedPostgres({ dataDir: join(dir, "config"), port: configPort, password });
  const startWarehouse = () => startSandbox({ dir: join(dir, "sandbox"), ports: "stable", demo: false, onFailure: ignored });
  const startReceiver = async () => (await startChild({ name: "receiver", args: ["bench/journal-receiver.mjs", String(receiverPort), dir], env: {}, ready: (line) => line.includes("receiver ready"), onFailure: ignored })).child;

  let config: EmbeddedPostgres = await startConfig();
  const url = config.url("tidegate");
  await applyMigrations(url);
  process.env.DATABASE_URL = url;
  process.env.ENCRYPTION_KEY = key;
  const startWorker = async () => (await startChild({ name: "worker", args: ["--import", "tsx", "lib/worker/main.ts"], env: { DATABASE_URL: url, ENCRYPTION_KEY: key, LOG_LEVEL: "error", NODE_ENV: "production" }, ready: (line) => line.includes("worker ready"), onFailure: ignored })).child;

  let sandbox = await startWarehouse();
  const warehouse: Warehouse = warehouseSchema.parse(sandbox.endpoints);
  await makeDurable(join(dir, "sandbox"));
  let receiver = await startReceiver();
  const workers = [await startWorker(), await startWorker()];

  const admin = (sql: string) => eventually(async () => {
    const { host, port, database, ca, adminUser, adminPassword } = warehouse.redshift;
    const client = new pg.Client({ host, port, database, user: adminUser, password: adminPassword, ssl: { ca } });
    client.on("error", ignored);
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end().catch(ignored);
    }
  });
  await admin('CREATE SCHEMA IF NOT EXISTS "_rudderstack"');
  const { teamId } = await makeMember();
  const { host, port, database, ca, adminUser, adminPassword } = warehouse.redshift;
  const credentialId = await makeCredential(teamId, { config: { host, port, database, user: adminUser, sslMode: "verify-full", caCertificate: ca, tunnel: { ...noTunnel } }, secret: { password: adminPassword } });

  const makeLane = async (n: number): Promise<Lane> => {
    const table = `people_${n}`;
    await admin(`CREATE TABLE public.${table} (user_id varchar(20), email varchar(60), version integer)`);
    for (let at = 0; at < rows; at += 5_000) await admin(`INSERT INTO public.${table} VALUES ${Array.from({ length: Math.min(5_000, rows - at) }, (_, index) => `('u${at + index + 1}','u${at + index + 1}@example.com',0)`).join(",")}`);
    const sourceId = await makeSource(teamId, { credentialId, table, columns: ["user_id", "email", "version"] });
    const destinationId = await makeDestination(teamId, { config: { url: `http://127.0.0.1:${receiverPort}`, compression: "none" }, secret: { writeKey: table } });
    return { key: table, table, rows, version: 0, connectionId: await makeConnection(teamId, { sourceId, destinationId }) };
  };
  const made: Lane[] = [];
  for (let n = 1; n <= lanes; n += 1) made.push(await makeLane(n));

  return {
    lanes: made,
    teamId: teamId as TeamId,
    /** Every row of the lane gets a new value. */
    change: async (lane: Lane) => {
      lane.version += 1;
      await admin(`UPDATE public.${lane.table} SET version = ${lane.version}`);
    },
    /** Runs the lane and waits until it is over, whatever dies meanwhile. */
    run: async (lane: Lane): Promise<Ended> => {
      const asked = await eventually(() => requestRun(teamId, lane.connectionId));
      if (!asked) throw new Error("The connection is gone.");
      for (;;) {
        const found = await eventually(() => db().run.findUniqueOrThrow({ where: { id: asked.runId } }));
        if (isRunState(found.state) && isOver(found.state)) return { state: found.state, runId: found.id, attempts: found.attempt, error: found.error === null ? null : JSON.stringify(found.error) };
        await wait(150);
      }
    },
    heard: (lane: Lane): Heard => {
      const file = join(dir, `${lane.key}.log`);
      const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
      const messages = new Map<string, Set<string>>();
      const newest = new Map<string, number>();
      let [events, outOfOrder] = [0, 0];
      for (const line of lines) {
        const [record = "", message = "", text] = line.split("\t");
        const version = Number(text);
        if (version < (newest.get(record) ?? 0)) outOfOrder += 1;
        newest.set(record, version);
        if (version !== lane.version) continue;
        events += 1;
        messages.set(record, (messages.get(record) ?? new Set()).add(message));
      }
      const distinct = [...messages.values()].reduce((sum, of) => sum + of.size, 0);
      return { lost: lane.rows - messages.size, twice: events - distinct, otherMessages: distinct - messages.size, outOfOrder };
    },
    slowReceiver: (of: { delayMs?: number; faulty?: number }) => fetch(`http://127.0.0.1:${receiverPort}/settings`, { method: "PUT", body: JSON.stringify(of) }),
    warehouseFaults: async (rules: object[]) => {
      const answer = await fetch(`${warehouse.control.url}/redshift/faults`, { method: "PUT", headers: { authorization: `Bearer ${warehouse.control.token}`, "content-type": "application/json" }, body: JSON.stringify(rules) });
      if (!answer.ok) throw new Error(await answer.text());
    },
    /** SIGKILL, and another takes its place. */
    kill: {
      worker: async () => {
        const at = Math.random() < 0.5 ? 0 : 1;
        kill(workers[at]!);
        workers[at] = await startWorker();
      },
      warehouse: async () => {
        const postmaster = Number(readFileSync(join(dir, "sandbox", "postgres", "postmaster.pid"), "utf8").split("\n")[0]);
        kill(sandbox.child);
        process.kill(postmaster, "SIGQUIT"); // it would outlive the sandbox, in a process group of its own
        await wait(1_000);
        sandbox = await eventually(startWarehouse);
      },
      receiver: async (delayMs: number) => {
        kill(receiver);
        await wait(1_000);
        receiver = await startReceiver();
        await fetch(`http://127.0.0.1:${receiverPort}/settings`, { method: "PUT", body: JSON.stringify({ delayMs }) });
      },
      /** Immediate shutdown: nothing is finished, and the next start recovers from the log. */
      configDatabase: async () => {
        await config.crash();
        config = await startConfig();
      },
    },
    close: async () => {
      for (const child of [...workers, receiver, sandbox.child]) await child.stop();
      await db().$disconnect();
      await config.stop();
      remove();
    },
  };
}
export type FaultsWorld = Awaited<ReturnType<typeof openFaultsWorld>>;
