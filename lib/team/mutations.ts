import { audit } from "@/lib/audit/mutations";
import { systemClock, type Clock } from "@/lib/platform/clock";
import { db, type Tx } from "@/lib/platform/db";
import { hashOfToken, newId, newToken } from "@/lib/platform/ids";
import { ok, refused, type Result } from "@/lib/platform/result";
import { grantableRoles, isRole, mayChangeMember, refusalOf } from "@/lib/team/rules";
import { mayStillInvite } from "@/lib/team/data";
import { INVITATION_DAYS, type Invite } from "@/lib/team/schema";
import type { Actor, Person, Role, TeamId } from "@/lib/team/types";

const DAY_MS = 24 * 3600_000;

/** A link that makes somebody a member. Its token is told once, here; what is kept is its hash. */
export async function createInvitation(
  actor: Actor,
  { email, role }: Invite,
  clock: Clock = systemClock,
): Promise<Result<{ token: string; expiresAt: Date }>> {
  if (!grantableRoles(actor.role).includes(role))
    return refused(`Your role (${actor.role}) can’t invite an ${role}.`, "role");
  if (
    email &&
    (await db().member.count({ where: { organizationId: actor.teamId, user: { email } } })) > 0
  )
    return refused("They are in this team already.", "email");
  const id = newId();
  const token = newToken();
  const expiresAt = new Date(clock.now().getTime() + INVITATION_DAYS * DAY_MS);
  await db().$transaction(async (tx) => {
    await tx.invitation.create({
      data: {
        id,
        organizationId: actor.teamId,
        email: email || null,
        role,
        tokenHash: hashOfToken(token),
        expiresAt,
        inviterId: actor.userId,
      },
    });
    await audit(tx, actor, {
      action: "invited",
      subjectType: "member",
      subjectId: id,
      subjectName: email || "whoever has the link",
      after: { role, expiresAt: expiresAt.toISOString() },
    });
  });
  return ok({ token, expiresAt });
}

export async function revokeInvitation(actor: Actor, id: string): Promise<Result<null>> {
  return db().$transaction(async (tx) => {
    const found = await tx.invitation.findFirst({
      where: { id, organizationId: actor.teamId },
      select: { email: true, role: true },
    });
    if (found && !(isRole(found.role) && grantableRoles(actor.role).includes(found.role)))
      return refused("An owner has made this invitation: an owner revokes it.");
    const revoked = await tx.invitation.updateMany({
      where: { id, organizationId: actor.teamId, status: "open" },
      data: { status: "revoked" },
    });
    if (!found || revoked.count !== 1) return refused("This invitation is not open any more.");
    await audit(tx, actor, {
      action: "revoked",
      subjectType: "invitation",
      subjectId: id,
      subjectName: found.email ?? "whoever has the link",
      before: { role: found.role },
    });
    return ok(null);
  });
}

/**
 * Uses up an invitation: of several who follow one link at the same moment, one gets it. It gives nothing that its author
 * could not give at this moment.
 */
export async function claimInvitation(
  tx: Tx,
  { tokenHash }: { tokenHash: string },
  clock: Clock = systemClock,
) {
  const found = await tx.invitation.findUnique({
    where: { tokenHash },
    select: { id: true, organizationId: true, email: true, role: true, inviterId: true },
  });
  if (!found) return null;
  // whoever is changing its author's role in this moment is waited for
  await tx.$queryRaw`SELECT id FROM team WHERE id = ${found.organizationId} FOR SHARE`;
  if (!(await mayStillInvite(tx, found))) return null;
  const claimed = await tx.invitation.updateMany({
    where: { tokenHash, status: "open", expiresAt: { gt: clock.now() } },
    data: { status: "accepted" },
  });
  return claimed.count === 1 ? found : null;
}

/**
 * Changes of who is in a team come one after the other, and each sees the one before: two owners who demote each other at
 * the same moment would else leave none. Gives what the actor is at this moment.
 */
async function lockTeam(tx: Tx, actor: Actor): Promise<Role> {
  await tx.$queryRaw`SELECT id FROM team WHERE id = ${actor.teamId} FOR UPDATE`;
  const found = await tx.member.findFirst({
    where: { organizationId: actor.teamId, userId: actor.userId },
    select: { role: true },
  });
  return found && isRole(found.role) ? found.role : "viewer";
}

const isLastOwner = async (tx: Tx, teamId: TeamId, role: string): Promise<boolean> =>
  role === "owner" &&
  (await tx.member.count({ where: { organizationId: teamId, role: "owner" } })) === 1;

const LAST_OWNER = "This is the last owner of the team. Make somebody else an owner first.";
const GONE = "They are not in this team any more.";

const findMember = (tx: Tx, teamId: TeamId, id: string) =>
  tx.member.findFirst({
    where: { id, organizationId: teamId },
    select: { id: true, role: true, userId: true, user: { select: { name: true, email: true } } },
  });

export async function changeRole(
  actor: Actor,
  memberId: string,
  role: Role,
): Promise<Result<null>> {
  return db().$transaction(async (tx) => {
    const mine = await lockTeam(tx, actor);
    const member = await findMember(tx, actor.teamId, memberId);
    if (!member || !isRole(member.role)) return refused(GONE);
    if (!mayChangeMember(mine, member.role) || !grantableRoles(mine).includes(role))
      return refused(refusalOf(mine, "team.manage"));
    if (member.role === role) return ok(null);
    if (await isLastOwner(tx, actor.teamId, member.role)) return refused(LAST_OWNER);
    await tx.member.update({ where: { id: member.id }, data: { role } });
    await voidOpened(tx, actor.teamId, member.userId);
    await endSessionsIn(tx, actor.teamId, member.userId);
    await audit(tx, actor, {
      action: "changed",
      subjectType: "member",
      subjectId: member.userId,
      subjectName: member.user.name,
      before: { role: member.role },
      after: { role },
    });
    return ok(null);
  });
}

/**
 * Ends what somebody opened in a team while they were something else in it: invitations, secrets in drafts, and ceremonies
 * of passkeys and codes that are under way.
 */
async function voidOpened(tx: Tx, teamId: TeamId, userId: string): Promise<void> {
  await tx.invitation.updateMany({
    where: { organizationId: teamId, inviterId: userId, status: "open" },
    data: { status: "revoked" },
  });
  await tx.draft.updateMany({
    where: { teamId, createdBy: userId, finishedAs: null },
    data: { sealedSecret: null },
  });
  // by itself or within JSON, as better-auth and its passkeys write it
  await tx.verification.deleteMany({ where: { value: { contains: userId } } });
}

/** The sessions that somebody has in this team: who was made something else signs in again as that. */
const endSessionsIn = (tx: Tx, teamId: TeamId, userId: string) =>
  tx.session.deleteMany({
    where: { userId, OR: [{ activeOrganizationId: teamId }, { activeOrganizationId: null }] },
  });

/** Out of the team at once: who has no other team is signed out, on every device; who left by themselves goes on in another. */
async function dropMember(
  tx: Tx,
  teamId: TeamId,
  { id, userId }: { id: string; userId: string },
): Promise<void> {
  await tx.member.delete({ where: { id } });
  await voidOpened(tx, teamId, userId);
  const others = await tx.member.count({ where: { userId } });
  if (others === 0) await tx.session.deleteMany({ where: { userId } });
  else
    await tx.session.updateMany({
      where: { userId, activeOrganizationId: teamId },
      data: { activeOrganizationId: null },
    });
}

export async function removeMember(
  actor: Actor,
  memberId: string,
  typedName: string,
): Promise<Result<null>> {
  return db().$transaction(async (tx) => {
    const mine = await lockTeam(tx, actor);
    const member = await findMember(tx, actor.teamId, memberId);
    if (!member || !isRole(member.role)) return refused(GONE);
    if (!mayChangeMember(mine, member.role)) return refused(refusalOf(mine, "team.manage"));
    if (member.user.name !== typedName)
      return refused("The name you typed is not their name.", "name");
    if (await isLastOwner(tx, actor.teamId, member.role)) return refused(LAST_OWNER);
    await audit(tx, actor, {
      action: "removed",
      subjectType: "member",
      subjectId: member.userId,
      subjectName: member.user.name,
      before: { role: member.role, email: member.user.email },
    });
    await endSessionsIn(tx, actor.teamId, member.userId);
    await dropMember(tx, actor.teamId, member);
    return ok(null);
  });
}

export async function leaveTeam(actor: Actor, typedName: string): Promise<Result<null>> {
  if (typedName !== actor.teamName) return refused("The name you typed is not the team’s.", "name");
  return db().$transaction(async (tx) => {
    await lockTeam(tx, actor);
    const member = await tx.member.findFirst({
      where: { organizationId: actor.teamId, userId: actor.userId },
      select: { id: true, role: true, userId: true },
    });
    if (!member) return refused("You are not in this team any more.");
    if (await isLastOwner(tx, actor.teamId, member.role))
      return refused("You are the last owner of the team. Make somebody else an owner first.");
    await audit(tx, actor, {
      action: "left",
      subjectType: "team",
      subjectId: actor.teamId,
      subjectName: actor.teamName,
      before: { role: member.role },
    });
    await dropMember(tx, actor.teamId, member);
    return ok(null);
  });
}

export async function renameTeam(actor: Actor, name: string): Promise<void> {
  await db().$transaction(async (tx) => {
    await tx.team.update({ where: { id: actor.teamId }, data: { name } });
    await audit(tx, actor, {
      action: "changed",
      subjectType: "team",
      subjectId: actor.teamId,
      subjectName: name,
      before: { name: actor.teamName },
      after: { name },
    });
  });
}

/** Whoever turns it on needs a second factor themselves: else they would lock themselves out. */
export async function requireTwoFactor(actor: Actor, isRequired: boolean): Promise<Result<null>> {
  return db().$transaction(async (tx) => {
    const { twoFactorEnabled, accounts } = await tx.user.findUniqueOrThrow({
      where: { id: actor.userId },
      select: {
        twoFactorEnabled: true,
        accounts: { where: { providerId: "credential" }, select: { id: true } },
      },
    });
    if (isRequired && !twoFactorEnabled && accounts.length > 0)
      return refused(
        "Set up two-factor sign-in for your own account first: you would lock yourself out.",
      );
    const { requireTwoFactor: before } = await tx.team.findUniqueOrThrow({
      where: { id: actor.teamId },
      select: { requireTwoFactor: true },
    });
    await tx.team.update({ where: { id: actor.teamId }, data: { requireTwoFactor: isRequired } });
    await audit(tx, actor, {
      action: "changed",
      subjectType: "team",
      subjectId: actor.teamId,
      subjectName: actor.teamName,
      before: { requireTwoFactor: before },
      after: { requireTwoFactor: isRequired },
    });
    return ok(null);
  });
}

/** A further team, of which one is the owner, and in which one's session goes on. */
export async function createTeam(
  actor: Actor & Pick<Person, "sessionId">,
  name: string,
): Promise<string> {
  const teamId = newId();
  await db().$transaction(async (tx) => {
    await tx.team.create({ data: { id: teamId, name, slug: teamId } });
    await tx.member.create({
      data: { id: newId(), organizationId: teamId, userId: actor.userId, role: "owner" },
    });
    await tx.session.updateMany({
      where: { id: actor.sessionId },
      data: { activeOrganizationId: teamId },
    });
    await audit(
      tx,
      { ...actor, teamId: teamId as TeamId },
      { action: "created", subjectType: "team", subjectId: teamId, subjectName: name },
    );
  });
  return teamId;
}

/** Has a session go on in another of one's teams. */
export async function switchTeam(person: Person, teamId: string): Promise<Result<null>> {
  return db().$transaction(async (tx) => {
    const member = await tx.member.findFirst({
      where: { organizationId: teamId, userId: person.userId },
      select: { team: { select: { name: true } } },
    });
    if (!member) return refused("You are not in this team.");
    await tx.session.updateMany({
      where: { id: person.sessionId },
      data: { activeOrganizationId: teamId },
    });
    await audit(
      tx,
      { ...person, teamId: teamId as TeamId },
      { action: "switched", subjectType: "team", subjectId: teamId, subjectName: member.team.name },
    );
    return ok(null);
  });
}
