import { listDueSlots, type DueSlot } from "@/lib/connections/data";
import { setNextRun } from "@/lib/connections/mutations";
import { wakeWorkers } from "@/lib/jobs/queue";
import type { Clock } from "@/lib/platform/clock";
import { log } from "@/lib/platform/log";
import { requestSlot } from "@/lib/runs/mutations";
import { latestSlot, nextSlots } from "@/lib/schedule/rules";
import { scheduleSchema } from "@/lib/schedule/schema";

/**
 * Starts the run of every slot that has come and has had none, and writes down when each connection is due next. Slots
 * missed while nothing ran, or while a run was not over, collapse into the latest. Any number of workers may call this at
 * the same moment: the slot's key lets one win. A connection whose slot can't be fired delays no other.
 */
export async function fireSlots(clock?: Clock): Promise<string[]> {
  const fired: string[] = [];
  for (const due of await listDueSlots(clock)) {
    try {
      const runId = await fire(due);
      if (runId) fired.push(runId);
    } catch (error) {
      log.error({ err: error, connectionId: due.id }, "a slot could not be fired");
    }
  }
  if (fired.length > 0) await wakeWorkers();
  return fired;
}

async function fire(connection: DueSlot): Promise<string | null> {
  const { now, createdAt } = connection;
  const schedule = scheduleSchema.parse(connection.schedule);
  const slot = latestSlot(schedule, now);
  const outcome = slot && slot > createdAt ? await requestSlot(connection, slot) : "has its run";
  if (outcome === "another") return null; // it stays due, and fires once that run is over
  const [next] = nextSlots(schedule, now, 1);
  await setNextRun(connection.id, connection.nextRunAt, next ?? null);
  return outcome === "has its run" ? null : outcome.fired;
}
