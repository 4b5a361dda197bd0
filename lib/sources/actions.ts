"use server";
import { isDeepStrictEqual } from "node:util";
import { revalidatePath } from "next/cache";
import { z } from "zod";
import { connectorKinds } from "@/lib/connectors/catalog";
import type { OwnerInfo } from "@/lib/connectors/contract/catalog";
import type { CheckResult, CheckUpdate } from "@/lib/connectors/contract/checks";
import { can, sourceThatCan } from "@/lib/connectors/contract/source";
import { redshiftSecretSchema } from "@/lib/connectors/redshift/spec";
import { stagingSecretSchema } from "@/lib/connectors/s3/spec";
import { credentialNameIsTaken, findCredential } from "@/lib/credentials/data";
import { pinHostKey, recordCheck } from "@/lib/credentials/mutations";
import { machineIdentity } from "@/lib/credentials/open";
import {
  bucketSecretAfter,
  configAfter,
  isSecretTyped,
  secretAfter,
  sshSecretOf,
} from "@/lib/credentials/rules";
import {
  createDraft,
  discardDraft,
  draftSecret,
  saveDraft,
  sealDraftSecret,
} from "@/lib/drafts/mutations";
import { findDraft, listOpenDrafts } from "@/lib/drafts/data";
import { isReachable, nextStep } from "@/lib/drafts/steps";
import { paths } from "@/lib/paths";
import { SyncError } from "@/lib/platform/errors";
import { databaseNow } from "@/lib/platform/db";
import { ok, refused, type Result } from "@/lib/platform/result";
import { anchored } from "@/lib/schedule/rules";
import { findSource, sourceNameIsTaken } from "@/lib/sources/data";
import { createSource, deleteSource, setUnload, updateSource } from "@/lib/sources/mutations";
import {
  checkSource,
  forgetState,
  leaveUnload,
  openDraft,
  openSource,
  openSourceCredential,
  openUnload,
} from "@/lib/sources/open";
import { identityProblem, isSamePlace, keyOf, sourceMappingProblems } from "@/lib/sources/rules";
import {
  columnsStepSchema,
  connectionStepSchema,
  dataStepSchema,
  draftHostKeySchema,
  draftOnlySchema,
  nameStepSchema,
  scheduleStepSchema,
  sourceDraftSchema,
  sourceHostKeySchema,
  sourceIdSchema,
  unloadSchema,
  type SourceDraft,
} from "@/lib/sources/schema";
import { connectionOf, sourceSteps, withHostKey } from "@/lib/sources/steps";
import { may, refusalOf } from "@/lib/team/rules";
import type { Actor } from "@/lib/team/types";
import { recordVerification } from "@/lib/verification/mutations";
import { allPassed } from "@/lib/verification/rules";
import { defineAction, defineStreamingAction } from "@/lib/web/define-action";

/** Every check has its own limit of 15 s; a preview or a listing may take this long. */
const READ_MS = 20_000;
const GONE = "This draft no longer exists. Start again under Sources.";

async function openedDraft(
  actor: Actor,
  draftId: string,
): Promise<Result<{ kind: string; draft: SourceDraft }>> {
  const found = await findDraft(actor.teamId, draftId, "source");
  if (!found || found.finishedAs) return refused(GONE);
  return ok({ kind: found.kind, draft: sourceDraftSchema.parse(found.data) });
}

/** Saves one step of a draft. */
async function keepDraft(actor: Actor, draftId: string, draft: SourceDraft): Promise<Result<null>> {
  return (await saveDraft(actor.teamId, draftId, draft)) ? ok(null) : refused(GONE);
}

/** Keeps what a step says, and answers with the id of the step that comes next. */
async function saveStep(
  actor: Actor,
  draftId: string,
  step: string,
  draft: SourceDraft,
): Promise<Result<string>> {
  const kept = await keepDraft(actor, draftId, draft);
  return kept.ok ? ok(nextStep(sourceSteps, draft, step)) : kept;
}

export const startSourceAction = defineAction(
  { permission: "sources.edit", does: "created source draft" },
  z.object({ kind: z.string() }),
  async ({ kind }, actor) => {
    if (!connectorKinds[kind]?.roles.includes("source"))
      return refused("Choose what to read from.");
    return ok(await createDraft(actor, "source", kind));
  },
);

export const discardSourceDraftAction = defineAction(
  { permission: "sources.edit", does: "deleted source draft" },
  draftOnlySchema,
  async ({ draftId }, actor) => {
    await discardDraft(actor.teamId, draftId);
    revalidatePath(paths.sources);
    return ok(null);
  },
);

export const saveNameAction = defineAction(
  { permission: "sources.edit", does: "changed source draft" },
  nameStepSchema,
  async ({ draftId, ...name }, actor) => {
    const opened = await openedDraft(actor, draftId);
    if (!opened.ok) return opened;
    if (await sourceNameIsTaken(actor.teamId, name.name, opened.value.draft.editing?.sourceId))
      return refused(
        `There is a source named “${name.name}” already. Choose another name.`,
        "name",
      );
    if (name.credentials === "new" && !may(actor.role, "credentials.manage"))
      return refused(refusalOf(actor.role, "credentials.manage"));
    if (
      name.credentials === "existing" &&
      (await findCredential(actor.teamId, name.credentialId))?.kind !== opened.value.kind
    )
      return refused("These credentials no longer exist. Choose others.", "credentialId");
    return saveStep(actor, draftId, "name", { ...opened.value.draft, name });
  },
);

export const saveConnectionAction = defineAction(
  { permission: "credentials.manage", does: "changed source draft" },
  connectionStepSchema,
  async ({ draftId, credentialName, password, secretAccessKey, ssh, ...entered }, actor) => {
    const opened = await openedDraft(actor, draftId);
    if (!opened.ok) return opened;
    const { draft } = opened.value;
    const before = draft.connection;
    const sealed = await draftSecret(actor.teamId, draftId);
    const secret = secretAfter(
      { config: entered, password, secretAccessKey, ssh },
      before && sealed !== undefined
        ? { config: before.config, secret: redshiftSecretSchema.parse(sealed) }
        : undefined,
    );
    if (!secret.ok) return secret;
    if (await credentialNameIsTaken(actor.teamId, credentialName))
      return refused(
        `There are credentials named “${credentialName}” already. Choose another name, or go back and use the existing ones.`,
        "credentialName",
      );
    await sealDraftSecret(actor.teamId, draftId, secret.value);
    return saveStep(actor, draftId, "connection", {
      ...draft,
      connection: {
        credentialName,
        config: configAfter(entered, before?.config),
        passwordSetAt:
          isSecretTyped({ password, secretAccessKey, ssh }) || !before
            ? new Date().toISOString()
            : before.passwordSetAt,
        sshSecret: sshSecretOf(secret.value),
      },
    });
  },
);

/** Tells each check as it becomes known, and collects the outcomes. */
async function* told(
  updates: AsyncIterable<CheckUpdate>,
  results: CheckResult[],
): AsyncGenerator<Result<CheckUpdate>> {
  for await (const update of updates) {
    const { status } = update;
    if (status !== "running") results.push({ ...update, status });
    yield ok(update);
  }
}

/** Each check is told as it becomes known; the stream ends once the verification is saved. */
export const verifyDraftAction = defineStreamingAction(
  { permission: "credentials.use", does: "tested source draft" },
  draftOnlySchema,
  async function* ({ draftId }, actor): AsyncGenerator<Result<CheckUpdate>> {
    const opened = await openedDraft(actor, draftId);
    if (!opened.ok) return yield opened;
    const { kind, draft } = opened.value;
    const connector = await openDraft(actor.teamId, draftId, kind, draft);
    if (!connector.ok) return yield connector;
    const results: CheckResult[] = [];
    yield* told(connector.value.check(new AbortController().signal), results);
    // read again: a second tab may have saved a step while the checks ran
    const now = await openedDraft(actor, draftId);
    if (!now.ok) return yield now;
    const isSame = connectionOf(now.value.draft) === connectionOf(draft);
    const hostKey = isSame && results.find(({ firstHostKey }) => firstHostKey)?.firstHostKey;
    const after = hostKey ? withHostKey(now.value.draft, hostKey) : now.value.draft;
    const saved = await keepDraft(actor, draftId, {
      ...after,
      verify: { of: connectionOf(isSame ? after : draft), results, at: new Date().toISOString() },
    });
    if (!saved.ok) return yield saved;
    if (draft.name?.credentials === "existing")
      await recordCheck(actor.teamId, draft.name.credentialId, allPassed(results));
  },
);

/** The same for a source that is there. */
export const verifySourceAction = defineStreamingAction(
  { permission: "credentials.use", does: "tested source" },
  sourceIdSchema,
  async function* ({ sourceId }, actor): AsyncGenerator<Result<CheckUpdate>> {
    const source = await findSource(actor.teamId, sourceId);
    if (!source) return yield refused("This source no longer exists.");
    const connector = await openSourceCredential(actor.teamId, source.credentialId);
    if (!connector.ok) return yield connector;
    const results: CheckResult[] = [];
    const begun = await databaseNow();
    for await (const update of told(
      checkSource(connector.value, source, new AbortController().signal),
      results,
    )) {
      // recorded before the last outcome is shown: who reads it may leave the page at once
      if (update.ok && update.value.id === "table" && update.value.status !== "running")
        await recordVerification(
          { subject: "source", id: sourceId },
          source.credentialId,
          begun,
          results,
        );
      yield update;
    }
  },
);

/** A person has made sure that an SSH server's new host key is right. Saved credentials are their admins' to change. */
export const trustDraftHostKeyAction = defineAction(
  { permission: "credentials.use", does: "changed source draft" },
  draftHostKeySchema,
  async ({ draftId, hostKey }, actor) => {
    const opened = await openedDraft(actor, draftId);
    if (!opened.ok) return opened;
    const { draft } = opened.value;
    if (draft.name?.credentials !== "existing")
      return keepDraft(actor, draftId, withHostKey(draft, hostKey));
    return may(actor.role, "credentials.manage")
      ? pinHostKey(actor, draft.name.credentialId, hostKey)
      : refused(
          "Ask an owner or an admin of the team: these credentials are saved, and theirs to change.",
        );
  },
);

export const trustSourceHostKeyAction = defineAction(
  { permission: "credentials.manage", does: "changed credential" },
  sourceHostKeySchema,
  async ({ sourceId, hostKey }, actor) => {
    const source = await findSource(actor.teamId, sourceId);
    return source
      ? pinHostKey(actor, source.credentialId, hostKey)
      : refused("This source no longer exists.");
  },
);

export const listOwnersAction = defineAction(
  { permission: "sources.edit", does: "read source draft" },
  draftOnlySchema,
  async ({ draftId }, actor): Promise<Result<OwnerInfo[]>> => {
    const opened = await openedDraft(actor, draftId);
    if (!opened.ok) return opened;
    const connector = await openDraft(actor.teamId, draftId, opened.value.kind, opened.value.draft);
    return connector.ok
      ? ok(await sourceThatCan(connector.value, "catalog").owners(AbortSignal.timeout(READ_MS)))
      : connector;
  },
);

export const saveDataAction = defineAction(
  { permission: "sources.edit", does: "changed source draft" },
  dataStepSchema,
  async ({ draftId, schema, table }, actor) => {
    const opened = await openedDraft(actor, draftId);
    if (!opened.ok) return opened;
    const { kind, draft } = opened.value;
    const connector = await openDraft(actor.teamId, draftId, kind, draft);
    if (!connector.ok) return connector;
    const columns = await sourceThatCan(connector.value, "catalog").columns(
      schema,
      table,
      AbortSignal.timeout(READ_MS),
    );
    const problem = identityProblem(columns);
    if (problem) return refused(problem, "table");
    const same = draft.data?.schema === schema && draft.data.table === table;
    // another table has other columns: what was chosen for the old one means nothing
    return saveStep(actor, draftId, "data", {
      ...draft,
      data: { schema, table, columns },
      columns: same ? draft.columns : undefined,
    });
  },
);

export const saveColumnsAction = defineAction(
  { permission: "sources.edit", does: "changed source draft" },
  columnsStepSchema,
  async ({ draftId, mapping, keys }, actor) => {
    const opened = await openedDraft(actor, draftId);
    if (!opened.ok) return opened;
    const { draft } = opened.value;
    if (!draft.data) return refused("Choose a table first.");
    const error = sourceMappingProblems(mapping, draft.data.columns).find(
      ({ severity }) => severity === "error",
    );
    if (error) return refused(error.message);
    const absent = keys.find((name) => !draft.data?.columns.some((column) => column.name === name));
    if (absent)
      return refused(`The table has no column “${absent}”, so it can’t be part of the row key.`);
    // the default follows the identity column: only another choice is kept
    const isDefault =
      !draft.editing && keys.length === 1 && keys[0] === keyOf(mapping, draft.data.columns);
    return saveStep(actor, draftId, "columns", {
      ...draft,
      columns: { mapping, ...(!isDefault && { keys: draft.editing ? draft.columns?.keys : keys }) },
    });
  },
);

/** The last step of a new source creates it; that of an edit is kept for the review. Gives the next step's id. */
export const saveScheduleAction = defineAction(
  { permission: "sources.edit", does: "changed source draft" },
  scheduleStepSchema,
  async ({ draftId, schedule: typed }, actor) => {
    const schedule = anchored(typed, new Date());
    const opened = await openedDraft(actor, draftId);
    if (!opened.ok) return opened;
    const { kind, draft } = opened.value;
    if (draft.editing) {
      return saveStep(actor, draftId, "schedule", { ...draft, schedule });
    }
    const { name, connection, data, columns, verify } = draft;
    if (!name || !data || !columns || !verify) return refused("An earlier step is still open.");
    if (name.credentials === "new" && !may(actor.role, "credentials.manage"))
      return refused(refusalOf(actor.role, "credentials.manage"));
    const saved = await keepDraft(actor, draftId, { ...draft, schedule });
    if (!saved.ok) return saved;
    const created = await createSource(actor, draftId, kind, {
      name,
      connection,
      data,
      columns,
      verify,
      schedule,
    });
    if (!created.ok) return created;
    revalidatePath(paths.sources);
    return ok("done");
  },
);

/** How long an edit waits for the warehouse to tell the table's columns, before it begins with those known. */
const COLUMNS_MS = 4_000;

/** That the warehouse is away keeps nobody from changing a schedule. */
const away = (error: unknown): [] => {
  if (
    error instanceof SyncError ||
    (error instanceof DOMException && error.name === "TimeoutError")
  )
    return [];
  throw error;
};

/** Begins to change a finished source, or goes on with the change that was begun. Gives the draft's id. */
export const editSourceAction = defineAction(
  { permission: "sources.edit", does: "created source draft" },
  sourceIdSchema,
  async ({ sourceId }, actor) => {
    const source = await findSource(actor.teamId, sourceId);
    if (!source) return refused("This source no longer exists.");
    const { name, credentialId, mapping, schedule, schema, table } = source;
    const before = { name, credentialId, mapping, schedule };
    for (const { id, data } of await listOpenDrafts(actor.teamId, "source")) {
      const begun = sourceDraftSchema.parse(data).editing;
      if (begun?.sourceId !== sourceId) continue;
      if (isDeepStrictEqual(begun.before, before)) return ok(id);
      await discardDraft(actor.teamId, id); // what it began with is no longer so
    }
    const connector = await openSourceCredential(actor.teamId, credentialId);
    const now = connector.ok
      ? await sourceThatCan(connector.value, "catalog")
          .columns(schema, table, AbortSignal.timeout(COLUMNS_MS))
          .catch(away)
      : [];
    const isKnown = now.length > 0;
    const has = (column: string) => !isKnown || now.some((known) => known.name === column);
    const draft: SourceDraft = {
      editing: { sourceId, before },
      name: { name, credentials: "existing", credentialId },
      data: { schema, table, columns: isKnown ? now : source.columns },
      // a column that the table no longer has can't be read: the review names it as left out
      columns: {
        mapping: {
          columns: mapping.columns.filter(({ column }) => has(column)),
          userId: mapping.userId && has(mapping.userId) ? mapping.userId : null,
          anonymousId: mapping.anonymousId && has(mapping.anonymousId) ? mapping.anonymousId : null,
        },
        keys: source.keys,
      },
      schedule,
    };
    return ok(await createDraft(actor, "source", source.kind, draft));
  },
);

/** Saves a reviewed edit. Gives the source's id. */
export const saveEditAction = defineAction(
  { permission: "sources.edit", does: "changed source" },
  draftOnlySchema,
  async ({ draftId }, actor) => {
    const opened = await openedDraft(actor, draftId);
    if (!opened.ok) return opened;
    const { draft } = opened.value;
    const { editing, name, data, columns, schedule, verify, connection } = draft;
    if (
      !editing ||
      !name ||
      !data ||
      !columns ||
      !schedule ||
      !isReachable(sourceSteps, draft, "review")
    )
      return refused("An earlier step is still open.");
    if (name.credentials === "new" && !may(actor.role, "credentials.manage"))
      return refused(refusalOf(actor.role, "credentials.manage"));
    const error = sourceMappingProblems(columns.mapping, data.columns).find(
      ({ severity }) => severity === "error",
    );
    if (error) return refused(error.message);
    const saved = await updateSource(actor, draftId, {
      editing,
      name,
      data,
      columns,
      schedule,
      verify,
      connection,
    });
    if (saved.ok) revalidatePath(paths.sources);
    return saved;
  },
);

/** The bucket for large reads; a source that has none reads by pages. */
export const saveUnloadAction = defineAction(
  { permission: "credentials.manage", does: "changed source" },
  unloadSchema,
  async ({ sourceId, secretAccessKey, ...config }, actor) => {
    const source = await findSource(actor.teamId, sourceId);
    if (!source) return refused("This source no longer exists.");
    const identity = await machineIdentity(actor.teamId, config);
    if (!identity.ok) return identity;
    const kept = await openUnload(actor.teamId, sourceId);
    const secret = bucketSecretAfter(
      { config, secretAccessKey },
      source.unload && kept
        ? { config: source.unload, ...stagingSecretSchema.parse(kept.secret) }
        : null,
    );
    if (!secret.ok) return secret;
    const saved = await setUnload(actor, sourceId, {
      config,
      secretAccessKey: secret.value,
      isSecretNew: secretAccessKey !== "",
    });
    if (saved.ok && kept && source.unload && !isSamePlace(config, source.unload))
      await leaveUnload(
        actor.teamId,
        source.credentialId,
        source.connections.map(({ id }) => id),
        kept,
      );
    revalidatePath(paths.sourceLargeReads(sourceId));
    return saved;
  },
);

export const removeUnloadAction = defineAction(
  { permission: "credentials.manage", does: "changed source" },
  sourceIdSchema,
  async ({ sourceId }, actor) => {
    const source = await findSource(actor.teamId, sourceId);
    if (!source) return refused("This source no longer exists.");
    const kept = await openUnload(actor.teamId, sourceId);
    const saved = await setUnload(actor, sourceId, null);
    if (saved.ok && kept)
      await leaveUnload(
        actor.teamId,
        source.credentialId,
        source.connections.map(({ id }) => id),
        kept,
      );
    revalidatePath(paths.sourceLargeReads(sourceId));
    return saved;
  },
);

/** Two rows to the bucket and back; each check is told as it becomes known. */
export const testUnloadAction = defineStreamingAction(
  { permission: "credentials.use", does: "tested source" },
  sourceIdSchema,
  async function* ({ sourceId }, actor): AsyncGenerator<Result<CheckUpdate>> {
    const source = await findSource(actor.teamId, sourceId);
    if (!source) return yield refused("This source no longer exists.");
    const connector = await openSource(actor.teamId, source);
    if (!connector.ok) return yield connector;
    if (!can(connector.value, "largeReads")) return yield refused("Save a bucket first.");
    yield* told(connector.value.checkUnload(new AbortController().signal), []);
  },
);

export const deleteSourceAction = defineAction(
  { permission: "sources.edit", does: "deleted source" },
  sourceIdSchema.extend({ name: z.string() }),
  async ({ sourceId, name }, actor) => {
    const before = await findSource(actor.teamId, sourceId);
    const unload = await openUnload(actor.teamId, sourceId); // goes with the source
    const deleted = await deleteSource(actor, sourceId, name);
    if (!deleted.ok || !before) return deleted;
    revalidatePath(paths.sources);
    return ok(
      await forgetState(
        actor.teamId,
        before.credentialId,
        before.connections.map(({ id }) => id),
        unload,
      ),
    );
  },
);
