import type { CheckResult, DestinationConnector } from "@/lib/connectors/contract";
import { destinationConnector } from "@/lib/connectors/registry";
import { openCredential } from "@/lib/credentials/secrets";
import type { DestinationDraft } from "@/lib/destinations/schema";
import { draftSecret } from "@/lib/drafts/mutations";
import { ok, refused, type Result } from "@/lib/platform/result";
import type { TeamId } from "@/lib/team/types";

export async function openDestinationCredential(teamId: TeamId, credentialId: string): Promise<Result<DestinationConnector>> {
  const credential = await openCredential(teamId, credentialId);
  if (!credential) return refused("The credentials of this destination no longer exist.");
  return ok(await destinationConnector(credential.kind, credential.config, credential.secret));
}

export async function openDestinationDraft(teamId: TeamId, draftId: string, kind: string, draft: DestinationDraft): Promise<Result<DestinationConnector>> {
  const secret = await draftSecret(teamId, draftId);
  if (!draft.connection || secret === undefined) return refused("Enter the connection first.");
  return ok(await destinationConnector(kind, draft.connection.config, secret));
}

/** Verifies a destination, and closes it. */
export async function checkDestination(connector: DestinationConnector, signal: AbortSignal): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  try {
    for await (const result of connector.check(signal)) results.push(result);
  } finally {
    await connector.close();
  }
  return results;
}
