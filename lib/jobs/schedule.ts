import { sweepAudit } from "@/lib/audit/mutations";
import { listScheduled } from "@/lib/connections/data";
import { sendRun, sendVerify } from "@/lib/jobs/queue";
import { systemClock, type Clock } from "@/lib/platform/clock";
import { sweepLimits } from "@/lib/platform/rate-limit";
import { listDueRuns, requestSlot, sweepPayloads } from "@/lib/runs/mutations";
import { latestSlot } from "@/lib/schedule/rules";
import { sweepLeftovers } from "@/lib/sources/open";
import { claimDueChecks } from "@/lib/verification/mutations";

/**
 * Starts the run of every slot that has come and has had none. Slots missed while nothing ran, or while a run was not
 * over, collapse into the latest. Any number of workers may call this at the same moment: the slot's key lets one win.
 */
export async function fireSlots(clock: Clock = systemClock): Promise<string[]> {
  const fired: string[] = [];
  for (const connection of await listScheduled()) {
    const slot = latestSlot(connection.schedule, clock.now());
    if (!slot || slot <= connection.createdAt) continue;
    const runId = await requestSlot(connection, slot);
    if (runId) fired.push(runId);
  }
  return fired;
}

/** Wakes workers for every run that somebody ought to take: new ones, due retries, and those a dead worker left. */
export async function sweepRuns(clock: Clock = systemClock): Promise<void> {
  for (const { id } of await listDueRuns(clock)) await sendRun({ runId: id });
}

/** Has what is due verified: sources every few hours, and whatever uses credentials that have changed. */
export async function sweepChecks(clock: Clock = systemClock): Promise<void> {
  for (const subject of await claimDueChecks(clock)) await sendVerify(subject);
}

/** Forgets what the audit log has kept for long enough. */
export const sweepOldAudit = (clock: Clock = systemClock): Promise<void> => sweepAudit(clock);

/** Drops what deleted connections left in warehouses that were away. */
export const sweepLeft = (clock: Clock = systemClock): Promise<void> => sweepLeftovers(clock);

const HOUR_MS = 3600_000;
let sweptAt = 0;

/** Drops what rejected rows were to be sent as once it has been kept for long enough, and counts of tries that have ended; looks once an hour. */
export async function sweepRejected(clock: Clock = systemClock): Promise<void> {
  const now = clock.now().getTime();
  if (Math.abs(now - sweptAt) < HOUR_MS) return;
  let dropped: number;
  do dropped = await sweepPayloads(clock);
  while (dropped > 0);
  await sweepLimits(new Date(now));
  sweptAt = now;
}
