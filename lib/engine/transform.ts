import type { ChangedRow, InvalidReason, OutgoingEvent } from "@/lib/connectors/contract";
import type { Identify } from "@/lib/event/identify";
import { SyncError } from "@/lib/platform/errors";
import { stableId } from "@/lib/platform/ids";
import type { RejectedRow } from "./store";

export type Transformed = { event: OutgoingEvent } | { rejected: RejectedRow };

export type TransformPlan = {
  identify: Identify;
  connectionId: string;
  /** Name of the key column, for reasons. */
  key: string;
  maxEventBytes: number;
  /** ISO 8601, UTC: the time of the run. */
  originalTimestamp: string;
};

const invalidReason: Record<InvalidReason, (key: string) => string> = {
  "null-key": (key) => `The row has no value in “${key}”, which identifies it.`,
  "duplicate-key": (key) => `More than one row has this value in “${key}”, which is to identify a single one.`,
  "long-key": (key) => `The value in “${key}” is longer than 1,024 bytes, too long to identify a row.`,
  "long-value": () => "A value of the row is longer than 65,535 bytes as text, which is the most Redshift gives.",
};

/**
 * One row → its event, or why it has none. The message id is made of connection, key, revision and hash: a
 * redelivery is the same message, and a value that flips back is a new one.
 */
export function transform(row: ChangedRow, plan: TransformPlan, sentAt: string): Transformed {
  const { seq, key } = row;
  if (row.invalid) return { rejected: { seq, key, column: plan.key, reason: invalidReason[row.invalid](plan.key), code: row.invalid } };
  if (key === null) throw new SyncError(`Row ${seq} of the change set is valid and has no key.`, "terminal");
  const messageId = stableId(plan.connectionId, key, String(row.revision), row.hash);
  const json = plan.identify(row.cells, { key, messageId, originalTimestamp: plan.originalTimestamp, sentAt });
  if (json === null) return { rejected: { seq, key, reason: "The row has neither a user id nor an anonymous id.", code: "no-identity" } };
  const bytes = Buffer.byteLength(json);
  if (bytes > plan.maxEventBytes) {
    return { rejected: { seq, key, reason: `The event has ${bytes.toLocaleString("en")} bytes; the destination takes at most ${plan.maxEventBytes.toLocaleString("en")}.`, code: "event-too-large" } };
  }
  return { event: { seq, key, messageId, json, bytes } };
}
