// Sessions for browsing, kept for a moment: a person who types asks often, and each login costs several round trips.
import { createHash } from "node:crypto";
import { SyncError } from "@/lib/platform/errors";
import { openRedshift, type RedshiftSession } from "./client";
import type { RedshiftConfig, RedshiftSecret } from "@/lib/connectors/redshift/spec";

const IDLE_MS = 15_000;
const KEPT = 2;

type Idle = { session: RedshiftSession; timer: NodeJS.Timeout };
const idle = new Map<string, Idle[]>();

/** Other credentials are another key: a session never serves who may not log in. */
const keyOf = (
  config: RedshiftConfig,
  secret: RedshiftSecret,
  statementTimeoutMs: number,
): string =>
  createHash("sha256")
    .update(JSON.stringify([config, secret, statementTimeoutMs]))
    .digest("hex");

function take(key: string): RedshiftSession | undefined {
  const found = idle.get(key)?.pop();
  if (found) clearTimeout(found.timer);
  return found?.session;
}

function keep(key: string, session: RedshiftSession): void {
  const kept = idle.get(key) ?? [];
  if (kept.length >= KEPT) return void session.close();
  const entry: Idle = { session, timer: setTimeout(() => forget(key, entry), IDLE_MS).unref() };
  idle.set(key, [...kept, entry]);
}

function forget(key: string, entry: Idle): void {
  const left = (idle.get(key) ?? []).filter((each) => each !== entry);
  if (left.length) idle.set(key, left);
  else idle.delete(key);
  void entry.session.close();
}

/** The server ended it meanwhile: a restart, a firewall, an administrator. */
const wasLost = (error: unknown): boolean =>
  error instanceof SyncError &&
  /^(CONNECTION_LOST|TUNNEL_LOST|ECONNRESET|EPIPE|57P01|08)/.test(error.detail.code ?? "");

/** Runs `work` in a session of this login. One that is kept and turns out to be lost is replaced once. */
export async function withSession<T>(
  config: RedshiftConfig,
  secret: RedshiftSecret,
  statementTimeoutMs: number,
  signal: AbortSignal,
  work: (session: RedshiftSession) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const key = keyOf(config, secret, statementTimeoutMs);
  const kept = take(key);
  const session = kept ?? (await openRedshift(config, secret, { statementTimeoutMs }, signal));
  try {
    const value = await work(session);
    keep(key, session);
    return value;
  } catch (error) {
    await session.close();
    if (kept && wasLost(error) && !signal.aborted)
      return withSession(config, secret, statementTimeoutMs, signal, work);
    throw error;
  }
}

/** Ends what is kept, as before a database is dropped. */
export async function closeIdleSessions(): Promise<void> {
  const all = [...idle.values()].flat();
  idle.clear();
  for (const { timer } of all) clearTimeout(timer);
  await Promise.all(all.map(({ session }) => session.close()));
}
