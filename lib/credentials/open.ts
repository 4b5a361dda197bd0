// Saved credentials by themselves, tried out: before they are taken over, and when somebody asks. Callable by the worker.
import type { CheckResult } from "@/lib/connectors/contract";
import { login } from "@/lib/connectors/registry";
import { SyncError, toldIn } from "@/lib/platform/errors";
import { ok, refused, type Result } from "@/lib/platform/result";

/** A connector, or why it can't be made: a reference in its secret that can't be read is for the person to mend. */
export async function opened<T>(connector: Promise<T>): Promise<Result<T>> {
  try {
    return ok(await connector);
  } catch (error) {
    if (error instanceof SyncError) return refused(toldIn(error));
    throw error;
  }
}

const TEST_MS = 20_000;

/** Whether these let in, check by check. */
export async function testLogin(
  kind: string,
  config: unknown,
  secret: unknown,
): Promise<Result<CheckResult[]>> {
  const made = await opened(login(kind, config, secret));
  if (!made.ok) return made;
  const results: CheckResult[] = [];
  for await (const { status, ...update } of made.value.check(AbortSignal.timeout(TEST_MS)))
    if (status !== "running") results.push({ ...update, status });
  return ok(results);
}

/**
 * Has the user of these credentials change its own password. `isKnown` is false when nobody can say whether it was
 * changed, as when the connection is lost in between.
 */
export async function changePassword(
  kind: string,
  config: unknown,
  secret: unknown,
  next: string,
): Promise<{ ok: true } | { ok: false; reason: string; isKnown: boolean }> {
  const made = await opened(login(kind, config, secret));
  if (!made.ok) return { ...made, isKnown: true };
  if (!made.value.changePassword)
    return { ok: false, reason: "Only who issued this secret can change it.", isKnown: true };
  try {
    await made.value.changePassword(next, AbortSignal.timeout(TEST_MS));
    return { ok: true };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return { ok: false, reason: toldIn(error), isKnown: error.fault !== "transient" };
  }
}
