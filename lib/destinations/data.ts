import { db } from "@/lib/platform/db";
import { holding, partOf, type List } from "@/lib/platform/pages";
import { lastRunsOf } from "@/lib/runs/data";
import type { TeamId } from "@/lib/team/types";

/** A page of a team's destinations, by name: those whose name holds `search`. */
export async function pageDestinations(teamId: TeamId, list: List) {
  const where = { teamId, ...(list.search !== "" && { name: holding(list.search) }) };
  const [destinations, total] = await Promise.all([
    db().destination.findMany({
      where,
      orderBy: [{ name: "asc" }, { id: "asc" }],
      ...partOf(list),
      select: {
        id: true,
        kind: true,
        name: true,
        createdAt: true,
        _count: { select: { connections: true } },
      },
    }),
    db().destination.count({ where }),
  ]);
  return { destinations, total };
}

/** Every destination, for a form that chooses one. */
export const listDestinations = (teamId: TeamId) =>
  db().destination.findMany({
    where: { teamId },
    orderBy: { name: "asc" },
    select: {
      id: true,
      kind: true,
      name: true,
    },
  });

/** Null for another team's id. */
export async function findDestination(teamId: TeamId, id: string) {
  const found = await db().destination.findFirst({
    where: { id, teamId },
    include: {
      credential: {
        select: { id: true, name: true, config: true, lastCheckedAt: true, lastCheckOk: true },
      },
      connections: {
        orderBy: { createdAt: "asc" },
        select: {
          id: true,
          enabled: true,
          mode: true,
          source: { select: { id: true, name: true } },
        },
      },
    },
  });
  if (!found) return null;
  const lastRuns = await lastRunsOf(
    teamId,
    found.connections.map((connection) => connection.id),
  );
  const connections = found.connections.map((connection) => ({
    ...connection,
    lastRun: lastRuns.get(connection.id) ?? null,
  }));
  return { ...found, connections };
}

export const destinationNameIsTaken = async (teamId: TeamId, name: string): Promise<boolean> =>
  (await db().destination.count({ where: { teamId, name } })) +
    (await db().credential.count({ where: { teamId, name } })) >
  0;

/** What is sealed for a destination, still sealed. */
export const findSealed = (teamId: TeamId, id: string) =>
  db().destination.findFirst({
    where: { id, teamId },
    select: { kind: true, credentialId: true, config: true, sealedSecret: true },
  });
