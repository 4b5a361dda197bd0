// The second program: takes runs and verifications that are due, fires the slots of schedules, and picks up what dead workers left.
// Any number of these may run, on any number of machines.
import { setTimeout as wait } from "node:timers/promises";
import { openFitness, type Fitness } from "@/lib/jobs/fitness";
import { startWork } from "@/lib/jobs/work";
import { currentRing } from "@/lib/platform/key-ring";
import { log, logProcess } from "@/lib/platform/log";
import { guardFetch } from "@/lib/platform/network/fetch";
import { stopWithParent } from "@/scripts/with-parent.mjs";

/** Less than the launcher waits before it kills. */
const STOP_MS = 8_000;

async function main(): Promise<void> {
  logProcess();
  currentRing(); // without a key it could keep no secret
  guardFetch();
  // from the first moment on: what is not up yet has nothing to finish
  let stop: () => void = () => process.exit(0);
  stopWithParent(() => stop());
  const fitness = openFitness();
  await untilFit(fitness);
  const working = await startWork(fitness);
  let isStopping = false;
  const finish = async () => {
    if (isStopping) return;
    isStopping = true;
    // a run that doesn't let go is taken over once its lease is over
    setTimeout(() => process.exit(0), STOP_MS).unref();
    await working.stop();
    process.exit(0);
  };
  stop = () => void finish();
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  // what the supervisor waits for, whatever LOG_LEVEL says
  log.child({}, { level: "info" }).info("worker ready");
}

const LOOK_MS = 2_000;

/** An upgrade may be under way, or a key about to be put in its place: this worker says that it is ready when it is. */
async function untilFit(fitness: Fitness): Promise<void> {
  for (;;) {
    try {
      if (await fitness.check()) return;
    } catch (error) {
      log.error({ err: error }, "the database can’t be asked; it is tried again");
    }
    await wait(LOOK_MS);
  }
}

main().catch((error: unknown) => {
  log.fatal({ err: error }, "the worker could not start");
  process.exit(1);
});
