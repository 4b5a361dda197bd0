import { SyncError } from "@/lib/platform/errors";
import type { HttpAnswer } from "./errors";

export type PaceLimits = {
  /** Requests at once to begin with. */
  start: number;
  /** And at most, where it pays. */
  most: number;
};

/**
 * A receiver whose quickest answer takes less is near: more requests at once would only wait in its line, or in ours.
 * The quickest of some, since a worker that is busy finds each answer late.
 */
const FAR_MS = 20;
const QUICKEST_OF = 16;

export type Pace = {
  /** Sends a request once there is room for it. */
  send(request: () => Promise<HttpAnswer>, signal: AbortSignal): Promise<HttpAnswer>;
  /** The receiver has asked for a pause: no request begins until this has ended. */
  hold(pause: Promise<unknown>): void;
  /** Requests that may be under way at once. */
  limit(): number;
};

/**
 * How many requests are sent at once, found out by sending. A receiver that says it has too much (429, 503), or can't
 * be heard, gets half as many; each round of accepted ones adds one. What was under way when the number was halved
 * says nothing about the new one, so it doesn't halve it again.
 */
export function openPace(
  { start, most }: PaceLimits,
  now: () => number = () => performance.now(),
): Pace {
  let allowed = start;
  let sending = 0;
  let held = 0;
  let halvings = 0;
  let isFar = false;
  let quickest = Infinity;
  let answers = 0;
  const waiting = new Set<() => void>();

  const letIn = () => {
    for (const begin of waiting) {
      if (held > 0 || sending >= Math.floor(allowed)) return;
      waiting.delete(begin);
      sending += 1;
      begin();
    }
  };
  const room = (signal: AbortSignal) =>
    new Promise<void>((begin, fail) => {
      signal.throwIfAborted();
      const giveUp = () => {
        if (waiting.delete(entered)) fail(signal.reason as Error);
      };
      const entered = () => {
        signal.removeEventListener("abort", giveUp);
        begin();
      };
      signal.addEventListener("abort", giveUp, { once: true });
      waiting.add(entered);
      letIn();
    });
  const halve = (seen: number) => {
    if (seen !== halvings) return;
    halvings += 1;
    allowed = Math.max(1, allowed / 2);
  };

  return {
    send: async (request, signal) => {
      await room(signal);
      const [seen, began, isFull] = [halvings, now(), sending >= Math.floor(allowed)];
      try {
        const answer = await request();
        if (answer.status === 429 || answer.status === 503) halve(seen);
        else if (isFull && answer.status < 300 && (allowed < start || isFar))
          allowed = Math.min(most, allowed + 1 / allowed);
        quickest = Math.min(quickest, now() - began);
        answers += 1;
        if (answers % QUICKEST_OF === 0) {
          isFar = quickest >= FAR_MS;
          quickest = Infinity;
        }
        return answer;
      } catch (error) {
        if (error instanceof SyncError && error.fault === "transient") halve(seen);
        throw error;
      } finally {
        sending -= 1;
        letIn();
      }
    },
    hold: (pause) => {
      held += 1;
      const end = () => {
        held -= 1;
        letIn();
      };
      pause.then(end, end);
    },
    limit: () => Math.floor(allowed),
  };
}
