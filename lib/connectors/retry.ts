import { setTimeout as wait } from "node:timers/promises";
import { SyncError } from "@/lib/platform/errors";

/** Waits `ms`, or rejects when the signal aborts. Injected, so that tests don't wait. */
export type Delay = (ms: number, signal: AbortSignal) => Promise<void>;

export const realDelay: Delay = (ms, signal) => wait(ms, undefined, { signal });

export type RetryOptions = {
  tries: number;
  /** Wait before the second try, in ms; doubles with each further one. */
  firstDelayMs: number;
  maxDelayMs: number;
  /** No try begins later than this after the first, in ms, waits counted. */
  budgetMs?: number;
  /** Which transient errors are worth another try here; all by default. */
  when?(error: SyncError): boolean;
  /** Told of each wait, with what made it. */
  onWait?(error: SyncError, wait: Promise<void>): void;
};

/** Exponential with full jitter in its upper half: two workers that met once don't meet again. */
function backoffMs(attempt: number, options: RetryOptions): number {
  const ceiling = Math.min(options.maxDelayMs, options.firstDelayMs * 2 ** attempt);
  return Math.round(ceiling / 2 + (Math.random() * ceiling) / 2);
}

/**
 * Repeats `work` while it fails with a transient SyncError; a wish of the other side (`retryAfterMs`) is respected
 * where the budget allows it. Throws the last error, which then carries when to come back.
 */
export async function retryTransient<T>(
  work: (attempt: number) => Promise<T>,
  options: RetryOptions,
  delay: Delay,
  signal: AbortSignal,
): Promise<T> {
  let waited = 0;
  for (let attempt = 0; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (
        !(error instanceof SyncError) ||
        error.fault !== "transient" ||
        options.when?.(error) === false
      )
        throw error;
      const ms = Math.max(error.detail.retryAfterMs ?? 0, backoffMs(attempt, options));
      if (attempt + 1 >= options.tries || waited + ms > (options.budgetMs ?? Infinity)) throw error;
      waited += ms;
      const wait = delay(ms, signal);
      options.onWait?.(error, wait);
      await wait;
    }
  }
}
