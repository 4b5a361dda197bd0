// Sends events in batches, several at a time, and knows up to which row everything is settled.
import type { DestinationConnector, OutgoingEvent } from "@/lib/connectors/contract";
import type { Clock } from "@/lib/platform/clock";
import { SyncError } from "@/lib/platform/errors";
import type { RejectedRow, RunStore } from "./store";
import type { Transformed } from "./transform";

const SAVE_EVERY_MS = 250;
/** Rows without an event need a batch's end too, or a table of bad rows would be held in memory. */
const MAX_REJECTED_PER_BATCH = 500;
/** So many refusals by the destination and nothing accepted: the fault isn't the rows'. */
const ALL_REFUSED = 1_000;

/** A run of rows, settled as one: dense in seq from the one before. */
type Batch = { lastSeq: number; events: OutgoingEvent[]; bytes: number; rejected: RejectedRow[]; settled?: { delivered: number; rejected: number } };

export type Settled = { seq: number; delivered: number; rejected: number };

export type Loader = {
  /** The next row in order of seq. Waits while as many batches are in flight as the destination wants. */
  add(row: Transformed): Promise<void>;
  /** Sends what is left, waits for all, and saves. */
  finish(): Promise<Settled>;
  /** After a failure: stops what is in flight and saves what is settled; gives the first error. */
  abandon(error: unknown): Promise<unknown>;
};

export type LoadOptions = {
  destination: DestinationConnector;
  store: RunStore;
  clock: Clock;
  /** Where an earlier worker came to. */
  from: Settled;
  /** Rows beyond the checkpoint that an earlier worker recorded as rejected: they are not sent again. */
  rejectedBefore: ReadonlySet<number>;
  save(settled: Settled): Promise<void>;
  /** Of the run, and of `controller`. */
  signal: AbortSignal;
  /** Aborted here when a batch fails, which ends the others and the reading. */
  controller: AbortController;
};

export function openLoader({ destination, store, clock, from, rejectedBefore, save, signal, controller }: LoadOptions): Loader {
  const { limits } = destination;
  const settled: Settled = { ...from };
  /** In order of seq; the head decides the checkpoint. Bounded by the destination's concurrency, so memory and redelivery are too. */
  const inFlight: { batch: Batch; done: Promise<void> }[] = [];
  let open = emptyBatch();
  let accepted = 0;
  let refused = 0;
  let failure: { error: unknown } | undefined;
  let saving: Promise<void> | undefined;
  let savedAt = clock.now().getTime();
  /** Batches settle in bursts: what the save of the first came too early for is saved when its time has come. */
  let later: NodeJS.Timeout | undefined;
  let closed = false;

  const fail = (error: unknown) => {
    failure ??= { error };
    controller.abort(error);
  };

  const advance = () => {
    for (let head = inFlight[0]; head?.batch.settled; head = inFlight[0]) {
      settled.seq = head.batch.lastSeq;
      settled.delivered += head.batch.settled.delivered;
      settled.rejected += head.batch.settled.rejected;
      inFlight.shift();
    }
    saveInTime();
  };

  const saveInTime = () => {
    if (saving || closed) return;
    const wait = savedAt + SAVE_EVERY_MS - clock.now().getTime();
    if (wait <= 0) saveNow();
    else later ??= setTimeout(saveNow, wait);
  };

  const saveNow = () => {
    clearTimeout(later);
    later = undefined;
    savedAt = clock.now().getTime();
    const { seq } = settled;
    saving = save({ ...settled }).catch(fail).finally(() => {
      saving = undefined;
      if (settled.seq > seq) saveInTime();
    });
  };

  const close = async () => {
    await Promise.all(inFlight.map(({ done }) => done));
    closed = true;
    clearTimeout(later);
    await saving;
  };

  const send = async (batch: Batch) => {
    if (batch.rejected.length > 0) await store.reject(batch.rejected);
    const events = batch.events;
    const { rejected } = events.length > 0 ? await destination.deliver(events, signal) : { rejected: [] };
    const bySeq = new Map(events.map((event) => [event.seq, event]));
    const rows = rejected.map(({ seq, reason, code }): RejectedRow => {
      const event = bySeq.get(seq);
      if (!event || !bySeq.delete(seq)) throw new SyncError(`The destination rejected row ${seq}, which was not in the batch or is rejected already.`, "terminal");
      return { seq, key: event.key, reason, ...(code && { code }) };
    });
    if (rows.length > 0) await store.reject(rows);
    accepted += bySeq.size;
    refused += rows.length;
    if (accepted === 0 && refused >= ALL_REFUSED) {
      throw new SyncError(`The destination refused each of the first ${refused} events.`, "user-fixable", { serverText: rows[0]?.reason, remedy: "See what the destination says, and mend the mapping or the destination." });
    }
    batch.settled = { delivered: bySeq.size, rejected: batch.rejected.length + rows.length };
    batch.events = []; // the batch may wait for one before it; its texts need not
    batch.rejected = [];
    advance();
  };

  const flush = async () => {
    if (open.lastSeq === 0) return;
    while (inFlight.length >= limits.concurrency && !signal.aborted) await inFlight[0]!.done;
    signal.throwIfAborted();
    const batch = open;
    open = emptyBatch();
    const entry = { batch, done: Promise.resolve() };
    inFlight.push(entry);
    entry.done = send(batch).catch(fail);
  };

  return {
    add: async (row) => {
      if ("event" in row && !rejectedBefore.has(row.event.seq)) {
        const bytes = row.event.bytes + 1; // and a comma
        if (open.events.length >= limits.maxBatchEvents || open.bytes + bytes > limits.maxBatchBytes) await flush();
        open.events.push(row.event);
        open.bytes += bytes;
      } else if ("event" in row) open.rejected.push({ seq: row.event.seq, key: row.event.key, reason: "Rejected before this run was resumed." });
      else open.rejected.push(row.rejected);
      open.lastSeq = "event" in row ? row.event.seq : row.rejected.seq;
      if (open.rejected.length >= MAX_REJECTED_PER_BATCH) await flush();
    },
    finish: async () => {
      await flush();
      await close();
      if (failure) throw failure.error;
      await save({ ...settled });
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

const emptyBatch = (): Batch => ({ lastSeq: 0, events: [], bytes: 0, rejected: [] });
