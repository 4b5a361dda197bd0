import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import {
  changeFields,
  DELETE_MARK,
  invalidReasons,
  type InvalidReason,
} from "@/lib/connectors/contract/changes";
import type { Deletion } from "@/lib/event/deletion";
import type { IdentifyWriter } from "@/lib/event/identify";
import { fieldsOf, locate, numberOf, textOf } from "@/lib/event/tuple";
import { viewed, viewOf } from "@/lib/event/words";
import { SyncError } from "@/lib/platform/errors";
import { payloadOf, payloadOfRow } from "./payload";
import type { RejectedRow } from "./store";

export type TransformPlan = {
  identify: IdentifyWriter;
  columns: readonly ColumnInfo[];
  deletion: Deletion;
  /** Names of the key's columns, for reasons. */
  keys: readonly string[];
  maxEventBytes: number;
};

/** Rows to events, one at a time: `open` looks at a row, the others are about the row that was opened last. */
export type Transform = {
  open(bytes: Uint8Array, at: number): void;
  seq(): number;
  /** The most bytes that `write` can need. */
  room(): number;
  /** Writes the row's event to `out` at `p`; gives the position after it, or why the row has none. */
  write(out: Uint8Array, p: number): number | RejectedRow;
};

const encoder = new TextEncoder();

const invalidReason: Record<InvalidReason, (key: string) => string> = {
  "null-key": (key) => `The row has no value in “${key}”, which identifies it.`,
  "duplicate-key": (key) =>
    `More than one row has this value in “${key}”, which is to identify a single one.`,
  "long-key": (key) =>
    `The value in “${key}” is longer than 1,024 bytes, too long to identify a row.`,
  "long-value": () =>
    "A value of the row is longer than 65,535 bytes as text, which is the most Redshift gives.",
};

/** Why a row that the source marked can't be delivered, in a sentence. */
export const invalidText = (reason: InvalidReason, key: string): string =>
  invalidReason[reason](key);

const NO_IDENTITY = "no-identity";
const TOO_LARGE = "event-too-large";
/** Whether a rejected row, by its code, was never sent: the destination didn't refuse it. */
export const isUnsendable = (code: string | null): boolean =>
  code === NO_IDENTITY || code === TOO_LARGE;

export function openTransform({
  identify,
  deletion,
  columns,
  keys,
  maxEventBytes,
}: TransformPlan): Transform {
  const keyName = keys.join("”, “");
  const fields = fieldsOf(changeFields.values + columns.length);
  /** The chunk of the row that is open, and the batch that was written to last: views of them serve hundreds of rows. */
  let bytes: Uint8Array = new Uint8Array();
  let from = viewOf(bytes);
  let to = viewed(bytes);
  let size = 0;
  const seq = () => numberOf(bytes, fields, changeFields.seq);
  const key = () => textOf(bytes, fields, changeFields.key);
  const row = () =>
    payloadOfRow(columns, (index) => textOf(bytes, fields, changeFields.values + index));
  return {
    open: (chunk, at) => {
      if (chunk !== bytes) from = viewOf((bytes = chunk));
      size = locate(chunk, at, fields) - at;
    },
    seq,
    room: () => Math.max(identify.room(size), deletion.room(size)),
    write: (out, p) => {
      if (fields.lengths[changeFields.mark]! >= 0) {
        const marker = textOf(bytes, fields, changeFields.mark);
        if (marker === DELETE_MARK)
          return p + encoder.encodeInto(deletion.json(bytes, fields), out.subarray(p)).written;
        const invalid = invalidReasons.find((reason) => reason === marker);
        if (!invalid)
          throw new SyncError(
            `The change set marks a row as “${marker}”, which means nothing here.`,
            "terminal",
          );
        return {
          seq: seq(),
          key: key(),
          column: keyName,
          reason: invalidReason[invalid](keyName),
          code: invalid,
          payload: row(),
        };
      }
      if (fields.lengths[changeFields.key]! < 0)
        throw new SyncError(`Row ${seq()} of the change set is valid and has no key.`, "terminal");
      if (out !== to.bytes) to = viewed(out);
      const end = identify.write(from, fields, to, p);
      if (end < 0)
        return {
          seq: seq(),
          key: key(),
          reason: "The row has neither a user id nor an anonymous id; blanks alone are none.",
          code: NO_IDENTITY,
          payload: row(),
        };
      if (end - p <= maxEventBytes) return end;
      return {
        seq: seq(),
        key: key(),
        reason: `The event has ${(end - p).toLocaleString("en")} bytes; the destination takes at most ${maxEventBytes.toLocaleString("en")}.`,
        code: TOO_LARGE,
        payload: payloadOf(out.subarray(p, end)),
      };
    },
  };
}
