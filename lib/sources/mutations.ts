import { isDeepStrictEqual } from "node:util";
import { audit } from "@/lib/audit/mutations";
import type { UnloadConfig } from "@/lib/connectors/redshift/spec";
import { createCredential } from "@/lib/credentials/mutations";
import { finishDraft } from "@/lib/drafts/mutations";
import type { Mapping } from "@/lib/event/mapping";
import type { Clock } from "@/lib/platform/clock";
import { databaseNow, db, isUniqueViolation } from "@/lib/platform/db";
import { newId } from "@/lib/platform/ids";
import { seal } from "@/lib/platform/secret-box";
import { ok, refused, type Result } from "@/lib/platform/result";
import type { Schedule } from "@/lib/schedule/schema";
import { keyOf, mappingChanges } from "@/lib/sources/rules";
import { editableSchema, type SourceDraft } from "@/lib/sources/schema";
import type { Actor, TeamId } from "@/lib/team/types";
import { Prisma } from "@/prisma/generated/client";
import { nextCheck, outcome } from "@/lib/verification/mutations";

/** The finished draft: everything that the steps have to have said. */
export type FinishedSource = Required<Pick<SourceDraft, "name" | "data" | "columns" | "verify">> &
  Pick<SourceDraft, "connection"> & { schedule: Schedule };

/** The same of an edit; a verification only where it has other credentials. */
export type EditedSource = Required<Pick<SourceDraft, "editing" | "name" | "data" | "columns">> &
  Pick<SourceDraft, "connection" | "verify"> & { schedule: Schedule };

/** Credential, source and the end of the draft, all or nothing. */
export async function createSource(
  actor: Actor,
  draftId: string,
  kind: string,
  draft: FinishedSource,
): Promise<Result<string>> {
  const { name, data, columns, connection, verify, schedule } = draft;
  const key = keyOf(columns.mapping, data.columns);
  const keys = columns.keys ?? (key ? [key] : []);
  if (keys.length === 0) return refused("The table has no column that identifies a row.");
  const id = newId();
  const now = await databaseNow();
  try {
    return await db().$transaction(async (tx) => {
      const finished = await finishDraft(tx, actor.teamId, draftId, id);
      if (!finished) return refused("This source has been created already.");
      const credentialId =
        name.credentials === "existing"
          ? name.credentialId
          : connection &&
            (await createCredential(tx, actor, {
              kind,
              name: connection.credentialName,
              config: connection.config,
              secret: finished.secret,
            }));
      if (
        !credentialId ||
        (await tx.credential.count({ where: { id: credentialId, teamId: actor.teamId } })) !== 1
      )
        throw new CredentialsGone();
      await tx.source.create({
        data: {
          id,
          teamId: actor.teamId,
          kind,
          name: name.name,
          credentialId,
          schema: data.schema,
          table: data.table,
          keys,
          mapping: columns.mapping,
          columns: data.columns,
          schedule,
          ...outcome(verify.results, now),
          ...nextCheck("source", verify.results, now),
        },
      });
      await audit(tx, actor, {
        action: "created",
        subjectType: "source",
        subjectId: id,
        subjectName: name.name,
      });
      return ok(id);
    });
  } catch (error) {
    if (error instanceof CredentialsGone)
      return refused("The credentials no longer exist. Go back to Name and choose others.");
    if (isUniqueViolation(error))
      return refused(
        "Another source or saved credential got this name meanwhile. Go back and choose another name.",
      );
    throw error;
  }
}

/**
 * Saves an edit, and ends its draft. Refused when the source was changed by somebody else since the edit began: then
 * what was reviewed is not what would be saved.
 */
export async function updateSource(
  actor: Actor,
  draftId: string,
  draft: EditedSource,
): Promise<Result<string>> {
  const {
    editing: { sourceId: id, before },
    name,
    data,
    columns,
    connection,
    verify,
    schedule,
  } = draft;
  const now = await databaseNow();
  try {
    return await db().$transaction(async (tx) => {
      const found = await tx.source.findFirst({
        where: { id, teamId: actor.teamId },
        select: { kind: true, name: true, credentialId: true, mapping: true, schedule: true },
      });
      if (!found) return refused("This source no longer exists.");
      if (!isDeepStrictEqual(editableSchema.parse(found), before))
        return refused(
          "Somebody else has changed this source meanwhile. Discard this edit and begin again.",
        );
      const finished = await finishDraft(tx, actor.teamId, draftId, id);
      if (!finished) return refused("This edit has been saved already.");
      const credentialId =
        name.credentials === "existing"
          ? name.credentialId
          : connection &&
            (await createCredential(tx, actor, {
              kind: found.kind,
              name: connection.credentialName,
              config: connection.config,
              secret: finished.secret,
            }));
      if (
        !credentialId ||
        (await tx.credential.count({ where: { id: credentialId, teamId: actor.teamId } })) !== 1
      )
        throw new CredentialsGone();
      const isMoved = credentialId !== before.credentialId;
      await tx.source.update({
        where: { id },
        data: {
          name: name.name,
          credentialId,
          mapping: columns.mapping,
          columns: data.columns,
          schedule, // whether the new login may read the table is not known yet: a worker verifies it at once
          ...(isMoved && verify && { ...outcome(verify.results, now), nextCheckAt: now }),
        },
      });
      if (!isDeepStrictEqual(schedule, before.schedule))
        await tx.connection.updateMany({
          where: { sourceId: id },
          data: { nextRunAt: LOOK_AT_ONCE },
        });
      const changed = {
        name: name.name !== before.name,
        credentials: isMoved,
        columns: mappingChanges(before.mapping, columns.mapping).length > 0,
        schedule: !isDeepStrictEqual(schedule, before.schedule),
      };
      const told = ({
        name,
        credentialId,
        mapping,
        schedule,
      }: {
        name: string;
        credentialId: string;
        mapping: Mapping;
        schedule: Schedule;
      }) => ({
        ...(changed.name && { name }),
        ...(changed.credentials && { credentialId }),
        ...(changed.columns && {
          columns: mapping.columns.map(({ column, traitKey }) => `${column} → ${traitKey}`),
        }),
        ...(changed.schedule && { schedule }),
      });
      await audit(tx, actor, {
        action: "changed",
        subjectType: "source",
        subjectId: id,
        subjectName: name.name,
        before: told(before),
        after: told({ name: name.name, credentialId, mapping: columns.mapping, schedule }),
      });
      return ok(id);
    });
  } catch (error) {
    if (error instanceof CredentialsGone)
      return refused("The credentials no longer exist. Go back to Name and choose others.");
    if (isUniqueViolation(error))
      return refused(
        "Another source or saved credential got this name meanwhile. Go back and choose another name.",
      );
    throw error;
  }
}

/** Long past by any clock: the next sweep reads the schedule, and finds when it is due. */
const LOOK_AT_ONCE = new Date(0);

/** Thrown, so that the draft is open again with the rest undone. */
class CredentialsGone extends Error {}

/** Deletes a source with its connections and their runs. What it kept in the warehouse is dropped by the caller. */
export async function deleteSource(
  actor: Actor,
  id: string,
  typedName: string,
): Promise<Result<null>> {
  return db().$transaction(async (tx) => {
    const found = await tx.source.findFirst({
      where: { id, teamId: actor.teamId },
      select: { name: true },
    });
    if (!found) return refused("This source no longer exists.");
    if (found.name !== typedName) return refused("The name you typed is not its name.", "name");
    await tx.source.delete({ where: { id } });
    await audit(tx, actor, {
      action: "deleted",
      subjectType: "source",
      subjectId: id,
      subjectName: found.name,
    });
    return ok(null);
  });
}

/** Sets or removes the bucket of a source for large reads, its secret sealed; the audit log has all but the secret. */
export async function setUnload(
  actor: Actor,
  id: string,
  unload: { config: UnloadConfig; secretAccessKey: string; isSecretNew: boolean } | null,
): Promise<Result<null>> {
  return db().$transaction(async (tx) => {
    const found = await tx.source.findFirst({
      where: { id, teamId: actor.teamId },
      select: { name: true, unload: true },
    });
    if (!found) return refused("This source no longer exists.");
    await tx.source.update({
      where: { id },
      data: unload
        ? {
            unload: unload.config,
            sealedUnload: seal(id, { secretAccessKey: unload.secretAccessKey }),
          }
        : { unload: Prisma.DbNull, sealedUnload: null },
    });
    await audit(tx, actor, {
      action: "changed",
      subjectType: "source",
      subjectId: id,
      subjectName: found.name,
      before: { unload: found.unload },
      after: { unload: unload?.config ?? null, ...(unload?.isSecretNew && { secret: "changed" }) },
    });
    return ok(null);
  });
}

const HOUR_MS = 3600_000;
const GIVEN_UP_MS = 30 * 24 * HOUR_MS;
const LEFTOVERS_AT_ONCE = 20;

/** Remembers connections whose state could not be dropped with them. */
export async function recordLeftovers(
  teamId: TeamId,
  credentialId: string,
  connectionIds: string[],
  clock?: Clock,
): Promise<void> {
  const nextTryAt = new Date((await databaseNow(clock)).getTime() + HOUR_MS);
  await db().leftover.createMany({
    data: connectionIds.map((connectionId) => ({ connectionId, teamId, credentialId, nextTryAt })),
    skipDuplicates: true,
  });
}

/** Those that are due, each given to one caller only; those that nobody could drop for 30 days are forgotten. */
export async function claimLeftovers(clock?: Clock) {
  const now = await databaseNow(clock);
  await db().leftover.deleteMany({
    where: { createdAt: { lt: new Date(now.getTime() - GIVEN_UP_MS) } },
  });
  const due = await db().leftover.findMany({
    where: { nextTryAt: { lte: now } },
    orderBy: { nextTryAt: "asc" },
    take: LEFTOVERS_AT_ONCE,
  });
  const claimed: typeof due = [];
  for (const leftover of due) {
    const { count } = await db().leftover.updateMany({
      where: { connectionId: leftover.connectionId, nextTryAt: leftover.nextTryAt },
      data: { nextTryAt: new Date(now.getTime() + HOUR_MS) },
    });
    if (count === 1) claimed.push(leftover);
  }
  return claimed;
}

export async function dropLeftover(connectionId: string): Promise<void> {
  await db().leftover.deleteMany({ where: { connectionId } });
}
