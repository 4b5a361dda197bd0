"use server";
import { revalidatePath } from "next/cache";
import { paths } from "@/lib/paths";
import { ok } from "@/lib/platform/result";
import {
  changeRole,
  createInvitation,
  createTeam,
  leaveTeam,
  removeMember,
  renameTeam,
  requireTwoFactor,
  revokeInvitation,
  switchTeam,
} from "@/lib/team/mutations";
import {
  changeRoleSchema,
  invitationIdSchema,
  inviteSchema,
  leaveTeamSchema,
  removeMemberSchema,
  requireTwoFactorSchema,
  switchTeamSchema,
  teamNameSchema,
} from "@/lib/team/schema";
import { baseUrl } from "@/lib/web/auth";
import { defineAccountAction, defineAction } from "@/lib/web/define-action";

/** The link is told this once. */
export const inviteAction = defineAction(
  { permission: "team.invite", does: "invited member" },
  inviteSchema,
  async (invite, actor) => {
    const invited = await createInvitation(actor, invite);
    if (!invited.ok) return invited;
    revalidatePath(paths.team);
    return ok({
      link: baseUrl() + paths.invite(invited.value.token),
      expiresAt: invited.value.expiresAt,
    });
  },
);

export const revokeInvitationAction = defineAction(
  { permission: "team.invite", does: "revoked invitation" },
  invitationIdSchema,
  async ({ invitationId }, actor) => {
    const revoked = await revokeInvitation(actor, invitationId);
    revalidatePath(paths.team);
    return revoked;
  },
);

export const changeRoleAction = defineAction(
  { permission: "team.manage", does: "changed member" },
  changeRoleSchema,
  async ({ memberId, role }, actor) => {
    const changed = await changeRole(actor, memberId, role);
    revalidatePath(paths.team);
    return changed;
  },
);

export const removeMemberAction = defineAction(
  { permission: "team.manage", does: "removed member" },
  removeMemberSchema,
  async ({ memberId, name }, actor) => {
    const removed = await removeMember(actor, memberId, name);
    if (removed.ok) revalidatePath(paths.team);
    return removed;
  },
);

export const renameTeamAction = defineAction(
  { permission: "team.settings", does: "changed team" },
  teamNameSchema,
  async ({ name }, actor) => {
    await renameTeam(actor, name);
    revalidatePath("/", "layout");
    return ok(null);
  },
);

export const requireTwoFactorAction = defineAction(
  { permission: "team.settings", does: "changed team" },
  requireTwoFactorSchema,
  async ({ isRequired }, actor) => {
    const changed = await requireTwoFactor(actor, isRequired);
    if (changed.ok) revalidatePath(paths.team);
    return changed;
  },
);

export const createTeamAction = defineAction(
  { permission: "team.create", does: "created team" },
  teamNameSchema,
  async ({ name }, actor) => {
    await createTeam(actor, name);
    revalidatePath("/", "layout");
    return ok(null);
  },
);

export const leaveTeamAction = defineAction(
  { permission: "team.leave", does: "left team" },
  leaveTeamSchema,
  async ({ name }, actor) => {
    const left = await leaveTeam(actor, name);
    if (left.ok) revalidatePath("/", "layout");
    return left;
  },
);

export const switchTeamAction = defineAccountAction(
  "switched team",
  switchTeamSchema,
  async ({ teamId }, person) => {
    const switched = await switchTeam(person, teamId);
    if (switched.ok) revalidatePath("/", "layout");
    return switched;
  },
);
