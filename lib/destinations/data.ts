import { db, numbered } from "@/lib/platform/db";
import type { TeamId } from "@/lib/team/types";

export const listDestinations = (teamId: TeamId) =>
  db().destination.findMany({
    where: { teamId },
    orderBy: { name: "asc" },
    select: {
      id: true,
      kind: true,
      name: true,
      createdAt: true,
      credential: { select: { config: true } },
      connections: { select: { id: true } },
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
          runs: { orderBy: { createdAt: "desc" }, take: 1 },
        },
      },
    },
  });
  return found && { ...found, connections: numbered(found.connections) };
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
