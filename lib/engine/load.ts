// Sends events in batches, several at a time, and knows which rows are settled: a slow batch holds back no other.
import type { RowPage } from "@/lib/connectors/contract/changes";
import {
  ENVELOPE_BYTES,
  type EventDestination,
  type EventBatch,
} from "@/lib/connectors/contract/events";
import type { Clock } from "@/lib/platform/clock";
import { SyncError } from "@/lib/platform/errors";
import { payloadOf } from "./payload";
import { settle, type Reached } from "./settled";
import type { RejectedRow, RunStore } from "./store";
import type { Transform } from "./transform";

/** What is settled is saved soon, since a killed worker's successor sends again what was not; but a slow store is asked seldom. */
const SAVE_EVERY_MS = { least: 50, most: 250, ofItsTime: 4 };
/** Batches that are settled and not yet saved: the bound of what is sent again, beside what is in flight. */
const MAX_UNSAVED = 64;
/** Full batches that wait until one in flight is settled: the next then leaves at once, not when it has been written. */
const AHEAD = 2;
/** Rows without an event need a batch's end too, or a table of bad rows would be held in memory. */
const MAX_REJECTED_PER_BATCH = 500;
/** Room for one more event than fits, so that a full batch seldom has to grow. */
const SLACK_BYTES = 64 * 1024;
const COMMA = 44;
/** So many refusals by the destination and nothing accepted: what follows isn't even tried. */
const ALL_REFUSED = 1_000;

/** A run of rows, settled as one. What lies between its first and its last and is not in it was settled before. */
type Batch = EventBatch & { firstSeq: number; lastSeq: number; rejected: RejectedRow[] };

export type Settled = Reached & { delivered: number; rejected: number };

export type Loader = {
  /** The next rows in order of seq. Waits while as many batches are in flight as the destination wants. */
  add(page: RowPage): Promise<void>;
  /** Sends what is left, waits for all, and saves. */
  finish(): Promise<Settled>;
  /** After a failure: stops what is in flight and saves what is settled; gives the first error. */
  abandon(error: unknown): Promise<unknown>;
};

export type LoadOptions = {
  destination: EventDestination;
  transform: Transform;
  store: RunStore;
  clock: Clock;
  /** Where an earlier worker came to. */
  from: Settled;
  /** The rows may all be such as were refused before. */
  expectRefusals: boolean;
  /** Rows beyond the checkpoint that an earlier worker recorded as rejected: they are not sent again. */
  rejectedBefore: ReadonlySet<number>;
  /** What the destination refused before that checkpoint, of an earlier worker. */
  refusedEarlier: readonly { reason: string; code: string | null }[];
  save(settled: Settled): Promise<void>;
  /** Of the run, and of `controller`. */
  signal: AbortSignal;
  /** Aborted here when a batch fails, which ends the others and the reading. */
  controller: AbortController;
};

/**
 * Nothing at all was accepted: that is no success, however few rows there are. Not so where all of them may be such as
 * were refused before, or where none was sent, since the source's own rows are bad.
 * Throws a user-fixable SyncError where `refused` is above zero; `last` is one of the refusals.
 */
export function refuseAllRefused(
  refused: number,
  last: { reason: string; code?: string | null } | undefined,
): void {
  if (refused === 0) return;
  throw new SyncError(
    refused === 1
      ? "The destination refused the only event of this run."
      : `The destination refused each of ${refused} events, and accepted none.`,
    "user-fixable",
    {
      code: last?.code ?? undefined,
      serverText: last?.reason,
      remedy:
        "See what the destination says, and correct the mapping, the rows or the destination. The next run sends them again.",
    },
  );
}

export function openLoader({
  destination,
  transform,
  store,
  clock,
  from,
  expectRefusals,
  rejectedBefore,
  refusedEarlier,
  save,
  signal,
  controller,
}: LoadOptions): Loader {
  const { limits } = destination;
  /** Nothing at all was accepted: the fault isn't the rows', however few they are. */
  let settled: Settled = { ...from };
  /** Bounded by the destination's concurrency, so memory and redelivery are too. */
  const inFlight = new Set<Promise<void>>();
  const ready: Batch[] = [];
  /** Buffers of batches that are settled, for those to come. */
  const spare: Uint8Array[] = [];
  const emptyBatch = (): Batch => ({
    bytes:
      spare.pop() ??
      Buffer.allocUnsafeSlow(limits.maxBatchBytes + 2 * ENVELOPE_BYTES + SLACK_BYTES),
    starts: [],
    ends: [],
    seqs: [],
    expectRefusals,
    firstSeq: 0,
    lastSeq: 0,
    rejected: [],
  });
  let open = emptyBatch();
  let accepted = from.delivered;
  let refused = refusedEarlier.length;
  let lastRefusal: { reason: string; code?: string | null } | undefined = refusedEarlier.at(-1);
  let failure: { error: unknown } | undefined;
  let saving: Promise<void> | undefined;
  let savedAt = clock.now().getTime();
  let saveEvery = SAVE_EVERY_MS.least;
  let unsaved = 0;
  /** Called when batches may have left `ready`. */
  let wake: () => void = () => undefined;
  /** Batches settle in bursts: what the save of the first came too early for is saved when its time has come. */
  let later: NodeJS.Timeout | undefined;
  let closed = false;

  const fail = (error: unknown) => {
    failure ??= { error };
    controller.abort(error);
  };

  const failIfAllRefused = () => {
    if (!expectRefusals && accepted === 0) refuseAllRefused(refused, lastRefusal);
  };

  const saveInTime = () => {
    if (saving || closed) return;
    const wait = savedAt + saveEvery - clock.now().getTime();
    if (wait <= 0 || unsaved >= MAX_UNSAVED) saveNow();
    else later ??= setTimeout(saveNow, wait);
  };

  const saveNow = () => {
    clearTimeout(later);
    later = undefined;
    savedAt = clock.now().getTime();
    unsaved = 0;
    saving = save({ ...settled })
      .catch(fail)
      .finally(() => {
        saving = undefined;
        saveEvery = Math.min(
          SAVE_EVERY_MS.most,
          Math.max(
            SAVE_EVERY_MS.least,
            (clock.now().getTime() - savedAt) * SAVE_EVERY_MS.ofItsTime,
          ),
        );
        if (unsaved > 0) saveInTime();
        sendReady();
      });
  };

  const close = async () => {
    await Promise.all(inFlight);
    closed = true;
    clearTimeout(later);
    await saving;
  };

  const send = async (batch: Batch) => {
    if (batch.rejected.length > 0) await store.reject(batch.rejected);
    const { rejected } =
      batch.seqs.length > 0 ? await destination.deliver(batch, signal) : { rejected: [] };
    const left = new Map(rejected.length > 0 ? batch.seqs.map((seq, index) => [seq, index]) : []);
    const rows = rejected.map(({ seq, reason, code }): RejectedRow => {
      const index = left.get(seq);
      if (index === undefined)
        throw new SyncError(
          `The destination rejected row ${seq}, which was not in the batch or is rejected already.`,
          "terminal",
        );
      left.delete(seq);
      const event = batch.bytes.subarray(batch.starts[index], batch.ends[index]);
      return { seq, key: keyIn(event), reason, ...(code && { code }), payload: payloadOf(event) };
    });
    if (rows.length > 0) await store.reject(rows);
    const delivered = batch.seqs.length - rows.length;
    accepted += delivered;
    refused += rows.length;
    lastRefusal = rows.at(-1) ?? lastRefusal;
    if (refused >= ALL_REFUSED) failIfAllRefused();
    spare.push(batch.bytes);
    settled = {
      ...settle(settled, batch.firstSeq, batch.lastSeq),
      delivered: settled.delivered + delivered,
      rejected: settled.rejected + batch.rejected.length + rows.length,
    };
    unsaved += 1;
    saveInTime();
  };

  const isFull = () =>
    inFlight.size >= limits.concurrency || (saving !== undefined && unsaved >= MAX_UNSAVED);

  const sendReady = () => {
    while (ready.length > 0 && !isFull() && !signal.aborted) {
      const done = send(ready.shift()!)
        .catch(fail)
        .finally(() => {
          inFlight.delete(done);
          sendReady();
        });
      inFlight.add(done);
    }
    wake();
  };
  const waitUntilReady = async (most: number) => {
    while (ready.length > most && !signal.aborted)
      await new Promise<void>((woken) => {
        wake = woken;
      });
    signal.throwIfAborted();
  };

  /** Hands over the open batch and opens the next. */
  const flush = async (next?: Batch) => {
    if (open.lastSeq === 0) return;
    ready.push(open);
    open = next ?? emptyBatch();
    sendReady();
    await waitUntilReady(AHEAD);
  };

  /** Makes room for `needed` more bytes: a row's worst case is far more than it nearly ever takes. */
  const makeRoom = (batch: Batch, at: number, needed: number) => {
    if (batch.bytes.length - at >= needed) return;
    const grown = Buffer.allocUnsafeSlow(at + needed);
    grown.set(batch.bytes.subarray(0, at));
    batch.bytes = grown;
  };

  /** Writes the row that `transform` has open to the open batch. An event that makes it too large begins the next one, which is returned. */
  const addRow = (): Batch | undefined => {
    const seq = transform.seq();
    open.firstSeq ||= seq;
    const end = open.ends.at(-1);
    const start = end === undefined ? ENVELOPE_BYTES : end + 1;
    makeRoom(open, start, transform.room() + ENVELOPE_BYTES);
    const outcome = transform.write(open.bytes, start);
    const isRow = typeof outcome === "number";
    if (isRow && rejectedBefore.has(seq)) refused += 1;
    if (!isRow || rejectedBefore.has(seq)) {
      open.rejected.push(
        isRow
          ? {
              seq,
              key: keyIn(open.bytes.subarray(start, outcome)),
              reason: "Rejected before this run was resumed.",
            }
          : outcome,
      );
      open.lastSeq = seq;
      return undefined;
    }
    if (
      end !== undefined &&
      (open.seqs.length >= limits.maxBatchEvents || outcome - ENVELOPE_BYTES > limits.maxBatchBytes)
    ) {
      const next = emptyBatch();
      const size = outcome - start;
      makeRoom(next, ENVELOPE_BYTES, size + ENVELOPE_BYTES);
      next.bytes.set(open.bytes.subarray(start, outcome), ENVELOPE_BYTES);
      next.firstSeq = seq;
      push(next, seq, ENVELOPE_BYTES, ENVELOPE_BYTES + size);
      return next;
    }
    if (end !== undefined) open.bytes[end] = COMMA;
    push(open, seq, start, outcome);
    return undefined;
  };

  /** Rows come in order: each range is passed once. */
  const before = [...from.beyond];
  const isSettled = (seq: number): boolean => {
    while (before[0] && before[0][1] < seq) before.shift();
    return before[0] !== undefined && before[0][0] <= seq;
  };

  return {
    add: async ({ chunks }) => {
      for (const { bytes, at } of chunks) {
        for (const position of at) {
          transform.open(bytes, position);
          if (isSettled(transform.seq())) continue;
          const next = addRow();
          if (next) await flush(next);
          else if (open.rejected.length >= MAX_REJECTED_PER_BATCH) await flush();
        }
      }
    },
    finish: async () => {
      await flush();
      await waitUntilReady(0);
      await close();
      if (failure) throw failure.error;
      await save({ ...settled });
      failIfAllRefused();
      return settled;
    },
    abandon: async (error) => {
      fail(error);
      await close();
      // Saves the next worker some redelivery. That it fails too is no news beside the failure that is told.
      await save({ ...settled }).catch(() => undefined);
      return failure?.error ?? error;
    },
  };
}

const push = (batch: Batch, seq: number, start: number, end: number) => {
  batch.seqs.push(seq);
  batch.starts.push(start);
  batch.ends.push(end);
  batch.lastSeq = seq;
};

/** The row's key, which the event has as its record id: read only for what is rejected. */
const keyIn = (event: Uint8Array): string =>
  String((JSON.parse(Buffer.from(event).toString("utf8")) as { recordId: unknown }).recordId);
