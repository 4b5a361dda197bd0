import { audit } from "@/lib/audit/mutations";
import { connect } from "@/lib/connections/mutations";
import { createCredential } from "@/lib/credentials/mutations";
import type { DestinationDraft } from "@/lib/destinations/schema";
import { finishDraft } from "@/lib/drafts/mutations";
import { db, isUniqueViolation } from "@/lib/platform/db";
import { newId } from "@/lib/platform/ids";
import { ok, refused, type Result } from "@/lib/platform/result";
import { seal } from "@/lib/platform/secret-box";
import type { Actor } from "@/lib/team/types";
import type { Prisma } from "@/prisma/generated/client";

/** Credential, destination, the connection to the source that asked for it, and the end of the draft: all or nothing. */
export async function createDestination(
  actor: Actor,
  draftId: string,
  kind: string,
  draft: DestinationDraft,
): Promise<Result<{ id: string; connectionId: string | null }>> {
  const { name: named, staging, tables } = draft;
  if (!named) return refused("An earlier step is still open.");
  const { name } = named;
  const id = newId();
  try {
    return await db().$transaction(async (tx) => {
      const finished = await finishDraft(tx, actor.teamId, draftId, id);
      if (!finished) return refused("This destination has been created already.");
      const secret =
        typeof finished.secret === "object" && finished.secret !== null
          ? (finished.secret as Record<string, unknown>)
          : {};
      const made = newCredential(draft, secret);
      if (
        !made &&
        named.credentials === "existing" &&
        (await tx.credential.count({
          where: { id: named.credentialId, teamId: actor.teamId, kind },
        })) !== 1
      )
        return refused("The chosen credentials no longer exist. Go back and choose others.");
      const credentialId = made
        ? await createCredential(tx, actor, {
            kind,
            ...made,
            config: made.config as Prisma.InputJsonObject,
          })
        : named.credentialId;
      // where rows go, with the secrets of the bucket
      const config = { staging: staging?.config, tables } as Prisma.InputJsonObject;
      const own = tables && {
        config,
        sealedSecret: staging ? seal(id, { staging: secret.staging }) : null,
      };
      await tx.destination.create({
        data: { id, teamId: actor.teamId, kind, name, credentialId, ...own },
      });
      await audit(tx, actor, {
        action: "created",
        subjectType: "destination",
        subjectId: id,
        subjectName: name,
      });
      const asked = draft.forSource
        ? await tx.source.count({ where: { id: draft.forSource, teamId: actor.teamId } })
        : 0;
      const connectionId =
        asked === 1 && draft.forSource ? await connect(tx, actor, draft.forSource, id) : null;
      return ok({ id, connectionId });
    });
  } catch (error) {
    if (isUniqueViolation(error))
      return refused(
        "Another destination or saved credential got this name meanwhile. Go back and choose another name.",
      );
    throw error;
  }
}

/** The credential that a draft asks for; null where it chose a saved one. Of a login that others may share the secret is a part. */
function newCredential(
  { name, connection, login, tables }: DestinationDraft,
  secret: Record<string, unknown>,
): { name: string; config: object; secret: unknown } | null {
  if (!name || name.credentials === "existing") return null;
  if (login) return { name: login.credentialName, config: login.config, secret: secret.connection };
  if (!connection) return null;
  return {
    name: name.name,
    config: connection.config,
    secret: tables ? secret.connection : secret,
  };
}

/** Only one that nothing is connected to, and only with its name typed. Its credential goes with it when nothing else uses it. */
export async function deleteDestination(
  actor: Actor,
  id: string,
  typedName: string,
): Promise<Result<null>> {
  return db().$transaction(async (tx) => {
    const found = await tx.destination.findFirst({
      where: { id, teamId: actor.teamId },
      select: { name: true, credentialId: true, _count: { select: { connections: true } } },
    });
    if (!found) return refused("This destination no longer exists.");
    if (found.name !== typedName) return refused("The name you typed is not its name.", "name");
    if (found._count.connections > 0)
      return refused(
        `This destination is used by ${found._count.connections} ${found._count.connections === 1 ? "connection" : "connections"}. Delete those first.`,
      );
    await tx.destination.delete({ where: { id } });
    const uses = await tx.credential.findUnique({
      where: { id: found.credentialId },
      select: { _count: { select: { sources: true, destinations: true } } },
    });
    if (uses && uses._count.sources + uses._count.destinations === 0)
      await tx.credential.delete({ where: { id: found.credentialId } });
    await audit(tx, actor, {
      action: "deleted",
      subjectType: "destination",
      subjectId: id,
      subjectName: found.name,
    });
    return ok(null);
  });
}
