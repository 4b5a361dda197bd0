import { db } from "@/lib/platform/db";
import type { TeamId } from "@/lib/team/types";
import { checkResultsSchema, type Subject } from "@/lib/verification/schema";

/** What a worker needs to verify a source or a destination; null when it was deleted meanwhile. */
export async function findSubject({ subject, id }: Subject): Promise<{
  teamId: TeamId;
  credentialId: string;
  of: { schema: string; table: string } | null;
} | null> {
  const select = { teamId: true, credentialId: true } as const;
  if (subject === "source") {
    const found = await db().source.findUnique({
      where: { id },
      select: { ...select, schema: true, table: true },
    });
    return (
      found && {
        teamId: found.teamId as TeamId,
        credentialId: found.credentialId,
        of: { schema: found.schema, table: found.table },
      }
    );
  }
  const found = await db().destination.findUnique({ where: { id }, select });
  return found && { teamId: found.teamId as TeamId, credentialId: found.credentialId, of: null };
}

export type Broken = Subject & {
  name: string;
  checkedAt: Date | null;
  failed: string;
  summary: string;
};

/** More than this are named by how many they are. */
const MOST_BROKEN = 10;

/** The sources and destinations whose last verification failed, the first ten of each, each with the check that did. */
export async function listBroken(teamId: TeamId): Promise<Broken[]> {
  const query = {
    where: { teamId, checkOk: false },
    orderBy: { name: "asc" },
    take: MOST_BROKEN,
    select: { id: true, name: true, checks: true, checkedAt: true },
  } as const;
  const [sources, destinations] = await Promise.all([
    db().source.findMany(query),
    db().destination.findMany(query),
  ]);
  const told =
    (subject: Subject["subject"]) =>
    ({ checks, ...rest }: (typeof sources)[number]): Broken => {
      const failed = checkResultsSchema.parse(checks).find(({ status }) => status !== "passed");
      return { subject, ...rest, failed: failed?.title ?? "", summary: failed?.summary ?? "" };
    };
  return [...sources.map(told("source")), ...destinations.map(told("destination"))];
}
