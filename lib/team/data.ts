import { hashOfToken } from "@/lib/platform/ids";
import { systemClock, type Clock } from "@/lib/platform/clock";
import { db, type Tx } from "@/lib/platform/db";
import { grantableRoles, isRole } from "@/lib/team/rules";
import type { TeamId } from "@/lib/team/types";

/** Whether there is no team but this one. */
export const isOnlyTeam = async (teamId: TeamId): Promise<boolean> =>
  (await db().team.count({ where: { NOT: { id: teamId } } })) === 0;

export const listMembers = (teamId: TeamId) =>
  db().member.findMany({
    where: { organizationId: teamId },
    orderBy: [{ createdAt: "asc" }, { id: "asc" }],
    select: {
      id: true,
      role: true,
      createdAt: true,
      user: {
        select: {
          id: true,
          name: true,
          email: true,
          twoFactorEnabled: true,
          _count: { select: { passkeys: true } },
        },
      },
    },
  });

/** Links that still work: those of somebody who may no longer invite were revoked with that. */
export const listOpenInvitations = (teamId: TeamId, clock: Clock = systemClock) =>
  db().invitation.findMany({
    where: { organizationId: teamId, status: "open", expiresAt: { gt: clock.now() } },
    orderBy: { createdAt: "desc" },
    select: {
      id: true,
      email: true,
      role: true,
      expiresAt: true,
      createdAt: true,
      inviter: { select: { name: true } },
    },
  });

/** Whether who made an invitation could make it now: they are in the team, with a role that hands out this one. */
export async function mayStillInvite(
  tx: Tx,
  { organizationId, inviterId, role }: { organizationId: string; inviterId: string; role: string },
): Promise<boolean> {
  const author = await tx.member.findUnique({
    where: { organizationId_userId: { organizationId, userId: inviterId } },
    select: { role: true },
  });
  return (
    author !== null &&
    isRole(author.role) &&
    isRole(role) &&
    grantableRoles(author.role).includes(role)
  );
}

async function workingInvitation(by: { tokenHash: string } | { email: string }, clock: Clock) {
  const found = await db().invitation.findMany({
    where: { ...by, status: "open", expiresAt: { gt: clock.now() } },
    orderBy: { createdAt: "desc" },
    select: {
      id: true,
      email: true,
      role: true,
      expiresAt: true,
      organizationId: true,
      inviterId: true,
      tokenHash: true,
      team: { select: { name: true } },
    },
  });
  for (const invitation of found) if (await mayStillInvite(db(), invitation)) return invitation;
  return null;
}

/** What an invitation's link is for; null for every one that does not work, whatever the cause. */
export const findInvitation = (token: string, clock: Clock = systemClock) =>
  workingInvitation({ tokenHash: hashOfToken(token) }, clock);

/** The last invitation that names this address and works. */
export const findInvitationOf = (email: string, clock: Clock = systemClock) =>
  workingInvitation({ email }, clock);

const membership = {
  role: true,
  team: { select: { id: true, name: true, requireTwoFactor: true } },
  user: {
    select: {
      twoFactorEnabled: true,
      accounts: { where: { providerId: "credential" }, select: { id: true } },
    },
  },
} as const;

/** The team a session is for: the active one where the user is in it (still), else the first they are in. */
export async function membershipOf(userId: string, activeTeamId: string | null) {
  const active =
    activeTeamId === null
      ? null
      : await db().member.findFirst({
          where: { userId, organizationId: activeTeamId },
          select: membership,
        });
  return (
    active ??
    db().member.findFirst({
      where: { userId },
      orderBy: [{ createdAt: "asc" }, { id: "asc" }],
      select: membership,
    })
  );
}

/** The teams somebody is in, for the switcher. */
export const listTeamsOf = (userId: string) =>
  db().member.findMany({
    where: { userId },
    orderBy: [{ team: { name: "asc" } }, { id: "asc" }],
    select: { role: true, team: { select: { id: true, name: true } } },
  });

export const findTeam = (teamId: TeamId) =>
  db().team.findUniqueOrThrow({
    where: { id: teamId },
    select: { id: true, name: true, requireTwoFactor: true },
  });

/** The role that a session has in a team at this moment; null once either is gone. */
export async function roleOfSession(
  sessionId: string,
  teamId: TeamId,
  clock: Clock = systemClock,
): Promise<string | null> {
  const found = await db().session.findFirst({
    where: { id: sessionId, expiresAt: { gt: clock.now() } },
    select: {
      user: { select: { members: { where: { organizationId: teamId }, select: { role: true } } } },
    },
  });
  return found?.user.members[0]?.role ?? null;
}
