import { isBlank, withoutPadding } from "./blank";
import { keyValues } from "./composite-key";
import { messageUuid, type IdentifyRun, type TupleFields } from "./identify";
import type { Mapping } from "./mapping";
import { textOf, type Fields } from "./tuple";

/** The events of keys that are gone from the source: mirror mode alone has them. */
export type Deletion = {
  /** The event of a tuple, as JSON. */
  json(bytes: Uint8Array, fields: Fields): string;
  /** The most bytes that the event of a tuple of so many bytes can have. */
  room(tupleBytes: number): number;
  /** As `IdentifyWriter.setTimes`. */
  setTimes(originalTimestamp: string, sentAt: string): void;
};

/**
 * A deletion is a `track` of the event `deleted`, which every receiver of events takes (Segment's reverse ETL names it
 * so), with the key's columns as properties. It is of the person that the row was last delivered as; where that is not
 * remembered, of the key. `keys` are the names of the key's columns; the key of several is a JSON array of texts.
 */
export function compileDeletion(
  columns: readonly { name: string; type?: string }[],
  mapping: Mapping,
  keys: readonly string[],
  run: IdentifyRun,
  at: TupleFields,
): Deletion {
  const context = {
    sources: {
      job_id: `${run.sourceId}/Syncher`,
      task_id: run.table,
      version: "v1",
      job_run_id: run.runId,
      task_run_id: run.runId,
    },
  };
  let times = { originalTimestamp: "", sentAt: "", timestamp: "" };
  const identity = (["userId", "anonymousId"] as const).flatMap((name) => {
    const index = columns.findIndex((column) => column.name === mapping[name]);
    return index < 0 ? [] : [{ name, field: at.values + index, type: columns[index]?.type }];
  });
  // each text stands in it three times at most, and no character becomes more than six bytes
  const constants = 600 + 6 * new TextEncoder().encode(JSON.stringify([context, keys])).length;
  return {
    json: (bytes, fields) => {
      const key = textOf(bytes, fields, at.key) ?? "";
      const values = keys.length === 1 ? [key] : keyValues(key);
      const properties = Object.fromEntries(keys.map((name, index) => [name, values[index]]));
      const known = Object.fromEntries(
        identity.flatMap(({ name, field, type }) => {
          const text = textOf(bytes, fields, field) ?? "";
          return isBlank(text) ? [] : [[name, withoutPadding(type, text)]];
        }),
      );
      const who = Object.keys(known).length > 0 ? known : { userId: key };
      return JSON.stringify({
        type: "track",
        channel: "sources",
        event: "deleted",
        ...who,
        properties,
        context,
        recordId: key,
        messageId: messageUuid(textOf(bytes, fields, at.messageId) ?? ""),
        ...times,
      });
    },
    room: (tupleBytes) => constants + 18 * tupleBytes,
    setTimes: (originalTimestamp, sentAt) => {
      times = { originalTimestamp, sentAt, timestamp: originalTimestamp };
    },
  };
}
