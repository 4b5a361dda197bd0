import {
  redshiftConfigSchema,
  redshiftSecretSchema,
  type RedshiftConfig,
} from "@/lib/connectors/redshift/spec";
import { sshSecretOf } from "@/lib/credentials/rules";
import type { CredentialList } from "@/lib/credentials/schema";
import { openCredential } from "@/lib/credentials/secrets";
import { isRotation } from "@/lib/credentials/state";
import { databaseNow, db } from "@/lib/platform/db";
import type { TeamId } from "@/lib/team/types";
import { CHECK_LEASE_MS } from "@/lib/verification/rules";
import { checkResultsSchema } from "@/lib/verification/schema";

/** Everything but the secret. */
const shown = {
  id: true,
  kind: true,
  name: true,
  config: true,
  lastCheckedAt: true,
  lastCheckOk: true,
  rotation: true,
  rotatedAt: true,
  createdAt: true,
} as const;

export const listCredentials = (teamId: TeamId, kind?: string) =>
  db().credential.findMany({
    where: { teamId, ...(kind && { kind }) },
    orderBy: { name: "asc" },
    select: shown,
  });

export const CREDENTIALS_PAGE = 50;
/** How many users of each are named in the list. */
const NAMED_USERS = 3;

/** A page of the list: names, hosts and users that hold `search`, in an order that leaves nothing to chance. */
export async function pageCredentials(teamId: TeamId, { search, sort, page }: CredentialList) {
  const holds = { contains: search, mode: "insensitive" as const };
  const inConfig = ["host", "url", "user"].map((key) => ({
    config: { path: [key], string_contains: search, mode: "insensitive" as const },
  }));
  const where = {
    teamId,
    ...(search !== "" && { OR: [{ name: holds }, { kind: holds }, ...inConfig] }),
  };
  const order =
    sort === "verified"
      ? { lastCheckedAt: { sort: "desc" as const, nulls: "last" as const } }
      : { [sort]: "asc" as const };
  const users = {
    select: { id: true, name: true },
    orderBy: { name: "asc" as const },
    take: NAMED_USERS,
  };
  const [found, total] = await Promise.all([
    db().credential.findMany({
      where,
      orderBy: [order, { id: "asc" }],
      skip: (page - 1) * CREDENTIALS_PAGE,
      take: CREDENTIALS_PAGE,
      select: {
        ...shown,
        sources: users,
        destinations: users,
        _count: { select: { sources: true, destinations: true } },
      },
    }),
    db().credential.count({ where }),
  ]);
  return { total, credentials: found.map(withRotation) };
}

const withRotation = <T extends { rotation: string }>(found: T) => ({
  ...found,
  rotation: isRotation(found.rotation) ? found.rotation : ("none" as const),
});

export async function findCredential(teamId: TeamId, id: string) {
  const found = await db().credential.findFirst({ where: { id, teamId }, select: shown });
  return found && withRotation(found);
}

/** Which secrets of Redshift credentials are set, without the secrets. */
export async function savedRedshiftLogin(
  teamId: TeamId,
  id: string,
): Promise<{ config: RedshiftConfig; sshSecret: "none" | "key" | "password" } | null> {
  const found = await openCredential(teamId, id);
  if (found?.kind !== "redshift") return null;
  return {
    config: redshiftConfigSchema.parse(found.config),
    sshSecret: sshSecretOf(redshiftSecretSchema.parse(found.secret)),
  };
}

const user = {
  id: true,
  name: true,
  checkOk: true,
  checkedAt: true,
  nextCheckAt: true,
  checks: true,
} as const;

/** What uses these credentials, with how its last verification ended; null for another team's. */
export async function findCredentialUsers(teamId: TeamId, id: string) {
  const found = await db().credential.findFirst({
    where: { id, teamId },
    select: {
      sources: { select: user, orderBy: { name: "asc" } },
      destinations: { select: user, orderBy: { name: "asc" } },
    },
  });
  if (!found) return null;
  const now = await databaseNow();
  const told =
    (subject: "source" | "destination") =>
    ({ checks, nextCheckAt, ...rest }: (typeof found.sources)[number]) => ({
      subject,
      ...rest,
      /** A worker is about to verify it. */
      isDue: nextCheckAt !== null && nextCheckAt.getTime() - now.getTime() < CHECK_LEASE_MS,
      problem:
        checkResultsSchema.parse(checks).find(({ status }) => status !== "passed")?.summary ?? null,
    });
  return [...found.sources.map(told("source")), ...found.destinations.map(told("destination"))];
}

export const credentialNameIsTaken = async (teamId: TeamId, name: string): Promise<boolean> =>
  (await db().credential.count({ where: { teamId, name } })) > 0;
