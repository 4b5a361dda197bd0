import { audit, tidegate } from "@/lib/audit/mutations";
import type { CheckResult } from "@/lib/connectors/contract/checks";
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
  const due = {
    where: { nextCheckAt: { lte: now } },
    orderBy: { nextCheckAt: "asc" },
    take: AT_ONCE,
    select: { id: true, nextCheckAt: true },
  } as const;
  const putOff = { nextCheckAt: new Date(now.getTime() + CHECK_LEASE_MS) };
  const claimed: Subject[] = [];
  for (const { id, nextCheckAt } of await db().source.findMany(due)) {
    if ((await db().source.updateMany({ where: { id, nextCheckAt }, data: putOff })).count === 1)
      claimed.push({ subject: "source", id });
  }
  for (const { id, nextCheckAt } of await db().destination.findMany(due)) {
    if (
      (await db().destination.updateMany({ where: { id, nextCheckAt }, data: putOff })).count === 1
    )
      claimed.push({ subject: "destination", id });
  }
  return claimed;
}

/** What a verification comes to, as columns of its source or destination. */
export const outcome = (results: CheckResult[], clock: Clock = systemClock) => ({
  checks: results as unknown as Prisma.InputJsonArray,
  checkedAt: clock.now(),
  checkOk: allPassed(results),
});

/**
 * When it is verified again: a source after a while. A destination only when something changes: its last check sends a
 * test event, which nobody wants every few hours.
 */
export const nextCheck = (
  subject: Subject["subject"],
  results: CheckResult[],
  clock: Clock = systemClock,
) => ({
  nextCheckAt:
    subject === "source" ? new Date(clock.now().getTime() + nextCheckMs(allPassed(results))) : null,
});

/**
 * Writes down how a verification that began at `begun` ended, with its subject and with the credentials it used. What
 * became due while it ran (its credentials were changed) stays due, and an outcome of a later one is not overwritten.
 */
export async function recordVerification(
  { subject, id }: Subject,
  credentialId: string,
  begun: Date,
  results: CheckResult[],
  clock: Clock = systemClock,
): Promise<void> {
  const isLatest = { id, OR: [{ checkedAt: null }, { checkedAt: { lt: begun } }] };
  const next = {
    where: { ...isLatest, NOT: { nextCheckAt: { gt: begun, lte: clock.now() } } },
    data: nextCheck(subject, results, clock),
  };
  const told = { where: isLatest, data: outcome(results, clock) };
  const isOk = allPassed(results);
  await db().$transaction(async (tx) => {
    const wanted = { where: { id }, select: { name: true, teamId: true, checkOk: true } } as const;
    const before =
      subject === "source"
        ? await tx.source.findUnique(wanted)
        : await tx.destination.findUnique(wanted);
    // updateMany: what was deleted meanwhile is no error
    if (subject === "source") await tx.source.updateMany(next);
    else await tx.destination.updateMany(next);
    const { count } =
      subject === "source"
        ? await tx.source.updateMany(told)
        : await tx.destination.updateMany(told);
    await tx.credential.updateMany({
      where: { id: credentialId },
      data: { lastCheckedAt: clock.now(), lastCheckOk: isOk },
    });
    // one of many that end alike is no news
    if (count === 1 && before && before.checkOk !== isOk)
      await audit(tx, tidegate(before.teamId), {
        action: "tested",
        subjectType: subject,
        subjectId: id,
        subjectName: before.name,
        result: isOk ? "done" : "failed",
        before: { passed: before.checkOk },
        after: { passed: isOk },
      });
  });
  await settleRotation(credentialId, clock);
}

/** Drops the secret that was replaced, once everything that uses these credentials has been verified with the new one. */
export async function settleRotation(
  credentialId: string,
  clock: Clock = systemClock,
): Promise<void> {
  const dueBy = new Date(clock.now().getTime() + CHECK_LEASE_MS);
  await db().$executeRaw`
    UPDATE credential c SET rotation = 'none', sealed_other = NULL
    WHERE c.id = ${credentialId}::uuid AND c.rotation = 'previous' AND NOT EXISTS (
      SELECT 1 FROM (
        SELECT credential_id, check_ok, checked_at, next_check_at FROM source UNION ALL SELECT credential_id, check_ok, checked_at, next_check_at FROM destination
      ) users
      WHERE users.credential_id = c.id AND (check_ok IS NOT TRUE OR checked_at < c.rotated_at OR next_check_at <= ${dueBy})
    )`;
}

/** Has everything that uses these credentials verified at the next sweep, seconds from now: they have changed. */
export async function verifyUsersOf(
  tx: Tx,
  credentialId: string,
  clock: Clock = systemClock,
): Promise<void> {
  const now = { nextCheckAt: clock.now() };
  await tx.source.updateMany({ where: { credentialId }, data: now });
  await tx.destination.updateMany({ where: { credentialId }, data: now });
}

/** The same for one of them: a run of it failed in a way that somebody has to mend. */
export async function verifySoon(
  { subject, id }: Subject,
  clock: Clock = systemClock,
): Promise<void> {
  const now = { nextCheckAt: clock.now() };
  await (subject === "source"
    ? db().source.updateMany({ where: { id }, data: now })
    : db().destination.updateMany({ where: { id }, data: now }));
}
