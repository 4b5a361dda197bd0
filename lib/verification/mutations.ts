import type { CheckResult } from "@/lib/connectors/contract";
import { systemClock, type Clock } from "@/lib/platform/clock";
import { db, type Tx } from "@/lib/platform/db";
import { allPassed, CHECK_LEASE_MS, nextCheckMs } from "@/lib/verification/rules";
import type { Subject } from "@/lib/verification/schema";
import type { Prisma } from "@/prisma/generated/client";

/** How many are begun in one sweep: the next one is seconds away. */
const AT_ONCE = 20;

/** What is due to be verified, each given to one caller only: its time is put off before it is handed out. */
export async function claimDueChecks(clock: Clock = systemClock): Promise<Subject[]> {
  const now = clock.now();
  const due = { where: { nextCheckAt: { lte: now } }, orderBy: { nextCheckAt: "asc" }, take: AT_ONCE, select: { id: true, nextCheckAt: true } } as const;
  const putOff = { nextCheckAt: new Date(now.getTime() + CHECK_LEASE_MS) };
  const claimed: Subject[] = [];
  for (const { id, nextCheckAt } of await db().source.findMany(due)) {
    if ((await db().source.updateMany({ where: { id, nextCheckAt }, data: putOff })).count === 1) claimed.push({ subject: "source", id });
  }
  for (const { id, nextCheckAt } of await db().destination.findMany(due)) {
    if ((await db().destination.updateMany({ where: { id, nextCheckAt }, data: putOff })).count === 1) claimed.push({ subject: "destination", id });
  }
  return claimed;
}

/**
 * What a verification comes to, as columns of its source. A source is verified again after a while.
 */
export const sourceOutcome = (results: CheckResult[], clock: Clock = systemClock) => ({ ...outcome(results, clock), nextCheckAt: new Date(clock.now().getTime() + nextCheckMs(allPassed(results))) });

/** The same of a destination, which is verified only when something changes: its last check sends a test event, which nobody wants every few hours. */
export const destinationOutcome = (results: CheckResult[], clock: Clock = systemClock) => ({ ...outcome(results, clock), nextCheckAt: null });

const outcome = (results: CheckResult[], clock: Clock) => ({ checks: results as unknown as Prisma.InputJsonArray, checkedAt: clock.now(), checkOk: allPassed(results) });

/** Writes down how a verification ended, with its subject and with the credentials it used. */
export async function recordVerification({ subject, id }: Subject, credentialId: string, results: CheckResult[], clock: Clock = systemClock): Promise<void> {
  await db().$transaction([
    // updateMany: what was deleted meanwhile is no error
    subject === "source" ? db().source.updateMany({ where: { id }, data: sourceOutcome(results, clock) }) : db().destination.updateMany({ where: { id }, data: destinationOutcome(results, clock) }),
    db().credential.updateMany({ where: { id: credentialId }, data: { lastCheckedAt: clock.now(), lastCheckOk: allPassed(results) } }),
  ]);
}

/** Has everything that uses these credentials verified at the next sweep, seconds from now: they have changed. */
export async function verifyUsersOf(tx: Tx, credentialId: string, clock: Clock = systemClock): Promise<void> {
  const now = { nextCheckAt: clock.now() };
  await tx.source.updateMany({ where: { credentialId }, data: now });
  await tx.destination.updateMany({ where: { credentialId }, data: now });
}

/** The same for one of them: a run of it failed in a way that somebody has to mend. */
export async function verifySoon({ subject, id }: Subject, clock: Clock = systemClock): Promise<void> {
  const now = { nextCheckAt: clock.now() };
  await (subject === "source" ? db().source.updateMany({ where: { id }, data: now }) : db().destination.updateMany({ where: { id }, data: now }));
}
