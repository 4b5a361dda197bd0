import { z } from "zod";
import { unloadConfigSchema } from "@/lib/connectors/redshift/spec";
import { mappingSchema } from "@/lib/event/mapping";
import { db, numbered } from "@/lib/platform/db";
import { scheduleSchema } from "@/lib/schedule/schema";
import { columnInfoSchema } from "@/lib/sources/schema";
import type { TeamId } from "@/lib/team/types";
import { checkResultsSchema } from "@/lib/verification/schema";

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
          runs: { orderBy: { createdAt: "desc" }, take: 1 },
        },
      },
    },
  });
  return (
    found && {
      ...found,
      mapping: mappingSchema.parse(found.mapping),
      schedule: scheduleSchema.parse(found.schedule),
      checks: checkResultsSchema.parse(found.checks),
      columns: z.array(columnInfoSchema).parse(found.columns),
      connections: numbered(found.connections),
      unload: unloadConfigSchema.nullable().parse(found.unload),
    }
  );
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
