import type { CheckResult } from "@/lib/connectors/contract/checks";
import { checkDestination, openDestination } from "@/lib/destinations/open";
import { databaseNow } from "@/lib/platform/db";
import { log } from "@/lib/platform/log";
import { checkSource, openSourceCredential } from "@/lib/sources/open";
import type { TeamId } from "@/lib/team/types";
import { findSubject } from "@/lib/verification/data";
import { recordVerification } from "@/lib/verification/mutations";
import type { Subject } from "@/lib/verification/schema";

/** Verifies a source or a destination and writes down what came out. Never throws: what was cut off is due again soon. */
export async function handleVerify(job: Subject, shutdown: AbortSignal): Promise<void> {
  try {
    const found = await findSubject(job);
    if (!found) return;
    const { teamId, credentialId, of } = found;
    const begun = await databaseNow();
    const results = of
      ? await verifySource(teamId, credentialId, of, shutdown)
      : await verifyDestination(teamId, job.id, shutdown);
    await recordVerification(job, credentialId, begun, results);
  } catch (error) {
    if (!shutdown.aborted) log.error({ err: error, ...job }, "a verification was cut off");
  }
}

/** Not even a connector could be made: a reference that stands for a secret can't be read. */
const notOpened = (reason: string): CheckResult[] => [
  { id: "connection", title: "Connection", status: "failed", summary: reason },
];

async function verifySource(
  teamId: TeamId,
  credentialId: string,
  of: { schema: string; table: string },
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const connector = await openSourceCredential(teamId, credentialId);
  if (!connector.ok) return notOpened(connector.reason);
  const results: CheckResult[] = [];
  for await (const { status, ...update } of checkSource(connector.value, of, signal))
    if (status !== "running") results.push({ ...update, status });
  return results;
}

async function verifyDestination(
  teamId: TeamId,
  id: string,
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const connector = await openDestination(teamId, id);
  return connector.ok ? checkDestination(connector.value, signal) : notOpened(connector.reason);
}
