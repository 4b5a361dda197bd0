import { roles, type Role } from "@/lib/team/types";

const everyone = roles;
const editors = ["owner", "admin", "editor"] as const;
const admins = ["owner", "admin"] as const;
const owners = ["owner"] as const;

/**
 * Who may do what: the one place that says so. Actions, routes and pages name a permission, the server enforces it, and
 * what a page shows reads the same lines. docs/team.md shows this table; a test holds the two together.
 */
export const permissions = {
  "sources.read": { roles: everyone, allows: "see sources and how they are set up" },
  "sources.edit": { roles: editors, allows: "add, change and delete sources" },
  "preview.read": {
    roles: everyone,
    allows: "look at rows of a source’s table, and compare tables",
  },
  "destinations.read": { roles: everyone, allows: "see destinations and how they are set up" },
  "destinations.edit": { roles: editors, allows: "add and delete destinations" },
  "connections.read": { roles: everyone, allows: "see connections and the overview" },
  "connections.edit": { roles: editors, allows: "connect, change, pause and delete connections" },
  "runs.read": { roles: everyone, allows: "see runs, their rejected rows and statements" },
  "runs.start": { roles: editors, allows: "start, retry and cancel runs" },
  "credentials.read": {
    roles: everyone,
    allows: "see which credentials there are, never their secrets",
  },
  "credentials.use": {
    roles: editors,
    allows: "use saved credentials for a source or destination, and test them",
  },
  "credentials.manage": { roles: admins, allows: "create, change and delete credentials" },
  "team.read": { roles: everyone, allows: "see who is in the team" },
  "team.leave": { roles: everyone, allows: "leave the team" },
  "team.invite": { roles: admins, allows: "invite people and revoke invitations" },
  "team.manage": {
    roles: admins,
    allows: "change roles and remove members; owners are changed by owners alone",
  },
  "team.settings": { roles: owners, allows: "rename the team and require two-factor sign-in" },
  "team.create": { roles: owners, allows: "create a further team" },
  "audit.read": { roles: admins, allows: "read and export the audit log" },
} as const satisfies Record<string, { roles: readonly Role[]; allows: string }>;

export type Permission = keyof typeof permissions;

/** Whether a role has a permission. */
export const may = (role: Role, permission: Permission): boolean =>
  (permissions[permission].roles as readonly Role[]).includes(role);

const whoMay = {
  4: "everyone",
  3: "an owner, admin or editor",
  2: "an owner or admin",
  1: "an owner",
} as const;

/** Who has a permission, as in “Ask … of the team”. */
export const holders = (permission: Permission): string =>
  whoMay[permissions[permission].roles.length];

/** The sentence for somebody whose role has not got it. */
export const refusalOf = (role: Role, permission: Permission): string =>
  `Your role (${role}) does not allow this: ${permissions[permission].allows}. Ask ${holders(permission)} of the team.`;

export const isRole = (text: string): text is Role => (roles as readonly string[]).includes(text);

/** Owners hand out every role; admins every other than owner. */
export function grantableRoles(role: Role): readonly Role[] {
  if (role === "owner") return roles;
  return may(role, "team.manage") ? roles.filter((each) => each !== "owner") : [];
}

/** Whether one may change the role of another, or remove them: owners are changed by owners alone. */
export const mayChangeMember = (actor: Role, member: Role): boolean =>
  may(actor, "team.manage") && (member !== "owner" || actor === "owner");

/** One answer for a link that is wrong, used, revoked or too old: none of them tells a stranger which. */
export const INVITATION_IS_DEAD =
  "This invitation does not work. It may have been used, revoked, or be too old. Ask for a new one.";
