import "server-only";
import { headers } from "next/headers";
import { notFound, redirect } from "next/navigation";
import { cache } from "react";
import { paths } from "@/lib/paths";
import { membershipOf } from "@/lib/team/data";
import { isRole, may, type Permission } from "@/lib/team/rules";
import type { Actor, TeamId } from "@/lib/team/types";
import { auth } from "@/lib/web/auth";

/** Who asks, or null. Every page, action and route calls this (or `requireActor`) itself: a proxy can be walked around. */
export const currentActor = cache(async (): Promise<Actor | null> => {
  const requestHeaders = await headers();
  const session = await auth().api.getSession({ headers: requestHeaders });
  if (!session) return null;
  const membership = await membershipOf(session.user.id, session.session.activeOrganizationId ?? null);
  if (!membership || !isRole(membership.role)) return null;
  return {
    userId: session.user.id,
    name: session.user.name,
    email: session.user.email,
    teamId: membership.team.id as TeamId,
    teamName: membership.team.name,
    role: membership.role,
    ip: session.session.ipAddress ?? null,
  };
});

/** For pages: the actor, or the sign-in page. To who may not open a page it does not exist. */
export async function requireActor(permission: Permission): Promise<Actor> {
  const actor = await currentActor();
  if (!actor) redirect(paths.signIn);
  if (!may(actor.role, permission)) notFound();
  return actor;
}
