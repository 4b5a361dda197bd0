import "server-only";
import { headers } from "next/headers";
import { notFound, redirect } from "next/navigation";
import { cache } from "react";
import { audit, auditPerson } from "@/lib/audit/mutations";
import { paths } from "@/lib/paths";
import { membershipOf, roleOfSession } from "@/lib/team/data";
import { isRole, may, type Permission } from "@/lib/team/rules";
import type { Actor, Person, TeamId } from "@/lib/team/types";
import { auth } from "@/lib/web/auth";

/** Somebody who is signed in: as an actor where they are in a team that lets them in, else with the reason why not. */
export type Standing =
  | { person: Person; actor: SignedInActor; refusal: null }
  | { person: Person; actor: null; refusal: "no-team" | "two-factor" };
export type SignedInActor = Actor & Pick<Person, "sessionId">;

/** Who asks, or null. Every page, action and route calls this (or `requireActor`) itself: a proxy can be walked around. */
export const currentStanding = cache(async (): Promise<Standing | null> => {
  const requestHeaders = await headers();
  const found = await auth().api.getSession({ headers: requestHeaders });
  if (!found) return null;
  const { user, session } = found;
  const person = {
    userId: user.id,
    name: user.name,
    email: user.email,
    sessionId: session.id,
    ip: addressOf(requestHeaders),
  };
  const membership = await membershipOf(user.id, session.activeOrganizationId ?? null);
  if (!membership || !isRole(membership.role)) return { person, actor: null, refusal: "no-team" };
  const { team, user: member } = membership;
  // who has no password signs in with the provider, and with its second factor
  if (team.requireTwoFactor && !member.twoFactorEnabled && member.accounts.length > 0)
    return { person, actor: null, refusal: "two-factor" };
  return {
    person,
    actor: { ...person, teamId: team.id as TeamId, teamName: team.name, role: membership.role },
    refusal: null,
  };
});

/** The address that a request came from: scripts/web.mjs has settled which one is to be believed. */
export const addressOf = (requestHeaders: Headers): string | null =>
  requestHeaders.get("x-forwarded-for") || null;

export const currentActor = async (): Promise<SignedInActor | null> =>
  (await currentStanding())?.actor ?? null;

/** For pages: the actor, or the sign-in page, or their account's page where their team does not let them in. To who may not open a page it does not exist. */
export async function requireActor(permission: Permission): Promise<SignedInActor> {
  const standing = await currentStanding();
  if (!standing) redirect(paths.signIn);
  const { actor } = standing;
  if (!actor) redirect(paths.account);
  if (!may(actor.role, permission)) {
    await audit(undefined, actor, {
      action: "opened",
      subjectType: "page",
      subjectName: permission,
      result: "refused",
      detail: { role: actor.role },
    });
    notFound();
  }
  return actor;
}

/** For the pages of one's own account, which need no team. */
export async function requirePerson(): Promise<Standing> {
  return (await currentStanding()) ?? redirect(paths.signIn);
}

/** Whether an actor still is one, at this moment: what stays open asks it again and again. */
export async function stillMay(
  { sessionId, teamId }: SignedInActor,
  permission: Permission,
): Promise<boolean> {
  const role = await roleOfSession(sessionId, teamId);
  return role !== null && isRole(role) && may(role, permission);
}

/** Ends the session of this request. */
export async function endSession(): Promise<void> {
  const standing = await currentStanding();
  if (standing) await auditPerson(standing.person, { action: "signed out" });
  await auth().api.signOut({ headers: await headers() });
}
