import { db } from "@/lib/platform/db";
import type { TeamId } from "@/lib/team/types";

export const listMembers = (teamId: TeamId) =>
  db().member.findMany({
    where: { organizationId: teamId },
    orderBy: { createdAt: "asc" },
    select: { id: true, role: true, createdAt: true, user: { select: { name: true, email: true } } },
  });

/** The team a session is for: the active one, else the first the user is a member of. */
export const membershipOf = (userId: string, activeTeamId: string | null) =>
  db().member.findFirst({
    where: { userId, ...(activeTeamId && { organizationId: activeTeamId }) },
    orderBy: { createdAt: "asc" },
    select: { role: true, team: { select: { id: true, name: true } } },
  });
