import { mappingSchema } from "@/lib/event/mapping";
import type { Clock } from "@/lib/platform/clock";
import { db, moment, numbered } from "@/lib/platform/db";
import { holding, partOf, type List } from "@/lib/platform/pages";
import { lastRunsOf } from "@/lib/runs/data";
import { scheduleSchema } from "@/lib/schedule/schema";
import type { TeamId } from "@/lib/team/types";

const shown = {
  source: {
    select: { id: true, name: true, schema: true, table: true, schedule: true, credentialId: true },
  },
  destination: { select: { id: true, name: true, kind: true } },
} as const;

/** A page of a team's connections with the last run of each: those whose source or destination holds `search`. */
export async function pageConnections(teamId: TeamId, list: List) {
  const holds = { name: holding(list.search) };
  const where = {
    teamId,
    ...(list.search !== "" && { OR: [{ source: holds }, { destination: holds }] }),
  };
  const [found, total] = await Promise.all([
    db().connection.findMany({
      where,
      orderBy: [{ createdAt: "asc" }, { id: "asc" }],
      ...partOf(list),
      include: shown,
    }),
    db().connection.count({ where }),
  ]);
  const lastRuns = await lastRunsOf(
    teamId,
    found.map(({ id }) => id),
  );
  const connections = found.map((connection) => ({
    ...connection,
    schedule: scheduleSchema.parse(connection.source.schedule),
    lastRun: lastRuns.get(connection.id) ?? null,
  }));
  return { connections, total };
}

/** Null for another team's id. */
export async function findConnection(teamId: TeamId, id: string) {
  const found = await db().connection.findFirst({
    where: { id, teamId },
    include: { ...shown, runs: { orderBy: { createdAt: "desc" }, take: 30 } },
  });
  return (
    found && {
      ...found,
      schedule: scheduleSchema.parse(found.source.schedule),
      runs: numbered(found.runs),
    }
  );
}

/** What a worker needs to run a connection. */
export async function loadForRun(connectionId: string) {
  const found = await db().connection.findUnique({
    where: { id: connectionId },
    include: {
      source: { omit: { sealedUnload: true } },
      destination: { select: { name: true, credentialId: true } },
    },
  });
  return found && { ...found, mapping: mappingSchema.parse(found.source.mapping) };
}

const AT_ONCE = 500;

/** `schedule` is what is stored: lib/schedule/schema.ts. `now` is what the database's clock shows. */
export type DueSlot = {
  id: string;
  teamId: string;
  createdAt: Date;
  nextRunAt: Date;
  schedule: unknown;
  now: Date;
};

/**
 * Connections whose next slot has come, those that wait for longest first. One whose run is not over is left out: its
 * slot waits for that.
 */
export async function listDueSlots(clock?: Clock): Promise<DueSlot[]> {
  return db().$queryRaw<DueSlot[]>`
    SELECT c.id, c.team_id AS "teamId", c.created_at AS "createdAt", c.next_run_at AS "nextRunAt", s.schedule,
      ${moment(clock)} AS now
    FROM connection c JOIN source s ON s.id = c.source_id
    WHERE c.enabled AND c.next_run_at <= ${moment(clock)}
      AND NOT EXISTS (
        SELECT 1 FROM run WHERE run.connection_id = c.id AND run.state IN ('queued', 'running', 'waiting')
      )
    ORDER BY c.next_run_at LIMIT ${AT_ONCE}`;
}
