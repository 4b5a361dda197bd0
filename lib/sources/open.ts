// The one place where a source's, or a draft's, secrets meet the registry. Callable by the worker.
import type { CheckUpdate } from "@/lib/connectors/contract/checks";
import { sourceThatCan, type SourceConnector } from "@/lib/connectors/contract/source";
import { sourceConnector, type Unload } from "@/lib/connectors/registry";
import { machineIdentity, openWith } from "@/lib/credentials/open";
import { openLogin } from "@/lib/credentials/secrets";
import { draftSecret } from "@/lib/drafts/mutations";
import type { Clock } from "@/lib/platform/clock";
import { log } from "@/lib/platform/log";
import { open as unseal } from "@/lib/platform/secret-box";
import { SyncError } from "@/lib/platform/errors";
import { ok, refused, type Result } from "@/lib/platform/result";
import { findSealedUnload } from "@/lib/sources/data";
import { claimLeftovers, dropLeftover, recordLeftovers } from "@/lib/sources/mutations";
import type { SourceDraft } from "@/lib/sources/schema";
import type { TeamId } from "@/lib/team/types";

/** The bucket of a source with its secret, for its connector; undefined where it has none. Never for a response. */
export async function openUnload(teamId: TeamId, sourceId: string): Promise<Unload | undefined> {
  const found = await findSealedUnload(teamId, sourceId);
  return found
    ? {
        config: found.config,
        secret: found.sealed ? unseal(sourceId, found.sealed) : { secretAccessKey: "" },
      }
    : undefined;
}

/** The connector of a source: its credential's login, and its own bucket for large reads. */
export const openSource = async (
  teamId: TeamId,
  { id, credentialId }: { id: string; credentialId: string },
): Promise<Result<SourceConnector>> =>
  openSourceCredential(teamId, credentialId, await openUnload(teamId, id));

/** The connector of a saved credential, by itself or with a bucket for large reads. */
export async function openSourceCredential(
  teamId: TeamId,
  credentialId: string,
  unload?: Unload,
): Promise<Result<SourceConnector>> {
  const credential = await openLogin(teamId, credentialId);
  if (!credential) return refused("The credentials no longer exist. Choose others.");
  const { kind, config, secret } = credential;
  const identity = unload ? await machineIdentity(teamId, unload.config) : ok(null);
  if (!identity.ok) return identity;
  return openWith(teamId, kind, config, secret, (read) =>
    sourceConnector(kind, config, read, unload),
  );
}

/** The connector of a draft: with what was typed in it, or with the saved credential it chose. */
export async function openDraft(
  teamId: TeamId,
  draftId: string,
  kind: string,
  draft: SourceDraft,
): Promise<Result<SourceConnector>> {
  if (draft.name?.credentials === "existing")
    return openSourceCredential(teamId, draft.name.credentialId);
  const secret = await draftSecret(teamId, draftId);
  if (!draft.connection || secret === undefined) return refused("Enter the connection first.");
  const { config } = draft.connection;
  return openWith(teamId, kind, config, secret, (read) => sourceConnector(kind, config, read));
}

/** The verification of a source that is there: what its credentials may do, then SELECT on its table. */
export async function* checkSource(
  connector: SourceConnector,
  { schema, table }: { schema: string; table: string },
  signal: AbortSignal,
): AsyncGenerator<CheckUpdate> {
  let broken: string | undefined;
  for await (const update of connector.check(signal)) {
    if (update.id === "connection" && update.status === "failed") broken = update.title;
    yield update;
  }
  if (broken)
    yield {
      id: "table",
      title: "SELECT on the chosen table",
      status: "skipped",
      summary: `Not run because “${broken}” failed.`,
    };
  else yield (await sourceThatCan(connector, "preview").inspect(schema, table, 1, signal)).check;
}

/** Drops what a connection remembers as delivered, so that its next run delivers every row. */
export async function pruneState(
  teamId: TeamId,
  source: { id: string; credentialId: string },
  connectionId: string,
): Promise<Result<null>> {
  const connector = await openSource(teamId, source);
  if (!connector.ok) return connector;
  try {
    await sourceThatCan(connector.value, "state").prune(
      connectionId,
      AbortSignal.timeout(FORGET_MS),
    );
    return ok(null);
  } catch (error) {
    if (error instanceof SyncError)
      return refused(`The warehouse did not let us: ${error.message}`);
    throw error;
  }
}

/** Long enough for a few DROPs, short enough to wait for on a button. */
const FORGET_MS = 15_000;

/**
 * Drops what connections kept in the warehouse, after they are deleted: a run that was under way finds its lease gone
 * and writes no more. Null when all is gone, else a sentence: that the warehouse is away must not keep a connection.
 * `unload` is the source's bucket, where it had one: the source itself may be gone.
 */
export async function forgetState(
  teamId: TeamId,
  credentialId: string,
  connectionIds: string[],
  unload?: Unload,
): Promise<string | null> {
  if (connectionIds.length === 0) return null;
  const connector = await openSourceCredential(teamId, credentialId, unload);
  try {
    if (!connector.ok) throw new Error(connector.reason);
    for (const id of connectionIds)
      await sourceThatCan(connector.value, "state").forget(id, AbortSignal.timeout(FORGET_MS));
    return null;
  } catch (error) {
    log.warn({ err: error, connectionIds }, "state was left in the warehouse");
    await recordLeftovers(teamId, credentialId, connectionIds);
    return "Deleted. Its tables in _rudderstack could not be dropped, since the warehouse did not let us. It is tried again each hour, for 30 days and as long as the credentials are there.";
  }
}

/** Drops what deleted connections left behind while their warehouse was away. */
export async function sweepLeftovers(signal: AbortSignal, clock?: Clock): Promise<void> {
  for (const { connectionId, teamId, credentialId } of await claimLeftovers(clock)) {
    if (signal.aborted) return;
    const connector = await openSourceCredential(teamId as TeamId, credentialId);
    if (!connector.ok) continue;
    try {
      await sourceThatCan(connector.value, "state").forget(
        connectionId,
        AbortSignal.any([signal, AbortSignal.timeout(FORGET_MS)]),
      );
      await dropLeftover(connectionId);
    } catch (error) {
      log.info({ err: error, connectionId }, "state is still left in the warehouse");
    }
  }
}

/** Removes what connections have in a bucket that their source is about to leave: nobody looks there any more. */
export async function leaveUnload(
  teamId: TeamId,
  credentialId: string,
  connectionIds: string[],
  unload: Unload,
): Promise<void> {
  const connector = await openSourceCredential(teamId, credentialId, unload);
  if (connector.ok)
    for (const id of connectionIds)
      await connector.value.discard?.(id, null, AbortSignal.timeout(FORGET_MS));
}
