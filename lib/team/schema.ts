import { z } from "zod";
import { roles } from "@/lib/team/types";

/** How long an invitation's link works. */
export const INVITATION_DAYS = 7;

const role = z.enum(roles);
const teamName = z
  .string()
  .trim()
  .min(1, "Give the team a name.")
  .max(100, "Use at most 100 characters.");

export const inviteSchema = z.object({
  /** Empty: whoever has the link. */
  email: z.union([
    z.literal(""),
    z.string().trim().toLowerCase().pipe(z.email("Enter an e-mail address, or leave it empty.")),
  ]),
  role,
});
export type Invite = z.infer<typeof inviteSchema>;

export const invitationIdSchema = z.object({ invitationId: z.string().min(1).max(100) });
export const changeRoleSchema = z.object({ memberId: z.string().min(1).max(100), role });
export const removeMemberSchema = z.object({
  memberId: z.string().min(1).max(100),
  name: z.string().max(200),
});
export const teamNameSchema = z.object({ name: teamName });
export const leaveTeamSchema = z.object({ name: z.string().max(200) });
export const switchTeamSchema = z.object({ teamId: z.string().min(1).max(100) });
export const requireTwoFactorSchema = z.object({ isRequired: z.boolean() });
