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

const OPEN_SHOWN = 20;

/** The drafts that somebody has worked at last. */
export const listOpenDrafts = (teamId: TeamId, role: DraftRole) =>
  db().draft.findMany({
    where: { teamId, role, finishedAs: null },
    orderBy: { updatedAt: "desc" },
    take: OPEN_SHOWN,
    select: { id: true, kind: true, data: true, updatedAt: true },
  });
