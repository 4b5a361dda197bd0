import { roles, type Role } from "@/lib/team/types";

/** What a role may do; each includes those after it. */
export const may = (role: Role, needed: Role): boolean => roles.indexOf(role) <= roles.indexOf(needed);

export const isRole = (text: string): text is Role => (roles as readonly string[]).includes(text);
