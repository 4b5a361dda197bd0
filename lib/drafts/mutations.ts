import type { DraftRole } from "@/lib/drafts/data";
import { db, type Tx } from "@/lib/platform/db";
import { newId } from "@/lib/platform/ids";
import { open, seal } from "@/lib/platform/secret-box";
import type { Actor, TeamId } from "@/lib/team/types";
import type { Prisma } from "@/prisma/generated/client";

export async function createDraft(
  actor: Actor,
  role: DraftRole,
  kind: string,
  data: object = {},
): Promise<string> {
  const { id } = await db().draft.create({
    data: {
      id: newId(),
      teamId: actor.teamId,
      role,
      kind,
      data: data as Prisma.InputJsonObject,
      createdBy: actor.userId,
    },
    select: { id: true },
  });
  return id;
}

/** Saves what a step says; steps after it keep what they had. Only an open draft: a finished one is history. Returns whether it was there. */
export async function saveDraft(teamId: TeamId, id: string, data: object): Promise<boolean> {
  const { count } = await db().draft.updateMany({
    where: { id, teamId, finishedAs: null },
    data: { data: data as Prisma.InputJsonObject },
  });
  return count === 1;
}

/** Seals secrets for a draft. They are bound to its id, so they are opened and sealed anew when it becomes a credential. */
export async function sealDraftSecret(teamId: TeamId, id: string, secret: object): Promise<void> {
  await db().draft.updateMany({
    where: { id, teamId, finishedAs: null },
    data: { sealedSecret: seal(id, secret) },
  });
}

export async function draftSecret(teamId: TeamId, id: string): Promise<unknown> {
  const draft = await db().draft.findFirst({
    where: { id, teamId },
    select: { sealedSecret: true },
  });
  return draft?.sealedSecret ? open(id, draft.sealedSecret) : undefined;
}

/**
 * Marks a draft as finished, once: of two clicks on the last step one wins and gets its secret, the other gets null.
 * The sealed secret is no longer needed then.
 */
export async function finishDraft(
  tx: Tx,
  teamId: TeamId,
  id: string,
  finishedAs: string,
): Promise<{ secret: unknown } | null> {
  const draft = await tx.draft.findFirst({
    where: { id, teamId, finishedAs: null },
    select: { sealedSecret: true },
  });
  const { count } = await tx.draft.updateMany({
    where: { id, teamId, finishedAs: null },
    data: { finishedAs, sealedSecret: null },
  });
  return draft && count === 1
    ? { secret: draft.sealedSecret ? open(id, draft.sealedSecret) : undefined }
    : null;
}

export async function discardDraft(teamId: TeamId, id: string): Promise<void> {
  await db().draft.deleteMany({ where: { id, teamId, finishedAs: null } });
}
