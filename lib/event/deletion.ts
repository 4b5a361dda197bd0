import { messageUuid, type IdentifyRun } from "./identify";

/** The events of keys that are gone from the source: mirror mode alone has them. */
export type Deletion = {
  /** `messageId`: 32 hex digits. */
  json(key: string, messageId: string): string;
  /** The most bytes that the event of a tuple of so many bytes can have. */
  room(tupleBytes: number): number;
  /** As `IdentifyWriter.setTimes`. */
  setTimes(originalTimestamp: string, sentAt: string): void;
};

/**
 * A deletion in the shape in which RudderStack's mirror mode sends it: a `record` with the action `delete`, which no
 * receiver takes for news of a person. `keys` are the names of the key's columns; the key of several is a JSON array.
 */
export function compileDeletion(keys: readonly string[], run: IdentifyRun): Deletion {
  const context = { sources: { job_id: `${run.sourceId}/Syncher`, task_id: run.table, version: "v1", job_run_id: run.runId, task_run_id: run.runId } };
  let times = { originalTimestamp: "", sentAt: "", timestamp: "" };
  const valuesOf = (key: string): unknown[] => (keys.length === 1 ? [key] : (JSON.parse(key) as unknown[]));
  return {
    json: (key, messageId) => {
      const values = valuesOf(key);
      const identifiers = Object.fromEntries(keys.map((name, index) => [name, values[index]]));
      return JSON.stringify({ type: "record", channel: "sources", action: "delete", identifiers, fields: {}, context, recordId: key, messageId: messageUuid(messageId), ...times });
    },
    // the key stands in it twice, and no character becomes more than six bytes
    room: (tupleBytes) => 600 + 6 * Buffer.byteLength(JSON.stringify([context, keys])) + 12 * tupleBytes,
    setTimes: (originalTimestamp, sentAt) => {
      times = { originalTimestamp, sentAt, timestamp: originalTimestamp };
    },
  };
}
