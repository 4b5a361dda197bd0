// Rows as CSV, bytes to bytes: what COPY reads, of Redshift and of PostgreSQL. No string is made of a value.
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import { changeFields } from "@/lib/connectors/contract/changes";
import { keepsNumber, type NumberLimit } from "./exact";
import type { Fields } from "@/lib/event/tuple";

const QUOTE = 34;
const COMMA = 44;
const NEWLINE = 10;
const [ZERO, ONE] = [48, 49];
const JSON_NULL = Buffer.from("null");
/** Below this a loop is quicker than a call. */
const SHORT = 24;
/** Kinds whose text never holds a comma, a quote or a line's end. */
const bare = new Set<ColumnInfo["kind"]>([
  "integer",
  "bigint",
  "decimal",
  "float",
  "boolean",
  "timestamp",
  "timestamptz",
]);

type CsvColumn = {
  /** Which field of the tuple it is. */
  field: number;
  kind: ColumnInfo["kind"];
  /** The most bytes its text may have in the target; null: any number. */
  maxBytes: number | null;
  /** What the target keeps of a number, where not every digit that may come. */
  limit?: NumberLimit | null;
  /** Whether the target keeps it as a text, in which an empty field that isn't quoted is no NULL. */
  isText?: boolean;
  /** Whether the target takes no NULL in it. */
  notNull?: boolean;
  /** Whether rows are identified by it: its texts are never cut, since two of them could become the same one. */
  isKey?: boolean;
};

export type CsvPlan = {
  columns: CsvColumn[];
  /** The row's seq comes first. */
  withSeq: boolean;
  /** What stands for NULL where a quoted text may be empty; nothing else stands for NULL in the other columns. */
  nullText: string;
  /** A text that is too long: refused, cut at the end of a character, or written as it is (its length is then in `longest`). */
  overflow: "reject" | "cut" | "keep";
  /**
   * JSON columns, by index, whose NULL is written as the JSON value null; a last field has a digit for each of them, 1
   * where the value is NULL. For readers that may parse a value before they look for the text that stands for NULL.
   */
  flagged?: readonly number[];
};

export type CsvWriter = {
  /** The most bytes that a tuple of this size can become. */
  room(size: number): number;
  /** Writes the row at `p` and gives the position after it; below zero, `~index` is the column whose value doesn't fit: a text that is too long, a number whose digits would be lost, or NULL where there may be none. */
  write(bytes: Uint8Array, fields: Fields, out: Buffer, p: number): number;
  /** The longest text of each column so far, in bytes. */
  longest: Int32Array;
  /** How many values were cut. */
  cut(): number;
};

/** Thrown when a value is the very text that stands for NULL: the file is made anew with another one. */
export class NullTextTaken extends Error {}

/** The end of the last whole character within `limit` bytes of a UTF-8 text. */
export function wholeCharacters(bytes: Uint8Array, start: number, limit: number): number {
  let end = start + limit;
  while (end > start && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return end;
}

/**
 * A writer of rows as CSV: texts always quoted, quotes doubled, NULL as `nullText`. One row is one record, however many lines it has.
 * Bytes are not judged here: no source can send U+0000 or half of a surrogate pair as UTF-8, and COPY refuses the row that has one.
 */
export function csvWriter({
  columns,
  withSeq,
  nullText,
  overflow,
  flagged = [],
}: CsvPlan): CsvWriter {
  const isFlagged = columns.map((_, index) => flagged.includes(index));
  const marker = Buffer.from(nullText);
  const count = columns.length;
  const fieldOf = Int32Array.from(columns, ({ field }) => field);
  const isQuoted = columns.map(({ kind, isText }) => isText === true || !bare.has(kind));
  const limits = Float64Array.from(columns, ({ maxBytes }) => maxBytes ?? Infinity);
  const numberLimits = columns.map(({ limit }) => limit ?? null);
  const isKey = columns.map((column) => column.isKey === true);
  const isNeeded = columns.map((column) => column.notNull === true);
  const longest = new Int32Array(count);
  let cuts = 0;
  /** The chunk that was looked through, and where its next quote is: looked for once, not once a value. */
  let looked: Uint8Array | undefined;
  let nextQuote = -1;

  const isMarker = (bytes: Uint8Array, start: number): boolean => {
    for (let at = 0; at < marker.length; at += 1)
      if (bytes[start + at] !== marker[at]) return false;
    return true;
  };
  const copy = (bytes: Uint8Array, start: number, end: number, out: Buffer, p: number): number => {
    if (end - start < SHORT) for (let at = start; at < end; at += 1) out[p++] = bytes[at]!;
    else {
      out.set(bytes.subarray(start, end), p);
      p += end - start;
    }
    return p;
  };

  return {
    longest,
    cut: () => cuts,
    room: (size) =>
      2 * size + count * (Math.max(marker.length, JSON_NULL.length) + 3) + flagged.length + 24,
    write: (bytes, { starts, lengths }, out, p) => {
      const first = p;
      if (bytes !== looked) {
        looked = bytes;
        nextQuote = -1;
      }
      if (withSeq) {
        const start = starts[changeFields.seq]!;
        p = copy(bytes, start, start + lengths[changeFields.seq]!, out, p);
      }
      for (let column = 0; column < count; column += 1) {
        if (p > first) out[p++] = COMMA;
        const field = fieldOf[column]!;
        const length = lengths[field]!;
        const start = starts[field]!;
        if (length < 0 && isNeeded[column]) return ~column;
        if (!isQuoted[column]) {
          const limit = numberLimits[column];
          if (limit && length > 0 && !keepsNumber(limit, bytes, start, start + length))
            return ~column;
          if (length > 0) p = copy(bytes, start, start + length, out, p);
          continue;
        }
        if (length < 0) {
          const text = isFlagged[column] ? JSON_NULL : marker;
          p = copy(text, 0, text.length, out, p);
          continue;
        }
        if (length > longest[column]!) longest[column] = length;
        let end = start + length;
        if (length > limits[column]!) {
          const mayCut = overflow === "cut" && !isKey[column];
          if (overflow !== "keep" && !mayCut) return ~column;
          if (mayCut) {
            end = wholeCharacters(bytes, start, limits[column]!);
            cuts += 1;
          }
        }
        if (length === marker.length && length > 0 && !isFlagged[column] && isMarker(bytes, start))
          throw new NullTextTaken();
        out[p++] = QUOTE;
        if (nextQuote < start) {
          const found = bytes.indexOf(QUOTE, start);
          nextQuote = found < 0 ? Infinity : found;
        }
        if (nextQuote >= end) p = copy(bytes, start, end, out, p);
        else {
          for (let at = start; at < end; at += 1) {
            const byte = bytes[at]!;
            if (byte === QUOTE) out[p++] = QUOTE;
            out[p++] = byte;
          }
        }
        out[p++] = QUOTE;
      }
      if (flagged.length > 0) {
        out[p++] = COMMA;
        for (const column of flagged) out[p++] = lengths[fieldOf[column]!]! < 0 ? ONE : ZERO;
      }
      out[p++] = NEWLINE;
      return p;
    },
  };
}
