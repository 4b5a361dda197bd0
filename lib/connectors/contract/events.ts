// Destinations that take each row as an event.
import type { CheckUpdate } from "./checks";

/**
 * Events on their way out: JSON texts in UTF-8, one after the other with a comma between. Before the first and after
 * the last there are at least `ENVELOPE_BYTES` more, in which a destination may write what stands around them.
 */
export type EventBatch = {
  bytes: Uint8Array;
  /** Where each event begins and ends in `bytes`. */
  starts: number[];
  ends: number[];
  /** The row of each event. */
  seqs: number[];
  /** All of them may be such as were refused before: that it refuses every one says nothing about the destination. */
  expectRefusals?: boolean;
};

export const ENVELOPE_BYTES = 64;

/** `key` and `column` where whoever rejects it knows them. */
export type Rejection = {
  seq: number;
  reason: string;
  code?: string;
  key?: string | null;
  column?: string;
};

/** Every event of the batch is either delivered or named in `rejected`. Anything else is thrown as a SyncError. */
export type DeliveryResult = { rejected: Rejection[] };

/** A destination that takes each row as an event. */
export interface EventDestination {
  takes: "events";
  /** `concurrency`: how many batches it takes at once as things are; it may change from one batch to the next. */
  readonly limits: {
    readonly maxBatchEvents: number;
    readonly maxBatchBytes: number;
    readonly maxEventBytes: number;
    readonly concurrency: number;
  };
  check(signal: AbortSignal): AsyncIterable<CheckUpdate>;
  /** The bytes are the caller's, who uses them again once this has ended. */
  deliver(batch: EventBatch, signal: AbortSignal): Promise<DeliveryResult>;
  close(): Promise<void>;
}
