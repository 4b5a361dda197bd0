"use server";
import { revalidatePath } from "next/cache";
import { z } from "zod";
import { connectorKinds } from "@/lib/connectors/catalog";
import type { CheckResult } from "@/lib/connectors/contract";
import { destinationAfter } from "@/lib/credentials/rules";
import { destinationNameIsTaken, findDestination } from "@/lib/destinations/data";
import { createDestination, deleteDestination } from "@/lib/destinations/mutations";
import { checkDestination, openDestinationCredential, openDestinationDraft } from "@/lib/destinations/open";
import { destinationConnectionSchema, destinationDraftIdSchema, destinationDraftSchema, destinationIdSchema, destinationNameSchema, startDestinationSchema, type DestinationDraft } from "@/lib/destinations/schema";
import { connectionOf, destinationSteps } from "@/lib/destinations/steps";
import { findDraft } from "@/lib/drafts/data";
import { createDraft, discardDraft, draftSecret, saveDraft, sealDraftSecret } from "@/lib/drafts/mutations";
import { paths } from "@/lib/paths";
import { ok, refused, type Result } from "@/lib/platform/result";
import type { Actor } from "@/lib/team/types";
import { recordVerification } from "@/lib/verification/mutations";
import { defineAction } from "@/lib/web/define-action";

const GONE = "This draft no longer exists. Start again under Destinations.";

async function openedDraft(actor: Actor, draftId: string): Promise<Result<{ kind: string; draft: DestinationDraft }>> {
  const found = await findDraft(actor.teamId, draftId, "destination");
  if (!found || found.finishedAs) return refused(GONE);
  return ok({ kind: found.kind, draft: destinationDraftSchema.parse(found.data) });
}

async function saveStep(actor: Actor, draftId: string, draft: DestinationDraft): Promise<Result<null>> {
  return (await saveDraft(actor.teamId, draftId, draft)) ? ok(null) : refused(GONE);
}

export const startDestinationAction = defineAction(startDestinationSchema, async ({ kind, forSource }, actor) => {
  if (!connectorKinds[kind]?.roles.includes("destination")) return refused("Choose where to deliver to.");
  return ok(await createDraft(actor, "destination", kind, { forSource }));
});

export const discardDestinationDraftAction = defineAction(destinationDraftIdSchema, async ({ draftId }, actor) => {
  await discardDraft(actor.teamId, draftId);
  revalidatePath(paths.destinations);
  return ok(null);
});

export const saveDestinationNameAction = defineAction(destinationNameSchema, async ({ draftId, name }, actor) => {
  const opened = await openedDraft(actor, draftId);
  if (!opened.ok) return opened;
  if (await destinationNameIsTaken(actor.teamId, name)) return refused(`There is a destination or a saved credential named “${name}” already. Choose another name.`, "name");
  return saveStep(actor, draftId, { ...opened.value.draft, name: { name } });
});

export const saveDestinationConnectionAction = defineAction(destinationConnectionSchema, async ({ draftId, config, secret }, actor) => {
  const opened = await openedDraft(actor, draftId);
  if (!opened.ok) return opened;
  const { kind, draft } = opened.value;
  const spec = connectorKinds[kind];
  if (!spec) return refused(GONE);
  const sealed = await draftSecret(actor.teamId, draftId);
  const judged = destinationAfter(spec, { config, secret }, draft.connection && { config: draft.connection.config, secret: sealed });
  if (!judged.ok) return judged;
  const { isSecretNew } = judged.value;
  await sealDraftSecret(actor.teamId, draftId, judged.value.secret);
  const secretSetAt = isSecretNew || !draft.connection ? new Date().toISOString() : draft.connection.secretSetAt;
  return saveStep(actor, draftId, { ...draft, connection: { config: judged.value.config, secretSetAt } });
});

export const verifyDestinationAction = defineAction(destinationDraftIdSchema, async ({ draftId }, actor): Promise<Result<CheckResult[]>> => {
  const opened = await openedDraft(actor, draftId);
  if (!opened.ok) return opened;
  const { kind, draft } = opened.value;
  const connector = await openDestinationDraft(actor.teamId, draftId, kind, draft);
  if (!connector.ok) return connector;
  const results = await checkDestination(connector.value, new AbortController().signal);
  const now = await openedDraft(actor, draftId);
  if (!now.ok) return now;
  const saved = await saveStep(actor, draftId, { ...now.value.draft, verify: { of: connectionOf(draft), passed: results.every(({ status }) => status === "passed") } });
  return saved.ok ? ok(results) : saved;
});

/** The last step's "Next": what was verified becomes a destination. */
export const finishDestinationAction = defineAction(destinationDraftIdSchema, async ({ draftId }, actor) => {
  const opened = await openedDraft(actor, draftId);
  if (!opened.ok) return opened;
  const { kind, draft } = opened.value;
  if (!destinationSteps.every(({ isDone }) => isDone(draft))) return refused("Verify the destination first: a test event must be accepted.");
  const created = await createDestination(actor, draftId, kind, draft);
  if (created.ok) revalidatePath(paths.destinations);
  return created;
});

export const testDestinationAction = defineAction(destinationIdSchema, async ({ destinationId }, actor): Promise<Result<CheckResult[]>> => {
  const destination = await findDestination(actor.teamId, destinationId);
  if (!destination) return refused("This destination no longer exists.");
  const connector = await openDestinationCredential(actor.teamId, destination.credentialId);
  if (!connector.ok) return connector;
  const begun = new Date();
  const results = await checkDestination(connector.value, new AbortController().signal);
  await recordVerification({ subject: "destination", id: destinationId }, destination.credentialId, begun, results);
  return ok(results);
});

export const deleteDestinationAction = defineAction(destinationIdSchema.extend({ name: z.string() }), async ({ destinationId, name }, actor) => {
  const deleted = await deleteDestination(actor, destinationId, name);
  if (deleted.ok) revalidatePath(paths.destinations);
  return deleted;
});
