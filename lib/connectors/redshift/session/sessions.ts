// How many sessions a login has open. Those for browsing are kept for a moment, since a person who types asks often and
// each login costs several round trips; a user whose CONNECTION LIMIT is reached gets along with one.
import { createHash } from "node:crypto";
import { realDelay, retryTransient, type Delay, type RetryOptions } from "@/lib/connectors/retry";
import { SyncError } from "@/lib/platform/errors";
import { openRedshift, type OpenOptions, type RedshiftSession } from "./client";
import { isConnectionLimit } from "./server-errors";
import type { RedshiftConfig, RedshiftSecret } from "@/lib/connectors/redshift/spec";

const IDLE_MS = 15_000;
const KEPT = 2;

type Idle = { session: RedshiftSession; statementTimeoutMs: number; timer: NodeJS.Timeout };
type Sessions = {
  idle: Map<string, Idle[]>;
  /** Logins that were refused for the number of their sessions: from then on one is used after the other, and none kept. */
  limited: Set<string>;
  queues: Map<string, Promise<unknown>>;
};
/** Of the process: a page, a route and an action are bundles of their own, each with its own copy of this module. */
const shared = globalThis as { tidegateSessions?: Sessions };
const { idle, limited, queues }: Sessions = (shared.tidegateSessions ??= {
  idle: new Map(),
  limited: new Set(),
  queues: new Map(),
});

const isAtLimit = (error: unknown): boolean =>
  error instanceof SyncError && isConnectionLimit(error.detail.code);

/**
 * How long room is waited for. A page: a session that was just ended counts for a moment more, and one of another page
 * ends soon. A run: longer than another process of ours keeps a session that nobody uses.
 */
type Patience = "none" | "page" | "run";
const page: RetryOptions = { tries: 6, firstDelayMs: 250, maxDelayMs: 1_000, when: isAtLimit };
const retries: Record<Patience, RetryOptions> = {
  none: { ...page, tries: 1 },
  page,
  run: { ...page, tries: 14, maxDelayMs: 3_000 },
};

/** Other credentials are another login: a session never serves who may not log in. */
const loginOf = (config: RedshiftConfig, secret: RedshiftSecret): string =>
  createHash("sha256")
    .update(JSON.stringify([config, secret]))
    .digest("hex");

/**
 * Logs in as `openRedshift` does. Where the user or the database has all the sessions that it may have, those that are
 * kept here for browsing make room, and it is tried again for a moment.
 */
export async function openWithinLimit(
  config: RedshiftConfig,
  secret: RedshiftSecret,
  options: OpenOptions,
  patience: Patience,
  signal: AbortSignal,
  delay: Delay = realDelay,
): Promise<RedshiftSession> {
  const login = loginOf(config, secret);
  return retryTransient(
    async () => {
      try {
        return await openRedshift(config, secret, options, signal);
      } catch (error) {
        if (isAtLimit(error)) {
          limited.add(login);
          await closeIdle(login);
        }
        throw error;
      }
    },
    retries[patience],
    delay,
    signal,
  );
}

function take(login: string, statementTimeoutMs: number): RedshiftSession | undefined {
  const kept = idle.get(login) ?? [];
  const at = kept.findLastIndex((each) => each.statementTimeoutMs === statementTimeoutMs);
  const [found] = at < 0 ? [] : kept.splice(at, 1);
  if (found) clearTimeout(found.timer);
  return found?.session;
}

async function keep(
  login: string,
  statementTimeoutMs: number,
  session: RedshiftSession,
): Promise<void> {
  const kept = idle.get(login) ?? [];
  const alike = kept.filter((each) => each.statementTimeoutMs === statementTimeoutMs);
  if (limited.has(login) || alike.length >= KEPT) return session.close();
  const entry: Idle = {
    session,
    statementTimeoutMs,
    timer: setTimeout(() => forget(login, entry), IDLE_MS).unref(),
  };
  idle.set(login, [...kept, entry]);
}

function forget(login: string, entry: Idle): void {
  const left = (idle.get(login) ?? []).filter((each) => each !== entry);
  if (left.length) idle.set(login, left);
  else idle.delete(login);
  void entry.session.close();
}

/** The server ended it meanwhile: a restart, a firewall, an administrator. */
const wasLost = (error: unknown): boolean =>
  error instanceof SyncError &&
  /^(CONNECTION_LOST|TUNNEL_LOST|ECONNRESET|EPIPE|57P01|08)/.test(error.detail.code ?? "");

/** Runs `work` when whatever was asked of this login before is done. */
async function afterOthers<T>(login: string, work: () => Promise<T>): Promise<T> {
  const before = queues.get(login) ?? Promise.resolve();
  const mine = before.then(work, work);
  queues.set(login, mine);
  try {
    return await mine;
  } finally {
    if (queues.get(login) === mine) queues.delete(login);
  }
}

/** Runs `work` in a session of this login. One that is kept and turns out to be lost is replaced once. */
export async function withSession<T>(
  config: RedshiftConfig,
  secret: RedshiftSecret,
  statementTimeoutMs: number,
  signal: AbortSignal,
  work: (session: RedshiftSession) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const login = loginOf(config, secret);
  const once = async (): Promise<T> => {
    const kept = take(login, statementTimeoutMs);
    const session =
      kept ?? (await openWithinLimit(config, secret, { statementTimeoutMs }, "page", signal));
    try {
      const value = await work(session);
      await keep(login, statementTimeoutMs, session);
      return value;
    } catch (error) {
      await session.close();
      if (kept && wasLost(error) && !signal.aborted) return once();
      throw error;
    }
  };
  return limited.has(login) ? afterOthers(login, once) : once();
}

async function closeIdle(login: string): Promise<void> {
  const kept = idle.get(login) ?? [];
  idle.delete(login);
  for (const { timer } of kept) clearTimeout(timer);
  await Promise.all(kept.map(({ session }) => session.close()));
}

/** Ends what is kept, as before a database is dropped. */
export async function closeIdleSessions(): Promise<void> {
  await Promise.all([...idle.keys()].map(closeIdle));
}
