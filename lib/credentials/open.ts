// Saved credentials by themselves, tried out: before they are taken over, and when somebody asks. Callable by the worker.
import { z } from "zod";
import { auditReferences, type ReferenceUse } from "@/lib/audit/mutations";
import type { CheckResult } from "@/lib/connectors/contract/checks";
import { login } from "@/lib/connectors/registry";
import { machineIdentityOf, targetsOf } from "@/lib/credentials/rules";
import { env } from "@/lib/platform/env";
import { SyncError, toldIn } from "@/lib/platform/errors";
import { enterWarehouse } from "@/lib/platform/places";
import { ok, refused, type Result } from "@/lib/platform/result";
import { hasReference, resolveReferences } from "@/lib/platform/secret-reference";
import { isOnlyTeam } from "@/lib/team/data";
import type { TeamId } from "@/lib/team/types";

/**
 * Whether a team may use this config: it may need the AWS identity of the machine, which is the operator's. Refused with the
 * sentence for the field of the access key.
 */
export async function machineIdentity(teamId: TeamId, config: unknown): Promise<Result<null>> {
  const identity = machineIdentityOf(config);
  if (identity === "none") return ok(null);
  if (identity === "elsewhere")
    return refused(
      "Enter an access key: the identity of the machine that Tidegate runs on is used with AWS itself alone, not with another endpoint.",
      "accessKeyId",
    );
  const allowed = env().MACHINE_IDENTITY;
  if (allowed.includes(teamId) || (allowed.includes("on") && (await isOnlyTeam(teamId))))
    return ok(null);
  return refused(
    `Enter an access key. Without one this would use the AWS identity of the machine that Tidegate runs on, and its operator has not allowed that for this team (the setting MACHINE_IDENTITY names teams; this one is ${teamId}).`,
    "accessKeyId",
  );
}

const hostSchema = z.object({ host: z.string(), port: z.number() });
const addressSchema = z.union([
  hostSchema.transform(({ host, port }) => `${host}:${port}`),
  z
    .object({ connection: hostSchema })
    .transform(({ connection: { host, port } }) => `${host}:${port}`),
  z.object({ url: z.url() }).transform(({ url }) => new URL(url).host),
]);
/** Where a config leads to, host and port; undefined where it isn't complete. */
const addressOf = (config: unknown): string | undefined => addressSchema.safeParse(config).data;

/**
 * What `make` makes of a secret whose references are read, or why it can't: a reference that the team may not use, or
 * that can't be read, is for the person to correct. The audit log says which reference went where.
 */
export async function openWith<T>(
  teamId: TeamId,
  kind: string,
  config: unknown,
  secret: unknown,
  make: (secret: unknown) => Promise<T>,
): Promise<Result<T>> {
  const identity = await machineIdentity(teamId, config);
  if (!identity.ok) return identity;
  const entered = await enterWarehouse(addressOf(config) ?? kind);
  if (!entered.ok) return entered;
  try {
    return ok(await make(await readReferences(teamId, kind, config, secret)));
  } catch (error) {
    if (error instanceof SyncError) return refused(toldIn(error));
    throw error;
  }
}

async function readReferences(
  teamId: TeamId,
  kind: string,
  config: unknown,
  secret: unknown,
): Promise<unknown> {
  if (!hasReference(secret)) return secret;
  const uses: ReferenceUse[] = [];
  try {
    return resolveReferences(secret, {
      team: { id: teamId, isOnly: await isOnlyTeam(teamId) },
      targetsOf: (path) => targetsOf(kind, config, path),
      onUse: (use) => uses.push(use),
    });
  } finally {
    await auditReferences(teamId, uses);
  }
}

const TEST_MS = 20_000;
const passwordSchema = z.object({ password: z.string() });

/** Whether these let in, check by check. */
export async function testLogin(
  teamId: TeamId,
  kind: string,
  config: unknown,
  secret: unknown,
): Promise<Result<CheckResult[]>> {
  const made = await openWith(teamId, kind, config, secret, (read) => login(kind, config, read));
  if (!made.ok) return made;
  const results: CheckResult[] = [];
  for await (const { status, ...update } of made.value.check(AbortSignal.timeout(TEST_MS)))
    if (status !== "running") results.push({ ...update, status });
  return ok(results);
}

/**
 * Has the user of these credentials change its own password to `next`, which may be a reference. `isKnown` is false when nobody can say whether it was
 * changed, as when the connection is lost in between.
 */
export async function changePassword(
  teamId: TeamId,
  kind: string,
  config: unknown,
  secret: unknown,
  next: unknown,
): Promise<{ ok: true } | { ok: false; reason: string; isKnown: boolean }> {
  const secrets = { password: next };
  const read = await openWith(teamId, kind, config, secrets, async (found) => found);
  if (!read.ok) return { ...read, isKnown: true };
  const parsed = passwordSchema.safeParse(read.value);
  if (!parsed.success) return { ok: false, reason: "There is no password to set.", isKnown: true };
  const made = await openWith(teamId, kind, config, secret, (found) => login(kind, config, found));
  if (!made.ok) return { ...made, isKnown: true };
  if (!made.value.changePassword)
    return { ok: false, reason: "Only who issued this secret can change it.", isKnown: true };
  try {
    await made.value.changePassword(parsed.data.password, AbortSignal.timeout(TEST_MS));
    return { ok: true };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return { ok: false, reason: toldIn(error), isKnown: error.fault !== "transient" };
  }
}
