import { z } from "zod";
import { unloadConfigSchema } from "@/lib/connectors/redshift/spec";
import { mappingSchema } from "@/lib/event/mapping";
import { db } from "@/lib/platform/db";
import { holding, partOf, type List } from "@/lib/platform/pages";
import { lastRunsOf } from "@/lib/runs/data";
import { scheduleSchema } from "@/lib/schedule/schema";
import { columnInfoSchema } from "@/lib/sources/schema";
import type { TeamId } from "@/lib/team/types";
import { checkResultsSchema } from "@/lib/verification/schema";

/** How many of the destinations of a source are named in the list. */
export const CONNECTIONS_NAMED = 5;

/** A page of a team's sources, by name: those whose name or table holds `search`. */
export async function pageSources(teamId: TeamId, list: List) {
  const holds = holding(list.search);
  const where = {
    teamId,
    ...(list.search !== "" && { OR: [{ name: holds }, { schema: holds }, { table: holds }] }),
  };
  const [sources, total] = await Promise.all([
    db().source.findMany({
      where,
      orderBy: [{ name: "asc" }, { id: "asc" }],
      ...partOf(list),
      select: {
        id: true,
        name: true,
        schema: true,
        table: true,
        schedule: true,
        credential: { select: { name: true } },
        connections: {
          orderBy: { createdAt: "asc" },
          take: CONNECTIONS_NAMED,
          select: { destination: { select: { name: true } } },
        },
        _count: { select: { connections: true } },
      },
    }),
    db().source.count({ where }),
  ]);
  return { sources, total };
}

/** Every source, for a form that chooses one. */
export async function listSources(teamId: TeamId) {
  const found = await db().source.findMany({
    where: { teamId },
    orderBy: { name: "asc" },
    select: {
      id: true,
      kind: true,
      name: true,
      schema: true,
      table: true,
      columns: true,
      schedule: true,
      createdAt: true,
      credential: { select: { name: true } },
      connections: { select: { id: true, destination: { select: { name: true } } } },
    },
  });
  return found.map((source) => ({
    ...source,
    columns: z.array(columnInfoSchema).parse(source.columns),
  }));
}

/** One source with its mapping and schedule; null for another team's id. */
export async function findSource(teamId: TeamId, id: string) {
  const found = await db().source.findFirst({
    where: { id, teamId },
    omit: { sealedUnload: true },
    include: {
      credential: {
        select: {
          id: true,
          name: true,
          kind: true,
          config: true,
          lastCheckedAt: true,
          lastCheckOk: true,
        },
      },
      connections: {
        orderBy: { createdAt: "asc" },
        select: {
          id: true,
          enabled: true,
          mode: true,
          destination: { select: { id: true, name: true, kind: true } },
        },
      },
    },
  });
  if (!found) return null;
  const lastRuns = await lastRunsOf(
    teamId,
    found.connections.map((connection) => connection.id),
  );
  return {
    ...found,
    connections: found.connections.map((connection) => ({
      ...connection,
      lastRun: lastRuns.get(connection.id) ?? null,
    })),
    mapping: mappingSchema.parse(found.mapping),
    schedule: scheduleSchema.parse(found.schedule),
    checks: checkResultsSchema.parse(found.checks),
    columns: z.array(columnInfoSchema).parse(found.columns),
    unload: unloadConfigSchema.nullable().parse(found.unload),
  };
}

/** The bucket of a source as it is kept, for open.ts alone; null where there is none. */
export async function findSealedUnload(teamId: TeamId, id: string) {
  const found = await db().source.findFirst({
    where: { id, teamId },
    select: { unload: true, sealedUnload: true },
  });
  return found?.unload ? { config: found.unload, sealed: found.sealedUnload } : null;
}

/** `but` is the source that may keep its name. */
export const sourceNameIsTaken = async (
  teamId: TeamId,
  name: string,
  but?: string,
): Promise<boolean> =>
  (await db().source.count({ where: { teamId, name, ...(but && { id: { not: but } }) } })) > 0;
