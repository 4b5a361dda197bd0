import type { AuditCursor, AuditFilter } from "@/lib/audit/schema";
import { db } from "@/lib/platform/db";
import type { TeamId } from "@/lib/team/types";
import type { Prisma } from "@/prisma/generated/client";

export const AUDIT_PAGE = 50;
const EXPORT_BATCH = 500;
const DAY_MS = 24 * 3600_000;

function matching(teamId: TeamId, { q, who, what, result, from, to }: AuditFilter): Prisma.AuditEntryWhereInput {
  const found = { contains: q.replace(/[\\%_]/g, "\\$&"), mode: "insensitive" } as const;
  return {
    teamId,
    ...(who && { actorId: who === "tidegate" ? null : who }),
    ...(what && { subjectType: what }),
    ...(result && { result }),
    ...((from || to) && { at: { ...(from && { gte: new Date(from) }), ...(to && { lt: new Date(Date.parse(to) + DAY_MS) }) } }),
    ...(q && { OR: [{ subjectName: found }, { actorName: found }, { action: found }, { subjectType: found }, { subjectId: found }, { ip: found }] }),
  };
}

/** Newest first, a page at a time. */
export const listAudit = (teamId: TeamId, filter: AuditFilter, after?: AuditCursor, take = AUDIT_PAGE) =>
  db().auditEntry.findMany({
    where: { AND: [matching(teamId, filter), after ? { OR: [{ at: { lt: after.at } }, { at: after.at, id: { lt: after.id } }] } : {}] },
    orderBy: [{ at: "desc" }, { id: "desc" }],
    take,
  });

/** All that match, newest first, some at a time, so that memory doesn't grow with the log. */
export async function* readAudit(teamId: TeamId, filter: AuditFilter) {
  let after: AuditCursor | undefined;
  for (;;) {
    const batch = await listAudit(teamId, filter, after, EXPORT_BATCH);
    yield* batch;
    const last = batch.at(-1);
    if (!last || batch.length < EXPORT_BATCH) return;
    after = { at: last.at, id: last.id };
  }
}

/** Who has entries, for the filter: also those who have left. */
export async function listAuditActors(teamId: TeamId): Promise<{ id: string; name: string }[]> {
  const found = await db().auditEntry.findMany({ where: { teamId, actorId: { not: null } }, distinct: ["actorId"], orderBy: [{ actorId: "asc" }, { at: "desc" }], select: { actorId: true, actorName: true } });
  return found.flatMap(({ actorId, actorName }) => (actorId ? [{ id: actorId, name: actorName }] : [])).toSorted((a, b) => a.name.localeCompare(b.name));
}
