import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { audit } from "@/lib/audit/mutations";
import { databaseNow, db, isUniqueViolation, type Tx } from "@/lib/platform/db";
import { newId } from "@/lib/platform/ids";
import { ok, refused, type Result } from "@/lib/platform/result";
import { seal } from "@/lib/platform/secret-box";
import type { Rotation } from "@/lib/credentials/state";
import type { Actor, TeamId } from "@/lib/team/types";
import { verifyUsersOf } from "@/lib/verification/mutations";
import type { Prisma } from "@/prisma/generated/client";

export async function createCredential(
  tx: Tx,
  actor: Actor,
  input: { kind: string; name: string; config: Prisma.InputJsonObject; secret: unknown },
): Promise<string> {
  const id = newId();
  const { kind, name, config } = input;
  // it is created by the last step of a wizard that has verified it
  await tx.credential.create({
    data: {
      id,
      teamId: actor.teamId,
      kind,
      name,
      config,
      sealedSecret: seal(id, input.secret),
      lastCheckedAt: new Date(),
      lastCheckOk: true,
    },
  });
  await audit(tx, actor, {
    action: "created",
    subjectType: "credential",
    subjectId: id,
    subjectName: name,
  });
  return id;
}

export async function recordCheck(teamId: TeamId, id: string, passed: boolean): Promise<void> {
  await db().credential.updateMany({
    where: { id, teamId },
    data: { lastCheckedAt: new Date(), lastCheckOk: passed },
  });
}

/** Changes saved credentials; whatever uses them is verified within seconds. A run that is under way ends with the old ones. */
export async function changeCredential(
  actor: Actor,
  id: string,
  changed: { name: string; config: object; secret: unknown; isSecretNew: boolean },
): Promise<Result<null>> {
  const { name, secret, isSecretNew } = changed;
  const config = changed.config as Prisma.InputJsonObject;
  try {
    return await db().$transaction(async (tx) => {
      const found = await tx.credential.findFirst({
        where: { id, teamId: actor.teamId },
        select: { name: true, config: true },
      });
      if (!found) return refused(GONE);
      const before = found.config as Prisma.JsonObject;
      const fields = [...new Set([...Object.keys(before), ...Object.keys(config)])].filter(
        (field) => !isDeepStrictEqual(before[field], config[field]),
      );
      // a secret that waits in a rotation was entered for what these were: it goes nowhere else
      const rotation =
        fields.length > 0 || isSecretNew ? { rotation: "none", sealedOther: null } : {};
      await tx.credential.update({
        where: { id },
        data: { name, config, sealedSecret: seal(id, secret), ...rotation },
      });
      await audit(tx, actor, {
        action: "changed",
        subjectType: "credential",
        subjectId: id,
        subjectName: name,
        detail: {
          changed: [
            ...(found.name === name ? [] : ["name"]),
            ...fields,
            ...(isSecretNew ? ["secret"] : []),
          ],
        },
      });
      await verifyUsersOf(tx, id);
      return ok(null);
    });
  } catch (error) {
    if (isUniqueViolation(error))
      return refused(
        `There are credentials named “${name}” already. Choose another name.`,
        "credentialName",
      );
    throw error;
  }
}

const GONE = "These credentials no longer exist.";

/** A next secret for these credentials: from now on whatever logs in with them tries it where the present one is refused. */
export async function startRotation(
  actor: Actor,
  id: string,
  next: unknown,
): Promise<Result<null>> {
  return rotate(
    actor,
    id,
    "none",
    "A rotation of these credentials is under way already.",
    () => ({ rotation: "next", sealedOther: seal(id, next) }),
    "rotation begun",
  );
}

/** Gives a rotation up before its secret was taken over. */
export async function cancelRotation(actor: Actor, id: string): Promise<Result<null>> {
  return rotate(
    actor,
    id,
    "next",
    "There is no rotation to give up.",
    () => ({ rotation: "none", sealedOther: null }),
    "rotation given up",
  );
}

/**
 * The other secret takes the present one's place, for everything that uses these credentials at once; each is verified
 * within seconds, and the replaced one is kept until all have been. Where nothing uses them it isn't kept.
 */
export async function takeOver(
  actor: Actor,
  id: string,
  from: Exclude<Rotation, "none">,
): Promise<Result<null>> {
  const now = await databaseNow();
  return rotate(
    actor,
    id,
    from,
    "The rotation has gone on meanwhile. Look at where it is now.",
    (found) => {
      const uses = found._count.sources + found._count.destinations;
      return {
        sealedSecret: found.sealedOther ?? found.sealedSecret,
        ...(uses > 0
          ? { rotation: "previous", sealedOther: found.sealedSecret }
          : { rotation: "none", sealedOther: null }),
        rotatedAt: now,
        lastCheckedAt: now,
        lastCheckOk: true,
      };
    },
    from === "next" ? "secret" : "secret, back to the one before",
  );
}

/** Drops the replaced secret before everything was verified. */
export async function dropPrevious(actor: Actor, id: string): Promise<Result<null>> {
  return rotate(
    actor,
    id,
    "previous",
    "The old secret is gone already.",
    () => ({ rotation: "none", sealedOther: null }),
    "old secret dropped",
  );
}

const rotating = {
  name: true,
  sealedSecret: true,
  sealedOther: true,
  _count: { select: { sources: true, destinations: true } },
} as const;
type Rotating = {
  sealedSecret: string;
  sealedOther: string | null;
  _count: { sources: number; destinations: number };
};

/** One move of a rotation (state.ts), only from where it is believed to be: of two at once one is refused. */
async function rotate(
  actor: Actor,
  id: string,
  from: Rotation,
  late: string,
  change: (found: Rotating) => Prisma.CredentialUpdateManyMutationInput,
  told: string,
): Promise<Result<null>> {
  return db().$transaction(async (tx) => {
    const found = await tx.credential.findFirst({
      where: { id, teamId: actor.teamId },
      select: rotating,
    });
    if (!found) return refused(GONE);
    const { sealedSecret, sealedOther } = found;
    const data = change(found);
    const { count } = await tx.credential.updateMany({
      where: { id, rotation: from, sealedSecret, sealedOther },
      data,
    });
    if (count !== 1) return refused(late);
    await audit(tx, actor, {
      action: "changed",
      subjectType: "credential",
      subjectId: id,
      subjectName: found.name,
      detail: { changed: [told] },
    });
    if (data.sealedSecret) await verifyUsersOf(tx, id);
    return ok(null);
  });
}

const tunnelledSchema = z.looseObject({
  tunnel: z.looseObject({ use: z.literal(true), hostKey: z.string() }),
});

/** Trusts another host key of the SSH server that these credentials go through; everything that uses them is verified anew. */
export async function pinHostKey(actor: Actor, id: string, hostKey: string): Promise<Result<null>> {
  return db().$transaction(async (tx) => {
    const found = await tx.credential.findFirst({
      where: { id, teamId: actor.teamId },
      select: { name: true, config: true },
    });
    if (!found) return refused(GONE);
    const config = tunnelledSchema.safeParse(found.config);
    if (!config.success) return refused("These credentials don't go through an SSH server.");
    await tx.credential.update({
      where: { id },
      data: {
        config: {
          ...config.data,
          tunnel: { ...config.data.tunnel, hostKey },
        } as Prisma.InputJsonObject,
      },
    });
    await audit(tx, actor, {
      action: "changed",
      subjectType: "credential",
      subjectId: id,
      subjectName: found.name,
      detail: { hostKey: { before: config.data.tunnel.hostKey, after: hostKey } },
    });
    await verifyUsersOf(tx, id);
    return ok(null);
  });
}

/** Only an unused one, and only with its name typed. */
export async function deleteCredential(
  actor: Actor,
  id: string,
  typedName: string,
): Promise<Result<null>> {
  return db().$transaction(async (tx) => {
    const found = await tx.credential.findFirst({
      where: { id, teamId: actor.teamId },
      select: { name: true, _count: { select: { sources: true, destinations: true } } },
    });
    if (!found) return refused(GONE);
    if (found.name !== typedName) return refused("The name you typed is not theirs.", "name");
    const uses = found._count.sources + found._count.destinations;
    if (uses > 0)
      return refused(
        `These credentials are used by ${uses} ${uses === 1 ? "source or destination" : "sources and destinations"}. Delete those first.`,
      );
    await tx.credential.delete({ where: { id } });
    await audit(tx, actor, {
      action: "deleted",
      subjectType: "credential",
      subjectId: id,
      subjectName: found.name,
    });
    return ok(null);
  });
}
