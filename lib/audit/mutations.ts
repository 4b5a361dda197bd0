import { AsyncLocalStorage } from "node:async_hooks";
import type { AuditAction, AuditResult, AuditSubject } from "@/lib/audit/types";
import { systemClock, type Clock } from "@/lib/platform/clock";
import { databaseNow, db, type Tx } from "@/lib/platform/db";
import { env } from "@/lib/platform/env";
import type { Target } from "@/lib/platform/reference-rules";
import { newId } from "@/lib/platform/ids";
import { log } from "@/lib/platform/log";
import type { Person, TeamId } from "@/lib/team/types";
import type { Prisma } from "@/prisma/generated/client";

export type AuditLine = {
  action: AuditAction;
  subjectType: AuditSubject;
  subjectId?: string | null;
  subjectName: string;
  result?: AuditResult;
  /** Never a secret: say "changed". */
  detail?: Prisma.InputJsonObject;
  before?: Prisma.InputJsonObject;
  after?: Prisma.InputJsonObject;
};

/** Who did it: an actor, or Tidegate itself. */
export type AuditActor = { teamId: TeamId; userId: string | null; name: string; ip: string | null };

/** Tidegate itself, as a worker: by a schedule, or to clean up. */
export const tidegate = (teamId: string): AuditActor => ({
  teamId: teamId as TeamId,
  userId: null,
  name: "Tidegate",
  ip: null,
});

const writing = new AsyncLocalStorage<{ isWritten: boolean }>();

/** Runs `work` and tells whether it wrote a line of its own: lib/web/define-action.ts writes one where it did not. */
export async function watchedAudit<T>(
  work: () => Promise<T>,
): Promise<{ value: T; isWritten: boolean }> {
  const seen = { isWritten: false };
  const value = await writing.run(seen, work);
  return { value, isWritten: seen.isWritten };
}

const rowOf = ({ teamId, userId, name, ip }: AuditActor, line: AuditLine) => ({
  id: newId(),
  teamId,
  actorId: userId,
  actorName: name,
  ip,
  ...line,
});

/** Who did what to what, in the same transaction as the deed. */
export async function audit(tx: Tx | undefined, actor: AuditActor, line: AuditLine): Promise<void> {
  await (tx ?? db()).auditEntry.create({ data: rowOf(actor, line) });
  const seen = writing.getStore();
  if (seen) seen.isWritten = true;
}

/** What somebody did with their own account: told in each of their teams, since it is the door to each. */
export async function auditPerson(
  person: Omit<Person, "sessionId" | "email">,
  line: Omit<AuditLine, "subjectType" | "subjectName"> & {
    subjectType?: AuditSubject;
    subjectName?: string;
  },
  tx?: Tx,
): Promise<void> {
  const teams = await (tx ?? db()).member.findMany({
    where: { userId: person.userId },
    select: { organizationId: true },
  });
  if (teams.length === 0)
    log.info(
      { userId: person.userId, ip: person.ip, action: line.action, result: line.result ?? "done" },
      "own account, of somebody who is in no team",
    );
  await (tx ?? db()).auditEntry.createMany({
    data: teams.map(({ organizationId }) =>
      rowOf(
        { ...person, teamId: organizationId as TeamId },
        { subjectType: "account", subjectName: person.name, subjectId: person.userId, ...line },
      ),
    ),
  });
  const seen = writing.getStore();
  if (seen) seen.isWritten = true;
}

/** A reference to a secret of the operator's, with the places it is sent to, or why it was refused. */
export type ReferenceUse = { reference: string; targets: Target[]; refused: string | null };

/** A connection that runs every minute would fill the log with the same line. */
const REFERENCE_MS = 3600_000;
const MAX_REFERENCES = 10_000;
const referencesUsed = new Map<string, number>();

/** Which references a team's secrets were read by, and for where: once an hour for the same use in the same process. */
export async function auditReferences(
  teamId: TeamId,
  uses: readonly ReferenceUse[],
  clock: Clock = systemClock,
): Promise<void> {
  const now = clock.now().getTime();
  for (const { reference, targets, refused } of uses) {
    const sentTo = targets.map(({ kind, host }) => `${kind}@${host}`);
    const use = JSON.stringify([teamId, reference, sentTo, refused]);
    if (now - (referencesUsed.get(use) ?? -Infinity) < REFERENCE_MS) continue;
    // not by audit(): what somebody did by an action is written beside it
    await db().auditEntry.create({
      data: rowOf(tidegate(teamId), {
        action: "used",
        subjectType: "secret reference",
        subjectName: reference.slice(0, 200),
        result: refused === null ? "done" : "refused",
        detail: { sentTo, ...(refused !== null && { reason: refused }) },
      }),
    });
    if (referencesUsed.size >= MAX_REFERENCES) referencesUsed.clear();
    referencesUsed.set(use, now);
  }
}

const DAY_MS = 24 * 3600_000;

/** Forgets what is older than AUDIT_DAYS, and says so in the log itself. The database lets nothing younger go. */
export async function sweepAudit(clock?: Clock): Promise<void> {
  const days = env().AUDIT_DAYS;
  if (days === 0) return;
  await forgetAudit(days, new Date((await databaseNow(clock)).getTime() - days * DAY_MS));
}

async function forgetAudit(days: number, before: Date): Promise<void> {
  const old = await db().auditEntry.groupBy({
    by: ["teamId"],
    where: { at: { lt: before } },
    _count: true,
  });
  if (old.length === 0) return;
  await db().$transaction(async (tx) => {
    await tx.$executeRaw`SELECT set_config('tidegate.audit_days', ${String(days)}, true)`;
    for (const { teamId } of old) {
      const { count } = await tx.auditEntry.deleteMany({ where: { teamId, at: { lt: before } } });
      if (count > 0)
        await audit(tx, tidegate(teamId), {
          action: "deleted",
          subjectType: "audit log",
          subjectName: "Audit log",
          detail: { entries: count, olderThanDays: days },
        });
    }
  });
}
