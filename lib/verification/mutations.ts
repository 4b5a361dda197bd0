import { audit, tidegate } from "@/lib/audit/mutations";
import type { CheckResult } from "@/lib/connectors/contract/checks";
import type { Clock } from "@/lib/platform/clock";
import { databaseNow, db, moment, type Tx } from "@/lib/platform/db";
import { allPassed, CHECK_LEASE_MS, nextCheckMs } from "@/lib/verification/rules";
import type { Subject } from "@/lib/verification/schema";
import { Prisma } from "@/prisma/generated/client";

/**
 * What is due to be verified, `most` sources and as many destinations, each given to one caller only: its time is put off
 * before it is handed out.
 */
export async function claimDueChecks(most: number, clock?: Clock): Promise<Subject[]> {
  const now = moment(clock);
  const putOff = Prisma.sql`next_check_at = ${now} + ${CHECK_LEASE_MS} * interval '1 millisecond'`;
  const due = Prisma.sql`WHERE next_check_at <= ${now} ORDER BY next_check_at LIMIT ${most} FOR UPDATE SKIP LOCKED`;
  return db().$queryRaw<Subject[]>`
    WITH due_source AS (SELECT id FROM source ${due}),
      due_destination AS (SELECT id FROM destination ${due}),
      sources AS (UPDATE source SET ${putOff} FROM due_source due WHERE source.id = due.id RETURNING source.id),
      destinations AS (
        UPDATE destination SET ${putOff} FROM due_destination due WHERE destination.id = due.id RETURNING destination.id
      )
    SELECT 'source' AS subject, id FROM sources UNION ALL SELECT 'destination', id FROM destinations`;
}

/** What a verification comes to, as columns of its source or destination. */
export const outcome = (results: CheckResult[], now: Date) => ({
  checks: results as unknown as Prisma.InputJsonArray,
  checkedAt: now,
  checkOk: allPassed(results),
});

/**
 * When it is verified again: a source after a while. A destination only when something changes: its last check sends a
 * test event, which nobody wants every few hours.
 */
export const nextCheck = (subject: Subject["subject"], results: CheckResult[], now: Date) => ({
  nextCheckAt:
    subject === "source" ? new Date(now.getTime() + nextCheckMs(allPassed(results))) : null,
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
  clock?: Clock,
): Promise<void> {
  const now = await databaseNow(clock);
  const isLatest = { id, OR: [{ checkedAt: null }, { checkedAt: { lt: begun } }] };
  const next = {
    where: { ...isLatest, NOT: { nextCheckAt: { gt: begun, lte: now } } },
    data: nextCheck(subject, results, now),
  };
  const told = { where: isLatest, data: outcome(results, now) };
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
      data: { lastCheckedAt: now, lastCheckOk: isOk },
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
async function settleRotation(credentialId: string, clock?: Clock): Promise<void> {
  const dueBy = new Date((await databaseNow(clock)).getTime() + CHECK_LEASE_MS);
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
export async function verifyUsersOf(tx: Tx, credentialId: string, clock?: Clock): Promise<void> {
  const now = { nextCheckAt: await databaseNow(clock) };
  await tx.source.updateMany({ where: { credentialId }, data: now });
  await tx.destination.updateMany({ where: { credentialId }, data: now });
}

/** The same for one of them: a run of it failed in a way that somebody has to mend. */
export async function verifySoon({ subject, id }: Subject, clock?: Clock): Promise<void> {
  const now = { nextCheckAt: await databaseNow(clock) };
  await (subject === "source"
    ? db().source.updateMany({ where: { id }, data: now })
    : db().destination.updateMany({ where: { id }, data: now }));
}
