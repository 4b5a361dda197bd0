import { hashPassword } from "better-auth/crypto";
import { passwordProblem } from "@/lib/account/rules";
import type { CreateOwner, JoinAsNew } from "@/lib/account/schema";
import { audit, auditPerson } from "@/lib/audit/mutations";
import { db, isUniqueViolation, type Tx } from "@/lib/platform/db";
import { hashOfToken, newId, newToken } from "@/lib/platform/ids";
import { ok, refused, type Result } from "@/lib/platform/result";
import { findInvitationOf } from "@/lib/team/data";
import { claimInvitation } from "@/lib/team/mutations";
import { INVITATION_IS_DEAD } from "@/lib/team/rules";
import type { Person, TeamId } from "@/lib/team/types";

/** A fresh one-time token for the set-up link; earlier ones stop working. Null once there is an owner. */
export async function issueSetupToken(): Promise<string | null> {
  if ((await db().user.count()) > 0) return null;
  const token = newToken();
  await db().$transaction([
    db().setupToken.deleteMany(),
    db().setupToken.create({ data: { tokenHash: hashOfToken(token) } }),
  ]);
  return token;
}

/** Whoever comes by a one-time link: the link has made sure of them. */
async function createPerson(
  tx: Tx,
  {
    name,
    email,
    passwordHash,
    isVerified,
  }: { name: string; email: string; passwordHash: string | null; isVerified: boolean },
): Promise<string> {
  const userId = newId();
  await tx.user.create({ data: { id: userId, name, email, emailVerified: isVerified } });
  if (passwordHash)
    await tx.account.create({
      data: {
        id: newId(),
        accountId: userId,
        providerId: "credential",
        userId,
        password: passwordHash,
      },
    });
  return userId;
}

/** Owner, team and membership, all or nothing. The token is used up in the same transaction, so two clicks can't make two owners. */
export async function createOwner(
  input: CreateOwner,
  ip: string | null = null,
): Promise<Result<{ teamId: string; userId: string }>> {
  const problem = passwordProblem(input.password, input);
  if (problem) return refused(problem, "password");
  const passwordHash = await hashPassword(input.password);
  return db().$transaction(async (tx) => {
    const used = await tx.setupToken.deleteMany({ where: { tokenHash: hashOfToken(input.token) } });
    if (used.count !== 1 || (await tx.user.count()) > 0) {
      return refused(
        "This set-up link has been used or replaced. Restart Tidegate to print a new one, or sign in.",
      );
    }
    const userId = await createPerson(tx, { ...input, passwordHash, isVerified: true });
    const teamId = newId();
    const name = `${input.name}’s team`;
    await tx.team.create({ data: { id: teamId, name, slug: teamId } });
    await tx.member.create({
      data: { id: newId(), organizationId: teamId, userId, role: "owner" },
    });
    await audit(
      tx,
      { teamId: teamId as TeamId, userId, name: input.name, ip },
      { action: "created", subjectType: "team", subjectId: teamId, subjectName: name },
    );
    return ok({ teamId, userId });
  });
}

/** Account and membership of somebody new, with the invitation used up: all or nothing. */
export async function joinAsNew(
  input: JoinAsNew,
  ip: string | null,
): Promise<Result<{ userId: string }>> {
  const problem = passwordProblem(input.password, input);
  if (problem) return refused(problem, "password");
  const passwordHash = await hashPassword(input.password);
  try {
    return await db().$transaction(async (tx) => {
      const invitation = await claimInvitation(tx, { tokenHash: hashOfToken(input.token) });
      if (!invitation) return refused(INVITATION_IS_DEAD);
      if (invitation.email && invitation.email !== input.email) throw new WrongAddress();
      // an address that no invitation named may be anybody's: whom a provider vouches for must not be given this account
      const userId = await createPerson(tx, {
        ...input,
        passwordHash,
        isVerified: invitation.email !== null,
      });
      await joinTeam(tx, { userId, name: input.name, ip }, invitation);
      return ok({ userId });
    });
  } catch (error) {
    if (error instanceof WrongAddress)
      return refused("This invitation is for another e-mail address.", "email");
    if (isUniqueViolation(error))
      return refused(
        "There is an account with this e-mail address. Sign in with it, then open the invitation again.",
        "email",
      );
    throw error;
  }
}

/** Thrown, so that the invitation stays open. */
class WrongAddress extends Error {}

/** Makes somebody a member by an invitation they hold. */
async function joinTeam(
  tx: Tx,
  person: Pick<Person, "userId" | "name" | "ip">,
  { id, organizationId, role }: { id: string; organizationId: string; role: string },
): Promise<void> {
  const { team } = await tx.member.create({
    data: { id: newId(), organizationId, userId: person.userId, role },
    select: { team: { select: { name: true } } },
  });
  await audit(
    tx,
    { ...person, teamId: organizationId as TeamId },
    {
      action: "joined",
      subjectType: "team",
      subjectId: organizationId,
      subjectName: team.name,
      after: { role },
      detail: { invitation: id },
    },
  );
}

/** The same for somebody who has an account. Their session goes on in the new team. */
export async function joinAsMember(person: Person, token: string): Promise<Result<null>> {
  try {
    return await db().$transaction(async (tx) => {
      const invitation = await claimInvitation(tx, { tokenHash: hashOfToken(token) });
      if (!invitation) return refused(INVITATION_IS_DEAD);
      if (invitation.email && invitation.email !== person.email) throw new WrongAddress();
      await joinTeam(tx, person, invitation);
      await tx.session.updateMany({
        where: { id: person.sessionId },
        data: { activeOrganizationId: invitation.organizationId },
      });
      return ok(null);
    });
  } catch (error) {
    if (error instanceof WrongAddress)
      return refused(
        "This invitation is for another e-mail address. Sign out, and in with that one.",
      );
    if (isUniqueViolation(error)) return refused("You are in this team already.");
    throw error;
  }
}

/**
 * Who may sign in with what the OpenID provider says: somebody who did before, a member whose address it has verified, or
 * somebody whom an open invitation names by that address. Null: nobody here.
 */
export async function personOfProvider(
  {
    subject,
    email,
    isVerified,
    name,
  }: { subject: string; email: string; isVerified: boolean; name: string },
  ip: string | null,
): Promise<{ userId: string; name: string } | null> {
  const known = await db().account.findFirst({
    where: { providerId: "oidc", accountId: subject },
    select: { user: { select: { id: true, name: true } } },
  });
  if (known) return { userId: known.user.id, name: known.user.name };
  if (!isVerified || email === "") return null;
  return db().$transaction(async (tx) => {
    const member = await tx.user.findUnique({
      where: { email },
      select: { id: true, name: true, emailVerified: true, _count: { select: { members: true } } },
    });
    if (member && !member.emailVerified) return null;
    const invitation = await findInvitationOf(email);
    if (!invitation && !member?._count.members) return null;
    const userId =
      member?.id ?? (await createPerson(tx, { name, email, passwordHash: null, isVerified: true }));
    const person = { userId, name: member?.name ?? name, ip };
    await tx.account.create({
      data: { id: newId(), accountId: subject, providerId: "oidc", userId },
    });
    const claimed =
      invitation && !member?._count.members
        ? await claimInvitation(tx, { tokenHash: invitation.tokenHash })
        : null;
    if (claimed) await joinTeam(tx, person, claimed);
    await auditPerson(person, { action: "changed", after: { signIn: "provider" } }, tx);
    if (member)
      await recordSignInChange(
        { userId, ip, sessionId: null },
        "The sign-in provider was used for this account for the first time, and can be used from now on.",
        tx,
      );
    return { userId, name: person.name };
  });
}

export async function renamePerson(person: Person, name: string): Promise<void> {
  await db().$transaction(async (tx) => {
    await tx.user.update({ where: { id: person.userId }, data: { name } });
    await auditPerson(
      person,
      { action: "changed", before: { name: person.name }, after: { name } },
      tx,
    );
  });
}

/** Ends one of somebody's own sessions; false when it is not there (any more). */
export const endOwnSession = async (userId: string, sessionId: string): Promise<boolean> =>
  (await db().session.deleteMany({ where: { id: sessionId, userId } })).count === 1;

export const deleteOwnPasskey = async (userId: string, id: string): Promise<boolean> =>
  (await db().passkey.deleteMany({ where: { id, userId } })).count === 1;

/** Ends sessions of somebody's own, and every ceremony of theirs that is under way. */
export async function endSessions(userId: string, ids: readonly string[]): Promise<void> {
  await db().$transaction([
    db().session.deleteMany({ where: { userId, id: { in: [...ids] } } }),
    db().verification.deleteMany({ where: { value: { contains: userId } } }),
  ]);
}

/** What a password that may be known to others has let in: passkeys. Gives how many. */
export const deletePasskeys = async (userId: string): Promise<number> =>
  (await db().passkey.deleteMany({ where: { userId } })).count;

/** Keeps a change of how somebody signs in, so that it can be shown to them: a change made without a session is shown in all of theirs. */
export async function recordSignInChange(
  { userId, ip, sessionId }: Pick<Person, "userId" | "ip"> & { sessionId: string | null },
  what: string,
  tx?: Tx,
): Promise<void> {
  await (tx ?? db()).signInChange.create({ data: { id: newId(), userId, what, ip, sessionId } });
}

/** Somebody has seen what was told in this session. */
export async function seeSignInChanges(userId: string, sessionId: string): Promise<void> {
  await db().signInChange.updateMany({
    where: { userId, seenAt: null, OR: [{ sessionId: null }, { NOT: { sessionId } }] },
    data: { seenAt: new Date() },
  });
}

/** A session that was made anew goes on in the team of the one it replaces. */
export const keepTeam = async (token: string, teamId: TeamId): Promise<void> =>
  void (await db().session.updateMany({
    where: { token },
    data: { activeOrganizationId: teamId },
  }));
