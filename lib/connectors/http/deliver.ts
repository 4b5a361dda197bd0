import type { DeliveryResult, EventBatch, Rejection } from "@/lib/connectors/contract/events";
import { retryTransient, type Delay } from "@/lib/connectors/retry";
import { SyncError } from "@/lib/platform/errors";
import { isRefusal, statusError, type HttpAnswer } from "./errors";
import type { Pace } from "./pace";

/** Six tries, and no more than a minute of waiting: longer pauses are the job's, which gives the worker free meanwhile. */
const RETRIES = { tries: 6, firstDelayMs: 500, maxDelayMs: 20_000, budgetMs: 60_000 };
/** So many events refused alone while none was accepted look like a receiver that refuses everything. */
const SUSPICIOUS = 8;

/**
 * Delivers one batch by `post`, which sends some of its events, by their index, as one request. A refused batch (400, 409, 413, 422) is halved
 * until the bad events stand alone and are rejected with the receiver's text; the others are delivered. When the
 * first eight that stand alone are all refused, eight more from all over the batch are tried: if none of those is
 * accepted either, the receiver refuses everything, and that is one fault for the user to mend, not a row's. Not so
 * where the events may all be ones that were refused before.
 * Whatever is neither acceptance nor refusal is thrown as a SyncError, transient ones after the retries. A pause that
 * the receiver asks for holds all that share the pace.
 */
export async function deliverByHalving(
  batch: EventBatch,
  post: (events: number[]) => Promise<HttpAnswer>,
  pace: Pace,
  delay: Delay,
  signal: AbortSignal,
): Promise<DeliveryResult> {
  const all = batch.seqs.map((_, index) => index);
  const rejected: Rejection[] = [];
  const settled = new Set<number>();
  let accepted = 0;
  let sampled = batch.expectRefusals === true;

  const tryOnce = (events: number[]) =>
    retryTransient(
      async () => {
        signal.throwIfAborted();
        const answer = await pace.send(() => post(events), signal);
        if (answer.status < 300 || isRefusal(answer.status)) return answer;
        throw statusError(answer);
      },
      {
        ...RETRIES,
        onWait: (error, wait) => {
          if (error.detail.retryAfterMs) pace.hold(wait);
        },
      },
      delay,
      signal,
    );

  const deliver = async (events: number[]): Promise<void> => {
    const open = events.filter((event) => !settled.has(event));
    const [first] = open;
    if (first === undefined) return;
    const answer = await tryOnce(open);
    if (answer.status < 300) {
      accepted += open.length;
      for (const event of open) settled.add(event);
    } else if (open.length === 1) {
      settled.add(first);
      rejected.push({
        seq: batch.seqs[first]!,
        reason: answer.text || `The receiver refused it with HTTP ${answer.status}.`,
        code: String(answer.status),
      });
      if (accepted === 0 && rejected.length >= SUSPICIOUS && !sampled) await sample(answer);
    } else {
      const half = Math.ceil(open.length / 2);
      await deliver(open.slice(0, half));
      await deliver(open.slice(half));
    }
  };

  const sample = async (answer: HttpAnswer): Promise<void> => {
    sampled = true;
    const open = all.filter((event) => !settled.has(event));
    if (open.length < SUSPICIOUS) return;
    for (let index = 0; index < SUSPICIOUS; index++)
      await deliver([open[Math.floor((index * (open.length - 1)) / (SUSPICIOUS - 1))]!]);
    if (accepted > 0) return;
    throw new SyncError(
      `The receiver refuses every event (HTTP ${answer.status}).`,
      "user-fixable",
      {
        code: String(answer.status),
        serverText: answer.text,
        remedy: `Of a batch of ${all.length} events ${rejected.length} were tried alone, and each was refused. See what the receiver says, and correct the mapping or the receiver.`,
      },
    );
  };

  await deliver(all);
  return { rejected };
}

/** What stands before and after the events in a request's body; at most `ENVELOPE_BYTES` each. */
export type Envelope = { head: Uint8Array; tail: Uint8Array };

/** The body with these events. A whole batch has room around it: nothing is copied then. */
export function bodyOf(
  { bytes, starts, ends }: EventBatch,
  events: number[],
  { head, tail }: Envelope,
): Uint8Array {
  if (events.length === starts.length) {
    const [start = 0, end = 0] = [starts[0], ends.at(-1)];
    bytes.set(head, start - head.length);
    bytes.set(tail, end);
    return bytes.subarray(start - head.length, end + tail.length);
  }
  const pieces: Uint8Array[] = [];
  for (let first = 0; first < events.length;) {
    let last = first;
    while (last + 1 < events.length && events[last + 1] === events[last]! + 1) last += 1;
    if (pieces.length > 0) pieces.push(COMMA);
    pieces.push(bytes.subarray(starts[events[first]!], ends[events[last]!]));
    first = last + 1;
  }
  return Buffer.concat([head, ...pieces, tail]);
}
const COMMA = Buffer.from(",");
