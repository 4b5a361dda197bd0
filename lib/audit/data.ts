import type { AuditCursor, AuditFilter } from "@/lib/audit/schema";
import { db } from "@/lib/platform/db";
import type { TeamId } from "@/lib/team/types";
import type { Prisma } from "@/prisma/generated/client";

export const AUDIT_PAGE = 50;
const EXPORT_BATCH = 500;
const DAY_MS = 24 * 3600_000;

function matching(
  teamId: TeamId,
  { q, who, what, result, from, to }: AuditFilter,
): Prisma.AuditEntryWhereInput {
  const found = { contains: q.replace(/[\\%_]/g, "\\$&"), mode: "insensitive" } as const;
  return {
    teamId,
    ...(who && { actorId: who === "tidegate" ? null : who }),
    ...(what && { subjectType: what }),
    ...(result && { result }),
    ...((from || to) && {
      at: {
        ...(from && { gte: new Date(from) }),
        ...(to && { lt: new Date(Date.parse(to) + DAY_MS) }),
      },
    }),
    ...(q && {
      OR: [
        { subjectName: found },
        { actorName: found },
        { action: found },
        { subjectType: found },
        { subjectId: found },
        { ip: found },
      ],
    }),
  };
}

/** Newest first, a page at a time. `lte` says nothing new: it lets the index begin at the page instead of at the newest. */
export const listAudit = (
  teamId: TeamId,
  filter: AuditFilter,
  after?: AuditCursor,
  take = AUDIT_PAGE,
) =>
  db().auditEntry.findMany({
    where: {
      AND: [
        matching(teamId, filter),
        after
          ? {
              at: { lte: after.at },
              OR: [{ at: { lt: after.at } }, { at: after.at, id: { lt: after.id } }],
            }
          : {},
      ],
    },
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

/**
 * Who has entries, for the filter: also those who have left. One step of the index for each of them, however long the log
 * is (a DISTINCT would read all of it).
 */
export async function listAuditActors(teamId: TeamId): Promise<{ id: string; name: string }[]> {
  const found = await db().$queryRaw<{ id: string; name: string }[]>`
    WITH RECURSIVE actor(id) AS (
      (SELECT actor_id FROM audit_entry WHERE team_id = ${teamId} AND actor_id IS NOT NULL ORDER BY actor_id LIMIT 1)
      UNION ALL
      SELECT (SELECT e.actor_id FROM audit_entry e WHERE e.team_id = ${teamId} AND e.actor_id > actor.id ORDER BY e.actor_id LIMIT 1) FROM actor WHERE actor.id IS NOT NULL)
    SELECT actor.id, (SELECT e.actor_name FROM audit_entry e WHERE e.team_id = ${teamId} AND e.actor_id = actor.id ORDER BY e.at DESC LIMIT 1) AS name
    FROM actor WHERE actor.id IS NOT NULL`;
  return found.toSorted((a, b) => a.name.localeCompare(b.name));
}
