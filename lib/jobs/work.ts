// What a worker does: runs and verifications that are due, and what is to be done again and again.
import { sweepAudit } from "@/lib/audit/mutations";
import type { Fitness } from "@/lib/jobs/fitness";
import { handleRunSync } from "@/lib/jobs/handlers/run-sync";
import { handleVerify } from "@/lib/jobs/handlers/verify";
import { openPlaces } from "@/lib/jobs/places";
import { listenForWork } from "@/lib/jobs/queue";
import { fireSlots } from "@/lib/jobs/schedule";
import { openSweeps, type Sweep } from "@/lib/jobs/sweeps";
import { log } from "@/lib/platform/log";
import { sweepLimits } from "@/lib/platform/rate-limit";
import { claimRun, sweepOldPayloads } from "@/lib/runs/mutations";
import { SWEEP_MS } from "@/lib/runs/rules";
import { sweepLeftovers } from "@/lib/sources/open";
import { claimDueChecks } from "@/lib/verification/mutations";

/** How many runs, and verifications, one worker process has under way. A small run mostly waits for its warehouse. */
const RUNS = 8;
const VERIFICATIONS = 2;

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * Begins to work, until `stop`: that gives runs back to other workers, and waits until nothing is under way. While this
 * worker is not fit it takes nothing.
 */
export async function startWork(fitness: Fitness): Promise<{ stop(): Promise<void> }> {
  const shutdown = new AbortController();
  // the database may be restarting
  const failed = (what: string) => (error: unknown) =>
    log.error({ err: error }, `${what} failed; it is tried again`);
  const runs = openPlaces(
    RUNS,
    async () => {
      const claim = fitness.isFit() ? await claimRun(null) : null;
      return claim && (() => handleRunSync(claim, shutdown.signal));
    },
    failed("taking a run"),
  );
  const checks = openPlaces(
    VERIFICATIONS,
    async () => {
      const due = fitness.isFit() ? await claimDueChecks(1) : [];
      const work = async () => {
        for (const subject of due) await handleVerify(subject, shutdown.signal);
      };
      return due.length > 0 ? work : null;
    },
    failed("taking a verification"),
  );
  const notifications = listenForWork(() => runs.wake());
  await notifications.check();
  const often = { everyMs: SWEEP_MS, deadlineMs: 30 * SECOND_MS };
  const seldom = { everyMs: HOUR_MS, deadlineMs: 10 * MINUTE_MS };
  /** Only while this worker knows the database as it is. */
  const whileFit =
    (sweep: Sweep["sweep"]): Sweep["sweep"] =>
    async (signal) => {
      if (fitness.isFit()) await sweep(signal);
    };
  const sweeps = openSweeps(
    [
      {
        name: "fitness",
        ...often,
        everyMs: 10 * SECOND_MS,
        sweep: async () => void (await fitness.check()),
      },
      { name: "schedules", ...often, sweep: whileFit(async () => void (await fireSlots())) },
      { name: "runs", ...often, sweep: async () => runs.wake() },
      { name: "verifications", ...often, sweep: async () => checks.wake() },
      { name: "notifications", ...often, sweep: () => notifications.check() },
      {
        name: "state that was left",
        ...seldom,
        everyMs: MINUTE_MS,
        sweep: whileFit(sweepLeftovers),
      },
      { name: "payloads of rejected rows", ...seldom, sweep: whileFit(sweepOldPayloads) },
      { name: "counts of tries", ...seldom, sweep: whileFit(() => sweepLimits()) },
      { name: "audit log", ...seldom, sweep: whileFit(() => sweepAudit()) },
    ],
    (name, error) => failed(name)(error),
  );
  return {
    stop: async () => {
      shutdown.abort();
      await Promise.all([sweeps.stop(), notifications.stop(), runs.stop(), checks.stop()]);
    },
  };
}
