import { mappingSchema } from "@/lib/event/mapping";
import { db, numbered } from "@/lib/platform/db";
import { scheduleSchema } from "@/lib/schedule/schema";
import type { TeamId } from "@/lib/team/types";

const shown = {
  source: {
    select: { id: true, name: true, schema: true, table: true, schedule: true, credentialId: true },
  },
  destination: { select: { id: true, name: true, kind: true } },
  runs: { orderBy: { createdAt: "desc" as const }, take: 1 },
} as const;

export async function listConnections(teamId: TeamId) {
  const found = await db().connection.findMany({
    where: { teamId },
    orderBy: { createdAt: "asc" },
    include: shown,
  });
  return found.map((connection) => ({
    ...connection,
    schedule: scheduleSchema.parse(connection.source.schedule),
    lastRun: numbered(connection.runs[0] ?? null),
  }));
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

/** What the scheduler looks at: the connections that may run by themselves. */
export async function listScheduled() {
  const found = await db().connection.findMany({
    where: { enabled: true },
    select: { id: true, teamId: true, createdAt: true, source: { select: { schedule: true } } },
  });
  return found.map(({ source, ...connection }) => ({
    ...connection,
    schedule: scheduleSchema.parse(source.schedule),
  }));
}
