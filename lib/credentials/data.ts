import { redshiftConfigSchema, redshiftSecretSchema, type RedshiftConfig } from "@/lib/connectors/redshift/spec";
import { sshSecretOf } from "@/lib/credentials/rules";
import { openCredential } from "@/lib/credentials/secrets";
import { db } from "@/lib/platform/db";
import type { TeamId } from "@/lib/team/types";
import { CHECK_LEASE_MS } from "@/lib/verification/rules";
import { checkResultsSchema } from "@/lib/verification/schema";

/** Everything but the secret. */
const shown = { id: true, kind: true, name: true, config: true, lastCheckedAt: true, lastCheckOk: true, createdAt: true } as const;

export const listCredentials = (teamId: TeamId, kind?: string) =>
  db().credential.findMany({
    where: { teamId, ...(kind && { kind }) },
    orderBy: { name: "asc" },
    select: { ...shown, _count: { select: { sources: true, destinations: true } } },
  });

export const findCredential = (teamId: TeamId, id: string) => db().credential.findFirst({ where: { id, teamId }, select: shown });

/** Which secrets of Redshift credentials are set, without the secrets. */
export async function savedRedshiftLogin(teamId: TeamId, id: string): Promise<{ config: RedshiftConfig; sshSecret: "none" | "key" | "password" } | null> {
  const found = await openCredential(teamId, id);
  if (found?.kind !== "redshift") return null;
  return { config: redshiftConfigSchema.parse(found.config), sshSecret: sshSecretOf(redshiftSecretSchema.parse(found.secret)) };
}

const user = { id: true, name: true, checkOk: true, checkedAt: true, nextCheckAt: true, checks: true } as const;

/** What uses these credentials, with how its last verification ended; null for another team's. */
export async function findCredentialUsers(teamId: TeamId, id: string) {
  const found = await db().credential.findFirst({ where: { id, teamId }, select: { sources: { select: user, orderBy: { name: "asc" } }, destinations: { select: user, orderBy: { name: "asc" } } } });
  if (!found) return null;
  const told = (subject: "source" | "destination") => ({ checks, nextCheckAt, ...rest }: (typeof found.sources)[number]) => ({
    subject, ...rest,
    /** A worker is about to verify it. */
    isDue: nextCheckAt !== null && nextCheckAt.getTime() - Date.now() < CHECK_LEASE_MS,
    problem: checkResultsSchema.parse(checks).find(({ status }) => status !== "passed")?.summary ?? null,
  });
  return [...found.sources.map(told("source")), ...found.destinations.map(told("destination"))];
}

export const credentialNameIsTaken = async (teamId: TeamId, name: string): Promise<boolean> => (await db().credential.count({ where: { teamId, name } })) > 0;
