import { db } from "@/lib/platform/db";
import type { TeamId } from "@/lib/team/types";

export const AUDIT_PAGE = 50;

/** Newest first, a page at a time; `before` is the `at` of the last line seen. */
export const listAudit = (teamId: TeamId, before?: Date) =>
  db().auditEntry.findMany({ where: { teamId, ...(before && { at: { lt: before } }) }, orderBy: { at: "desc" }, take: AUDIT_PAGE });
