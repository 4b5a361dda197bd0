import { connectorKinds } from "@/lib/connectors/catalog";
import type { CheckResult } from "@/lib/connectors/contract/checks";
import type { DestinationConnector } from "@/lib/connectors/contract/destination";
import { destinationConnector } from "@/lib/connectors/registry";
import { openWith } from "@/lib/credentials/open";
import { openLogin } from "@/lib/credentials/secrets";
import { findSealed } from "@/lib/destinations/data";
import type { DestinationDraft } from "@/lib/destinations/schema";
import { draftSecret } from "@/lib/drafts/mutations";
import { log } from "@/lib/platform/log";
import { open } from "@/lib/platform/secret-box";
import { refused, type Result } from "@/lib/platform/result";
import type { TeamId } from "@/lib/team/types";

/** Its credential is a login that others share; the rest is the destination's own. */
const sharesLogin = (kind: string): boolean =>
  connectorKinds[kind]?.destination?.target !== undefined;
const GONE = "The credentials of this destination no longer exist.";

/** What its connector is opened with: its credential's login beside what is the destination's own. */
const withLogin = (login: unknown, own: unknown): object => ({
  ...(typeof own === "object" ? own : {}),
  connection: login,
});

const connectorOf = (
  teamId: TeamId,
  kind: string,
  config: unknown,
  secret: unknown,
): Promise<Result<DestinationConnector>> =>
  openWith(teamId, kind, config, secret, (read) => destinationConnector(kind, config, read));

/** The connector of a saved destination; close it after use. */
export async function openDestination(
  teamId: TeamId,
  id: string,
): Promise<Result<DestinationConnector>> {
  const found = await findSealed(teamId, id);
  if (!found) return refused("This destination no longer exists.");
  const credential = await openLogin(teamId, found.credentialId);
  if (!credential) return refused(GONE);
  if (!sharesLogin(found.kind))
    return connectorOf(teamId, found.kind, credential.config, credential.secret);
  const own = found.sealedSecret ? open(id, found.sealedSecret) : {};
  return connectorOf(
    teamId,
    found.kind,
    withLogin(credential.config, found.config),
    withLogin(credential.secret, own),
  );
}

/** The connector of a draft: with what was typed in it, or with the saved credentials it chose. */
export async function openDestinationDraft(
  teamId: TeamId,
  draftId: string,
  kind: string,
  draft: DestinationDraft,
): Promise<Result<DestinationConnector>> {
  const secret = await draftSecret(teamId, draftId);
  if (!sharesLogin(kind)) {
    if (!draft.connection || secret === undefined) return refused("Enter the connection first.");
    return connectorOf(teamId, kind, draft.connection.config, secret);
  }
  const saved =
    draft.name?.credentials === "existing"
      ? await openLogin(teamId, draft.name.credentialId)
      : null;
  if (draft.name?.credentials === "existing" && !saved) return refused(GONE);
  const entered = draft.login ?? draft.connection;
  const login =
    saved ??
    (entered && typeof secret === "object" && secret !== null && "connection" in secret
      ? { config: entered.config, secret: secret.connection }
      : null);
  if (!login || !draft.tables?.targetSchema) return refused("Enter the connection first.");
  return connectorOf(
    teamId,
    kind,
    withLogin(login.config, {
      staging: draft.staging?.config,
      tables: { ...connectorKinds[kind]?.destination?.target?.defaults, ...draft.tables },
    }),
    withLogin(login.secret, secret),
  );
}

const FORGET_MS = 15_000;

/** Removes what is kept beside the tables for connections that are deleted. What a warehouse that is away keeps harms nobody. */
export async function forgetLoads(
  teamId: TeamId,
  destinationId: string,
  connectionIds: string[],
): Promise<void> {
  const connector = await openDestination(teamId, destinationId);
  if (!connector.ok) return;
  try {
    if (connector.value.takes === "rows")
      for (const id of connectionIds)
        await connector.value.forget(id, AbortSignal.timeout(FORGET_MS));
  } catch (error) {
    log.warn({ err: error, connectionIds }, "the record of loads was left in the warehouse");
  } finally {
    await connector.value.close();
  }
}

/** Verifies a destination, and closes it. */
export async function checkDestination(
  connector: DestinationConnector,
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  try {
    for await (const { status, ...update } of connector.check(signal))
      if (status !== "running") results.push({ ...update, status });
  } finally {
    await connector.close();
  }
  return results;
}
