"use server";
import { revalidatePath } from "next/cache";
import { z } from "zod";
import { connectorKinds } from "@/lib/connectors/catalog";
import type { CheckResult } from "@/lib/connectors/contract/checks";
import { redshiftSecretSchema } from "@/lib/connectors/redshift/spec";
import { stagingSecretSchema } from "@/lib/connectors/s3/spec";
import { credentialNameIsTaken } from "@/lib/credentials/data";
import { machineIdentity } from "@/lib/credentials/open";
import {
  bucketSecretAfter,
  configAfter,
  destinationAfter,
  isSecretTyped,
  secretAfter,
  sshSecretOf,
} from "@/lib/credentials/rules";
import { openCredential } from "@/lib/credentials/secrets";
import { destinationNameIsTaken, findDestination } from "@/lib/destinations/data";
import { createDestination, deleteDestination } from "@/lib/destinations/mutations";
import { checkDestination, openDestination, openDestinationDraft } from "@/lib/destinations/open";
import {
  destinationConnectionSchema,
  destinationDraftIdSchema,
  destinationDraftSchema,
  destinationIdSchema,
  destinationLoginSchema,
  destinationNameSchema,
  destinationStagingSchema,
  destinationTablesSchema,
  destinationTargetSchema,
  startDestinationSchema,
  type DestinationDraft,
} from "@/lib/destinations/schema";
import { connectionOf, destinationSteps } from "@/lib/destinations/steps";
import { examineEnds } from "@/lib/connections/open";
import { findDraft } from "@/lib/drafts/data";
import { nextStep, stepsFor } from "@/lib/drafts/steps";
import {
  createDraft,
  discardDraft,
  draftSecret,
  saveDraft,
  sealDraftSecret,
} from "@/lib/drafts/mutations";
import { paths } from "@/lib/paths";
import { databaseNow } from "@/lib/platform/db";
import { ok, refused, type Result } from "@/lib/platform/result";
import { may, refusalOf } from "@/lib/team/rules";
import type { Actor } from "@/lib/team/types";
import { recordVerification } from "@/lib/verification/mutations";
import { allPassed } from "@/lib/verification/rules";
import { defineAction, defineStreamingAction } from "@/lib/web/define-action";

const GONE = "This draft no longer exists. Start again under Destinations.";

async function openedDraft(
  actor: Actor,
  draftId: string,
): Promise<Result<{ kind: string; draft: DestinationDraft }>> {
  const found = await findDraft(actor.teamId, draftId, "destination");
  if (!found || found.finishedAs) return refused(GONE);
  return ok({ kind: found.kind, draft: destinationDraftSchema.parse(found.data) });
}

async function keepDraft(
  actor: Actor,
  draftId: string,
  draft: DestinationDraft,
): Promise<Result<null>> {
  return (await saveDraft(actor.teamId, draftId, draft)) ? ok(null) : refused(GONE);
}

/** Keeps what a step says, and answers with the id of the step that comes next. */
async function saveStep(
  actor: Actor,
  draftId: string,
  { kind, step }: { kind: string; step: string },
  draft: DestinationDraft,
): Promise<Result<string>> {
  const kept = await keepDraft(actor, draftId, draft);
  return kept.ok ? ok(nextStep(destinationSteps(kind), draft, step)) : kept;
}

export const startDestinationAction = defineAction(
  { permission: "destinations.edit", does: "created destination draft" },
  startDestinationSchema,
  async ({ kind, forSource }, actor) => {
    if (!connectorKinds[kind]?.roles.includes("destination"))
      return refused("Choose where to deliver to.");
    // one without saved credentials to choose from asks for its own
    if (!connectorKinds[kind]?.destination?.target && !may(actor.role, "credentials.manage"))
      return refused(refusalOf(actor.role, "credentials.manage"));
    return ok(await createDraft(actor, "destination", kind, { forSource }));
  },
);

export const discardDestinationDraftAction = defineAction(
  { permission: "destinations.edit", does: "deleted destination draft" },
  destinationDraftIdSchema,
  async ({ draftId }, actor) => {
    await discardDraft(actor.teamId, draftId);
    revalidatePath(paths.destinations);
    return ok(null);
  },
);

export const saveDestinationNameAction = defineAction(
  { permission: "destinations.edit", does: "changed destination draft" },
  destinationNameSchema,
  async ({ draftId, ...name }, actor) => {
    const opened = await openedDraft(actor, draftId);
    if (!opened.ok) return opened;
    if (await destinationNameIsTaken(actor.teamId, name.name))
      return refused(
        `There is a destination or a saved credential named “${name.name}” already. Choose another name.`,
        "name",
      );
    if (name.credentials === "new" && !may(actor.role, "credentials.manage"))
      return refused(refusalOf(actor.role, "credentials.manage"));
    if (
      name.credentials === "existing" &&
      (await openCredential(actor.teamId, name.credentialId))?.kind !== opened.value.kind
    )
      return refused("These credentials no longer exist. Choose others.", "credentialId");
    const { kind, draft } = opened.value;
    return saveStep(actor, draftId, { kind, step: "name" }, { ...draft, name });
  },
);

export const saveDestinationConnectionAction = defineAction(
  { permission: "credentials.manage", does: "changed destination draft" },
  destinationConnectionSchema,
  async ({ draftId, config, secret, target }, actor) => {
    const opened = await openedDraft(actor, draftId);
    if (!opened.ok) return opened;
    const { kind, draft } = opened.value;
    const spec = connectorKinds[kind];
    if (!spec) return refused(GONE);
    const own = judgedTarget(kind, target);
    if (!own.ok) return own;
    const kept = await draftSecret(actor.teamId, draftId);
    const sealed = own.value ? rowSecretsOf(kept).connection : kept;
    const judged = destinationAfter(
      spec,
      { config, secret },
      draft.connection && { config: draft.connection.config, secret: sealed },
    );
    if (!judged.ok) return judged;
    const { isSecretNew } = judged.value;
    await sealDraftSecret(
      actor.teamId,
      draftId,
      own.value ? { connection: judged.value.secret } : judged.value.secret,
    );
    const secretSetAt =
      isSecretNew || !draft.connection ? new Date().toISOString() : draft.connection.secretSetAt;
    return saveStep(
      actor,
      draftId,
      { kind, step: "connection" },
      {
        ...draft,
        connection: { config: judged.value.config, secretSetAt },
        ...(own.value && { tables: { ...draft.tables, ...own.value } }),
      },
    );
  },
);

/** Where rows go, judged by the kind; null for a kind that doesn't ask. */
function judgedTarget(
  kind: string,
  target: Record<string, string>,
): Result<Record<string, unknown> | null> {
  const schema = connectorKinds[kind]?.destination?.target?.schema;
  if (!schema) return ok(null);
  const judged = schema.safeParse(target);
  if (judged.success) return ok(judged.data);
  const [issue] = judged.error.issues;
  return refused(issue?.message ?? "This is not valid.", issue?.path.map(String).join("."));
}

/** The secrets that a draft has so far whose login others may share. */
const rowSecretsOf = (sealed: unknown): { connection?: unknown } =>
  typeof sealed === "object" && sealed !== null ? sealed : {};

/** The secrets that a draft of a Redshift has so far. */
const rowSecretsSchema = z
  .object({ connection: redshiftSecretSchema.optional(), staging: stagingSecretSchema.optional() })
  .catch({});

export const saveDestinationLoginAction = defineAction(
  { permission: "credentials.manage", does: "changed destination draft" },
  destinationLoginSchema,
  async (
    { draftId, credentialName, password, secretAccessKey, ssh, targetSchema, ...entered },
    actor,
  ) => {
    const opened = await openedDraft(actor, draftId);
    if (!opened.ok) return opened;
    const { kind, draft } = opened.value;
    if (await credentialNameIsTaken(actor.teamId, credentialName))
      return refused(
        `There are credentials named “${credentialName}” already. Choose another name.`,
        "credentialName",
      );
    const sealed = rowSecretsSchema.parse((await draftSecret(actor.teamId, draftId)) ?? {});
    const kept =
      draft.login && sealed.connection
        ? { config: draft.login.config, secret: sealed.connection }
        : undefined;
    const secret = secretAfter({ config: entered, password, secretAccessKey, ssh }, kept);
    if (!secret.ok) return secret;
    await sealDraftSecret(actor.teamId, draftId, { ...sealed, connection: secret.value });
    const passwordSetAt =
      isSecretTyped({ password, secretAccessKey, ssh }) || !draft.login
        ? new Date().toISOString()
        : draft.login.passwordSetAt;
    return saveStep(
      actor,
      draftId,
      { kind, step: "connection" },
      {
        ...draft,
        login: {
          credentialName,
          config: configAfter(entered, draft.login?.config),
          passwordSetAt,
          sshSecret: sshSecretOf(secret.value),
        },
        tables: { ...draft.tables, targetSchema },
      },
    );
  },
);

export const saveTargetAction = defineAction(
  { permission: "destinations.edit", does: "changed destination draft" },
  destinationTargetSchema,
  async ({ draftId, target }, actor) => {
    const opened = await openedDraft(actor, draftId);
    if (!opened.ok) return opened;
    const { kind, draft } = opened.value;
    const judged = judgedTarget(kind, target);
    if (!judged.ok) return judged;
    return saveStep(
      actor,
      draftId,
      { kind, step: "connection" },
      { ...draft, tables: { ...draft.tables, ...judged.value } },
    );
  },
);

/** A bucket is a login's part: who may enter its key says where that is used, and as which role. */
export const saveStagingAction = defineAction(
  { permission: "credentials.manage", does: "changed destination draft" },
  destinationStagingSchema,
  async ({ draftId, secretAccessKey, ...config }, actor) => {
    const opened = await openedDraft(actor, draftId);
    if (!opened.ok) return opened;
    const { kind, draft } = opened.value;
    const identity = await machineIdentity(actor.teamId, config);
    if (!identity.ok) return identity;
    const sealed = rowSecretsSchema.parse((await draftSecret(actor.teamId, draftId)) ?? {});
    const secret = bucketSecretAfter(
      { config, secretAccessKey },
      draft.staging && sealed.staging ? { config: draft.staging.config, ...sealed.staging } : null,
    );
    if (!secret.ok) return secret;
    await sealDraftSecret(actor.teamId, draftId, {
      ...sealed,
      staging: { secretAccessKey: secret.value },
    });
    const secretSetAt =
      secretAccessKey !== "" || !draft.staging
        ? new Date().toISOString()
        : draft.staging.secretSetAt;
    return saveStep(
      actor,
      draftId,
      { kind, step: "staging" },
      { ...draft, staging: { config, secretSetAt } },
    );
  },
);

export const saveTablesAction = defineAction(
  { permission: "destinations.edit", does: "changed destination draft" },
  destinationTablesSchema,
  async ({ draftId, ...tables }, actor): Promise<Result<string>> => {
    const opened = await openedDraft(actor, draftId);
    if (!opened.ok) return opened;
    const draft: DestinationDraft = { ...opened.value.draft, tables, areTablesSaved: true };
    const saved = await keepDraft(actor, draftId, draft);
    if (!saved.ok) return saved;
    // another schema is another thing to verify
    if (draft.verify?.of !== connectionOf(draft)) return ok("verify");
    const created = await finishDraftAsDestination(actor, draftId);
    return created.ok ? ok("done") : created;
  },
);

export const verifyDestinationAction = defineStreamingAction(
  { permission: "credentials.use", does: "tested destination draft" },
  destinationDraftIdSchema,
  async function* ({ draftId }, actor) {
    const opened = await openedDraft(actor, draftId);
    if (!opened.ok) return yield opened;
    const { kind, draft } = opened.value;
    const connector = await openDestinationDraft(actor.teamId, draftId, kind, draft);
    if (!connector.ok) return yield connector;
    const results: CheckResult[] = [];
    try {
      for await (const update of connector.value.check(new AbortController().signal)) {
        yield ok(update);
        const { status, ...rest } = update;
        if (status !== "running") results.push({ ...rest, status });
      }
    } finally {
      await connector.value.close();
    }
    const now = await openedDraft(actor, draftId);
    if (!now.ok) return yield now;
    const hostKey = results.find(({ firstHostKey }) => firstHostKey)?.firstHostKey;
    const pinned =
      hostKey && now.value.draft.login
        ? {
            ...now.value.draft,
            login: {
              ...now.value.draft.login,
              config: {
                ...now.value.draft.login.config,
                tunnel: { ...now.value.draft.login.config.tunnel, hostKey },
              },
            },
          }
        : now.value.draft;
    const of = hostKey ? connectionOf(pinned) : connectionOf(draft);
    const saved = await keepDraft(actor, draftId, {
      ...pinned,
      verify: { of, passed: allPassed(results) },
    });
    if (!saved.ok) yield saved;
  },
);

/** Both warehouses are asked; one that takes longer is asked by the run. */
const EXAMINE_MS = 15_000;

async function finishDraftAsDestination(actor: Actor, draftId: string) {
  const opened = await openedDraft(actor, draftId);
  if (!opened.ok) return opened;
  const { kind, draft } = opened.value;
  if (!stepsFor(destinationSteps(kind), draft).every(({ isDone }) => isDone(draft)))
    return refused("Verify the destination first: every check must pass.");
  if (draft.name?.credentials !== "existing" && !may(actor.role, "credentials.manage"))
    return refused(refusalOf(actor.role, "credentials.manage"));
  const connector = draft.forSource
    ? await openDestinationDraft(actor.teamId, draftId, kind, draft)
    : null;
  if (draft.forSource && connector?.ok) {
    const examined = await examineEnds(
      actor.teamId,
      draft.forSource,
      connector.value,
      AbortSignal.timeout(EXAMINE_MS),
    ).finally(() => connector.value.close());
    if (!examined.ok) return examined;
  }
  const created = await createDestination(actor, draftId, kind, draft);
  if (created.ok) revalidatePath(paths.destinations);
  return created;
}

/** The last step's "Next": what was verified becomes a destination. */
export const finishDestinationAction = defineAction(
  { permission: "destinations.edit", does: "created destination" },
  destinationDraftIdSchema,
  ({ draftId }, actor) => finishDraftAsDestination(actor, draftId),
);

export const testDestinationAction = defineAction(
  { permission: "credentials.use", does: "tested destination" },
  destinationIdSchema,
  async ({ destinationId }, actor): Promise<Result<CheckResult[]>> => {
    const destination = await findDestination(actor.teamId, destinationId);
    if (!destination) return refused("This destination no longer exists.");
    const connector = await openDestination(actor.teamId, destinationId);
    if (!connector.ok) return connector;
    const begun = await databaseNow();
    const results = await checkDestination(connector.value, new AbortController().signal);
    await recordVerification(
      { subject: "destination", id: destinationId },
      destination.credentialId,
      begun,
      results,
    );
    return ok(results);
  },
);

export const deleteDestinationAction = defineAction(
  { permission: "destinations.edit", does: "deleted destination" },
  destinationIdSchema.extend({ name: z.string() }),
  async ({ destinationId, name }, actor) => {
    const deleted = await deleteDestination(actor, destinationId, name);
    if (deleted.ok) revalidatePath(paths.destinations);
    return deleted;
  },
);
