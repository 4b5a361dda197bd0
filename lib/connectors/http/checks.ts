import type { CheckResult } from "@/lib/connectors/contract/checks";
import { ENVELOPE_BYTES, type EventBatch } from "@/lib/connectors/contract/events";
import { SyncError } from "@/lib/platform/errors";
import type { HttpReceiver } from "./client";
import { statusError } from "./errors";

const CHECK_LIMIT_MS = 15_000;

/** An identify call that nobody can take for a person. */
export function testEvent(now: Date): string {
  const at = now.toISOString();
  return JSON.stringify({
    type: "identify",
    channel: "sources",
    anonymousId: "tidegate-connection-test",
    messageId: `tidegate-connection-test-${now.getTime()}`,
    traits: { tidegate_connection_test: true },
    originalTimestamp: at,
    sentAt: at,
    timestamp: at,
  });
}

/** A batch of one event, with the room that a batch has around it. */
export function oneEvent(json: string): EventBatch {
  const event = Buffer.from(json);
  const bytes = Buffer.alloc(event.length + 2 * ENVELOPE_BYTES);
  bytes.set(event, ENVELOPE_BYTES);
  return { bytes, starts: [ENVELOPE_BYTES], ends: [ENVELOPE_BYTES + event.length], seqs: [0] };
}

/** Whether the receiver can be reached, and whether it accepts an event; each within 15 seconds. */
export async function* checkReceiver(
  receiver: HttpReceiver,
  reachTitle: string,
  target: { url: URL; body: Uint8Array },
  signal: AbortSignal,
): AsyncIterable<CheckResult> {
  const reach = await attempt(signal, async (limit) => {
    const { status } = await receiver.send("HEAD", target.url, null, limit); // any answer will do
    return `${target.url.host} answers (HTTP ${status}).`;
  });
  yield { id: "reachable", title: reachTitle, ...reach, statement: `HEAD ${target.url.href}` };

  const title = "Test event accepted";
  if (reach.status === "failed") {
    yield {
      id: "accepts-event",
      title,
      status: "skipped",
      summary: `Not run because “${reachTitle}” failed.`,
    };
    return;
  }
  const accepted = await attempt(signal, async (limit) => {
    const answer = await receiver.send("POST", target.url, target.body, limit);
    if (answer.status < 300)
      return `A test event for “tidegate-connection-test” was accepted (HTTP ${answer.status}).`;
    if (answer.status === 400 || answer.status === 422) {
      throw new SyncError(
        `The receiver refused the test event (HTTP ${answer.status}).`,
        "user-fixable",
        {
          serverText: answer.text,
          remedy: "See what the receiver says. Does it accept identify events?",
        },
      );
    }
    throw statusError(answer);
  });
  yield { id: "accepts-event", title, ...accepted, statement: `POST ${target.url.href}` };
}

type Outcome = Pick<CheckResult, "summary" | "serverText" | "remedy" | "ms"> & {
  status: "passed" | "failed";
};

async function attempt(
  signal: AbortSignal,
  work: (limit: AbortSignal) => Promise<string>,
): Promise<Outcome> {
  const began = performance.now();
  const ms = () => Math.round(performance.now() - began);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(CHECK_LIMIT_MS)]);
  try {
    return { status: "passed", summary: await work(limit), ms: ms() };
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted)
      return {
        status: "failed",
        summary: "No answer within 15 seconds.",
        remedy: { text: "Is the receiver reachable from here?" },
        ms: ms(),
      };
    if (!(error instanceof SyncError)) throw error;
    const { serverText, remedy } = error.detail;
    return {
      status: "failed",
      summary: error.message,
      ...(serverText && { serverText }),
      ...(remedy && { remedy: { text: remedy } }),
      ms: ms(),
    };
  }
}
