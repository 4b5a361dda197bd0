// Changed rows as tests write and read them, and as tuples, which is how they travel.
import {
  changeFields,
  DELETE_MARK,
  type InvalidReason,
  type RowPage,
} from "@/lib/connectors/contract/changes";
import { ENVELOPE_BYTES, type EventBatch } from "@/lib/connectors/contract/events";
import { fieldsOf, locate, numberOf, textOf, tupleOf } from "@/lib/event/tuple";

export type ChangedRow = {
  seq: number;
  key: string | null;
  messageId: string;
  invalid?: InvalidReason;
  isDelete?: true;
  cells: (string | null)[];
};

/** A page of these rows, two to a chunk. */
export function pageOf(rows: readonly ChangedRow[]): RowPage {
  const tuples = rows.map(({ seq, key, messageId, invalid, isDelete, cells }) =>
    tupleOf([String(seq), key, messageId, isDelete ? DELETE_MARK : (invalid ?? null), ...cells]),
  );
  const chunks = [];
  for (let first = 0; first < tuples.length; first += 2) {
    const [a, b] = [tuples[first]!, tuples[first + 1]];
    chunks.push({
      bytes: new Uint8Array(Buffer.concat([a, ...(b ? [b] : [])])),
      at: b ? [0, a.length] : [0],
    });
  }
  return { rows: rows.length, chunks };
}

/** The rows of a page whose selection has so many columns. */
export function rowsOf({ chunks }: RowPage, columns: number): ChangedRow[] {
  const fields = fieldsOf(changeFields.values + columns);
  return chunks.flatMap(({ bytes, at }) =>
    at.map((position) => {
      locate(bytes, position, fields);
      const text = (field: number) => textOf(bytes, fields, field);
      const mark = text(changeFields.mark) as InvalidReason | typeof DELETE_MARK | null;
      return {
        seq: numberOf(bytes, fields, changeFields.seq),
        key: text(changeFields.key),
        messageId: text(changeFields.messageId) ?? "",
        ...(mark === DELETE_MARK ? { isDelete: true as const } : mark && { invalid: mark }),
        cells: Array.from({ length: columns }, (_, index) => text(changeFields.values + index)),
      };
    }),
  );
}

export type SentEvent = { seq: number; json: string; key: string; messageId: string };

/** The events of a batch as texts. */
export const eventsOf = ({ bytes, starts, ends, seqs }: EventBatch): SentEvent[] =>
  seqs.map((seq, index) => {
    const json = Buffer.from(bytes.subarray(starts[index], ends[index])).toString("utf8");
    const { recordId, messageId } = JSON.parse(json) as { recordId: string; messageId: string };
    return { seq, json, key: recordId, messageId };
  });

/** A batch of these texts. */
export function batchOf(events: { seq: number; json: string }[]): EventBatch {
  const starts: number[] = [];
  const ends: number[] = [];
  let at = ENVELOPE_BYTES;
  for (const { json } of events) {
    starts.push(at);
    ends.push(at + Buffer.byteLength(json));
    at += Buffer.byteLength(json) + 1;
  }
  const room = Buffer.alloc(ENVELOPE_BYTES);
  return {
    bytes: Buffer.concat([room, Buffer.from(events.map(({ json }) => json).join(",")), room]),
    starts,
    ends,
    seqs: events.map(({ seq }) => seq),
  };
}
