import { PgBoss } from "pg-boss";
import {
  RUN_SYNC,
  runSyncSchema,
  VERIFY,
  verifySchema,
  type RunSync,
  type Verify,
} from "@/lib/jobs/contract";
import { databaseUrl } from "@/lib/platform/env";
import { log } from "@/lib/platform/log";

const POLL_S = 0.5;
/** How many runs, and verifications, one worker process has under way. */
const CONCURRENCY = 4;
const VERIFICATIONS = 2;
/** pg-boss ends a job that takes longer; a run has its own lease, so this is only a far wall. */
const EXPIRE_S = 24 * 60 * 60 - 1;

const kept = globalThis as { tidegateQueue?: Promise<PgBoss> };

async function open(supervise: boolean): Promise<PgBoss> {
  const boss = new PgBoss({
    connectionString: databaseUrl(),
    schema: "queue",
    max: 4,
    supervise,
    schedule: false,
  });
  boss.on("error", (error) => log.error({ err: error }, "queue"));
  await boss.start();
  await boss.createQueue(VERIFY, {
    policy: "short",
    retryLimit: 0,
    expireInSeconds: 120,
    deleteAfterSeconds: 3600,
  });
  // short: at most one waiting job for a run, however often it is sent; one that a dead worker holds does not count
  await boss.createQueue(RUN_SYNC, {
    policy: "short",
    retryLimit: 0,
    expireInSeconds: EXPIRE_S,
    deleteAfterSeconds: 3600,
  });
  return boss;
}

/** The queue of this process, opened at first use. */
const queue = (): Promise<PgBoss> => (kept.tidegateQueue ??= open(false));

/** Wakes a worker for a run. If this is lost, the worker's sweeper finds the run by its row. */
export async function sendRun(payload: RunSync): Promise<void> {
  await (await queue()).send(RUN_SYNC, payload, { singletonKey: payload.runId });
}

/** Has a worker verify a source or a destination. */
export async function sendVerify(payload: Verify): Promise<void> {
  await (await queue()).send(VERIFY, payload, { singletonKey: payload.id });
}

/** Takes jobs until `stop`; handlers settle everything themselves, so that a job never fails. */
export async function work(handle: {
  run: (payload: RunSync) => Promise<void>;
  verify: (payload: Verify) => Promise<void>;
}): Promise<{ stop(): Promise<void> }> {
  kept.tidegateQueue = open(true);
  const boss = await kept.tidegateQueue;
  await boss.work(
    RUN_SYNC,
    { pollingIntervalSeconds: POLL_S, localConcurrency: CONCURRENCY },
    async (jobs) => {
      for (const job of jobs) await handle.run(runSyncSchema.parse(job.data));
    },
  );
  await boss.work(
    VERIFY,
    { pollingIntervalSeconds: POLL_S, localConcurrency: VERIFICATIONS },
    async (jobs) => {
      for (const job of jobs) await handle.verify(verifySchema.parse(job.data));
    },
  );
  return { stop: () => boss.stop({ graceful: true, timeout: 8_000 }) };
}
