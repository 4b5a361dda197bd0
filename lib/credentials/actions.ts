"use server";
import { revalidatePath } from "next/cache";
import { connectorKinds } from "@/lib/connectors/catalog";
import { redshiftConfigSchema, redshiftSecretSchema } from "@/lib/connectors/redshift/spec";
import {
  cancelRotation,
  changeCredential,
  deleteCredential,
  dropPrevious,
  recordCheck,
  startRotation,
  takeOver,
} from "@/lib/credentials/mutations";
import { changePassword, testLogin } from "@/lib/credentials/open";
import {
  configAfter,
  destinationAfter,
  isSecretTyped,
  nextSecret,
  secretAfter,
} from "@/lib/credentials/rules";
import {
  changeDestinationCredentialSchema,
  changeRedshiftSchema,
  credentialIdSchema,
  deleteCredentialSchema,
  startRotationSchema,
} from "@/lib/credentials/schema";
import { openCredential } from "@/lib/credentials/secrets";
import type { Rotation } from "@/lib/credentials/state";
import { paths } from "@/lib/paths";
import { ok, refused, type Result } from "@/lib/platform/result";
import type { Actor } from "@/lib/team/types";
import { allPassed } from "@/lib/verification/rules";
import { defineAction } from "@/lib/web/define-action";

const GONE = "These credentials no longer exist.";

export const changeRedshiftAction = defineAction(
  { permission: "credentials.manage", does: "changed credential" },
  changeRedshiftSchema,
  async ({ credentialId, credentialName, password, secretAccessKey, ssh, ...entered }, actor) => {
    const found = await openCredential(actor.teamId, credentialId);
    if (found?.kind !== "redshift") return refused(GONE);
    const kept = {
      config: redshiftConfigSchema.parse(found.config),
      secret: redshiftSecretSchema.parse(found.secret),
    };
    const secret = secretAfter({ config: entered, password, secretAccessKey, ssh }, kept);
    if (!secret.ok) return secret;
    const changed = await changeCredential(actor, credentialId, {
      name: credentialName,
      config: configAfter(entered, kept.config),
      secret: secret.value,
      isSecretNew: isSecretTyped({ password, secretAccessKey, ssh }),
    });
    if (changed.ok) revalidatePath(paths.credentials);
    return changed;
  },
);

export const changeDestinationCredentialAction = defineAction(
  { permission: "credentials.manage", does: "changed credential" },
  changeDestinationCredentialSchema,
  async ({ credentialId, name, config, secret }, actor) => {
    const found = await openCredential(actor.teamId, credentialId);
    const spec = found && connectorKinds[found.kind];
    if (!found || !spec) return refused(GONE);
    const judged = destinationAfter(spec, { config, secret }, found);
    if (!judged.ok) return judged;
    const changed = await changeCredential(actor, credentialId, { name, ...judged.value });
    if (changed.ok) revalidatePath(paths.credentials);
    return changed;
  },
);

export const deleteCredentialAction = defineAction(
  { permission: "credentials.manage", does: "deleted credential" },
  deleteCredentialSchema,
  async ({ credentialId, name }, actor) => {
    const result = await deleteCredential(actor, credentialId, name);
    if (result.ok) revalidatePath(paths.credentials);
    return result;
  },
);

/** Logs in with saved credentials, and tells check by check how that went. */
export const testCredentialAction = defineAction(
  { permission: "credentials.use", does: "tested credential" },
  credentialIdSchema,
  async ({ credentialId }, actor) => {
    const found = await openCredential(actor.teamId, credentialId);
    if (!found) return refused(GONE);
    const results = await testLogin(actor.teamId, found.kind, found.config, found.secret);
    await recordCheck(actor.teamId, credentialId, results.ok && allPassed(results.value));
    revalidatePath(paths.credentials);
    return results;
  },
);

/** Whether the other secret of a rotation lets in: only then it is taken over. */
async function tryAndTakeOver(
  actor: Actor,
  credentialId: string,
  from: Exclude<Rotation, "none">,
): Promise<Result<null>> {
  const found = await openCredential(actor.teamId, credentialId);
  if (!found?.other)
    return refused("There is no other secret to take over. Look at where the rotation is now.");
  const results = await testLogin(actor.teamId, found.kind, found.config, found.other);
  if (!results.ok) return results;
  const failed = results.value.find(({ status }) => status !== "passed");
  if (failed)
    return refused(
      `Nothing was swapped, since the ${from === "next" ? "new" : "old"} secret does not let in: ${failed.summary}`,
    );
  const taken = await takeOver(actor, credentialId, from);
  if (taken.ok) revalidatePath(paths.credentials);
  return taken;
}

/**
 * Begins a rotation. Where a person changes the secret in the warehouse by a script, the new one waits for that; else
 * it is changed (by Tidegate, or it was by its issuer), tested and taken over at once.
 */
export const startRotationAction = defineAction(
  { permission: "credentials.manage", does: "changed credential" },
  startRotationSchema,
  async ({ credentialId, secret, byTidegate }, actor) => {
    const found = await openCredential(actor.teamId, credentialId);
    const spec = found && connectorKinds[found.kind];
    if (!found || !spec) return refused(GONE);
    const next = nextSecret(spec, found.secret, secret);
    if (!next.ok) return next;
    const started = await startRotation(actor, credentialId, next.value);
    if (!started.ok) return started;
    revalidatePath(paths.credentials);
    if (spec.isPasswordOfUser && !byTidegate) return ok({ isSwapped: false });
    if (byTidegate) {
      const changed = await changePassword(
        actor.teamId,
        found.kind,
        found.config,
        found.secret,
        next.value.password,
      );
      if (!changed.ok && !changed.isKnown)
        return refused(
          `Nobody can say whether the password was changed: ${changed.reason} Both are kept, and whichever lets in is used. Test and swap when the warehouse is back.`,
        );
      if (!changed.ok) {
        await cancelRotation(actor, credentialId);
        return refused(`The password was not changed: ${changed.reason}`);
      }
    }
    const taken = await tryAndTakeOver(actor, credentialId, "next");
    if (!taken.ok && !byTidegate) await cancelRotation(actor, credentialId);
    return taken.ok ? ok({ isSwapped: true }) : taken;
  },
);

export const takeOverAction = defineAction(
  { permission: "credentials.manage", does: "changed credential" },
  credentialIdSchema,
  ({ credentialId }, actor) => tryAndTakeOver(actor, credentialId, "next"),
);

export const goBackAction = defineAction(
  { permission: "credentials.manage", does: "changed credential" },
  credentialIdSchema,
  ({ credentialId }, actor) => tryAndTakeOver(actor, credentialId, "previous"),
);

export const cancelRotationAction = defineAction(
  { permission: "credentials.manage", does: "changed credential" },
  credentialIdSchema,
  async ({ credentialId }, actor) => {
    const cancelled = await cancelRotation(actor, credentialId);
    if (cancelled.ok) revalidatePath(paths.credentials);
    return cancelled;
  },
);

export const dropPreviousAction = defineAction(
  { permission: "credentials.manage", does: "changed credential" },
  credentialIdSchema,
  async ({ credentialId }, actor) => {
    const dropped = await dropPrevious(actor, credentialId);
    if (dropped.ok) revalidatePath(paths.credentials);
    return dropped;
  },
);
