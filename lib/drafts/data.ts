import { db } from "@/lib/platform/db";
import type { TeamId } from "@/lib/team/types";

export type DraftRole = "source" | "destination";

/** Another team's draft is not found. */
export const findDraft = (teamId: TeamId, id: string, role: DraftRole) =>
  db().draft.findFirst({
    where: { id, teamId, role },
    select: {
      id: true,
      kind: true,
      data: true,
      finishedAs: true,
      updatedAt: true,
      createdAt: true,
    },
  });

export const listOpenDrafts = (teamId: TeamId, role: DraftRole) =>
  db().draft.findMany({
    where: { teamId, role, finishedAs: null },
    orderBy: { updatedAt: "desc" },
    select: { id: true, kind: true, data: true, updatedAt: true },
  });
