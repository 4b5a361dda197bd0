// The second program: takes runs and verifications from the queue, fires the slots of schedules, and picks up what dead workers left.
// Any number of these may run, on any number of machines.
import { handleRunSync } from "@/lib/jobs/handlers/run-sync";
import { handleVerify } from "@/lib/jobs/handlers/verify";
import { work } from "@/lib/jobs/queue";
import {
  fireSlots,
  sweepChecks,
  sweepLeft,
  sweepOldAudit,
  sweepRejected,
  sweepRuns,
} from "@/lib/jobs/schedule";
import { currentRing } from "@/lib/platform/key-ring";
import { log } from "@/lib/platform/log";
import { guardFetch } from "@/lib/platform/network/fetch";
import { SWEEP_MS } from "@/lib/runs/rules";
import { stopWithParent } from "@/scripts/with-parent.mjs";

async function main(): Promise<void> {
  currentRing(); // without a key it could keep no secret
  guardFetch();
  const shutdown = new AbortController();
  // from the first moment on: what is not up yet has nothing to finish
  let stop: () => void = () => process.exit(0);
  stopWithParent(() => stop());
  const working = await work({
    run: (payload) => handleRunSync(payload, shutdown.signal),
    verify: (payload) => handleVerify(payload, shutdown.signal),
  });
  let ticking: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const tick = async () => {
    try {
      await fireSlots();
      await sweepRuns();
      await sweepChecks();
      await sweepRejected();
      await sweepOldAudit();
      await sweepLeft();
    } catch (error) {
      log.error({ err: error }, "scheduler"); // the database may be restarting: the next tick tries again
    }
    if (!shutdown.signal.aborted) timer = setTimeout(() => (ticking = tick()), SWEEP_MS);
  };
  ticking = tick();
  const finish = async () => {
    if (shutdown.signal.aborted) return;
    shutdown.abort();
    clearTimeout(timer);
    await ticking;
    await working.stop();
    process.exit(0);
  };
  stop = () => void finish();
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  console.log("worker ready"); // what the supervisor waits for, whatever LOG_LEVEL says
}

main().catch((error: unknown) => {
  log.fatal({ err: error }, "the worker could not start");
  process.exit(1);
});
