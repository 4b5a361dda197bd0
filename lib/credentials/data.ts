import { db } from "@/lib/platform/db";
import type { TeamId } from "@/lib/team/types";

/** Everything but the secret. */
const shown = { id: true, kind: true, name: true, config: true, lastCheckedAt: true, lastCheckOk: true, createdAt: true } as const;

export const listCredentials = (teamId: TeamId, kind?: string) =>
  db().credential.findMany({
    where: { teamId, ...(kind && { kind }) },
    orderBy: { name: "asc" },
    select: { ...shown, _count: { select: { sources: true, destinations: true } } },
  });

export const findCredential = (teamId: TeamId, id: string) => db().credential.findFirst({ where: { id, teamId }, select: shown });

export const credentialNameIsTaken = async (teamId: TeamId, name: string): Promise<boolean> => (await db().credential.count({ where: { teamId, name } })) > 0;
