import { isBlankAt, isPadded, writeUnpadded } from "./blank";
import { roomFor, writerOf, writeText, type ColumnKind, type Writer } from "./encode";
import type { Mapping } from "./mapping";
import { fieldsOf, locate, tupleOf, type Fields } from "./tuple";
import { copyWords, viewed, viewOf, type Viewed } from "./words";

/** What stays the same over a run. */
export type IdentifyRun = { sourceId: string; runId: string; table: string; rawNumbers?: boolean };

/** What an event has beside the row's values. Times are ISO 8601 in UTC. */
type IdentifyRow = {
  key: string;
  messageId: string;
  originalTimestamp: string;
  sentAt: string;
};

/** Which fields of a tuple hold what: the row's key, its message id (32 hex digits, or any text), and from where on the values of `columns`. */
export type TupleFields = { key: number; messageId: number; values: number };

/** The events of one run, from tuples. */
export type IdentifyWriter = {
  /**
   * Writes a row's event to `to` at `p`, and gives the position after it, or -1 when the row identifies nobody.
   * `fields` is where `locate` found the row's fields. There must be room for `room(bytes of the tuple)`.
   */
  write(from: DataView, fields: Fields, to: Viewed, p: number): number;
  /** The most bytes that the event of a tuple of so many bytes can have. */
  room(tupleBytes: number): number;
  /** How many values were no numbers (NaN, an infinity), which JSON has none of: they were written as null. */
  notNumbers(): number;
  /** Sets the time of the run and that of sending, for the rows from here on. */
  setTimes(originalTimestamp: string, sentAt: string): void;
};

/** A column of the events; `type` as the server writes it, which tells what is padded. */
export type EventColumn = { name: string; kind: ColumnKind; type?: string };

/** Cells in the order of `columns` → the event's JSON text, or null when the row identifies nobody. */
export type Identify = (cells: readonly (string | null)[], row: IdentifyRow) => string | null;

type Leaf = {
  field: number;
  write: Writer;
  /** Its value may be NaN or an infinity. */ mayBeNull: boolean;
};
type Tree = Map<string, Leaf | Tree>;

/**
 * The events of one run, compiled once. Rules:
 * - Shape: that of RudderStack's warehouse sources (`channel: "sources"`, `context.sources`, `recordId`).
 * - `traits` hold the selected columns in their order; dots in a key nest at the place of the group's first key.
 * - A NULL is sent as null: it clears the trait. Each value's own rule is in encode.ts.
 * - `userId` and `anonymousId` are strings, the wire's own text; NULL, empty and blank are left out. A row with
 *   neither gives no event, since an identify call without an identity means nothing to any receiver.
 * - A value of a char column is without the blanks that fill it, wherever it stands.
 * - An identifier is a trait as well only where its column is selected.
 * - `timestamp` is the time of the run; a trait with that key moves it at the receiver (the mapping's rules warn).
 * The mapping must be free of errors (`mappingProblems`); a column it names and `columns` lacks throws an Error.
 */
export function compileIdentifyWriter(
  columns: readonly EventColumn[],
  mapping: Mapping,
  run: IdentifyRun,
  fields: TupleFields,
): IdentifyWriter {
  const indexOf = (name: string) => {
    const index = columns.findIndex((column) => column.name === name);
    if (index < 0) throw new Error(`The mapping names a column that was not read: ${name}`);
    return index;
  };
  const tree: Tree = new Map();
  for (const { column, traitKey } of mapping.columns) {
    const index = indexOf(column);
    const { kind, type } = columns[index]!;
    const leaf: Leaf = {
      field: fields.values + index,
      write: isPadded(type) ? writeUnpadded : writerOf(kind, run.rawNumbers),
      mayBeNull: kind === "float" || kind === "decimal",
    };
    const path = traitKey.split(".");
    let node = tree;
    for (const segment of path.slice(0, -1)) {
      const child = node.get(segment) ?? new Map<string, Leaf | Tree>();
      if (!(child instanceof Map))
        throw new Error(`The mapping's key “${traitKey}” is below one that is a value.`);
      node.set(segment, child);
      node = child;
    }
    node.set(path.at(-1)!, leaf);
  }
  const { before, leaves, after } = flatten(tree);
  const identity = (name: string | null) => {
    const index = name === null ? -1 : indexOf(name);
    return {
      field: index < 0 ? -1 : fields.values + index,
      write: isPadded(columns[index]?.type) ? writeUnpadded : writeText,
    };
  };
  const user = identity(mapping.userId);
  const anonymous = identity(mapping.anonymousId);
  const context = JSON.stringify({
    sources: {
      job_id: `${run.sourceId}/Syncher`,
      task_id: run.table,
      version: "v1",
      job_run_id: run.runId,
      task_run_id: run.runId,
    },
  });
  const text = {
    begin: utf8('{"type":"identify","channel":"sources"'),
    userId: utf8(',"userId":'),
    anonymousId: utf8(',"anonymousId":'),
    traits: utf8(',"traits":'),
    key: utf8(`,"context":${context},"recordId":`),
    messageId: utf8(',"messageId":"'),
  };
  let end = utf8("");
  const isGiven = (from: DataView, { starts, lengths }: Fields, field: number): boolean =>
    field >= 0 && !isBlankAt(from, starts[field]!, lengths[field]!);
  const constants = [...Object.values(text), ...before, after].reduce(
    (sum, part) => sum + part.bytes.length,
    0,
  );
  const mostEnds = 200;
  let notNumbers = 0;

  return {
    notNumbers: () => notNumbers,
    room: (tupleBytes) =>
      constants + mostEnds + 4 * roomFor(tupleBytes) + leaves.length * roomFor(0),
    setTimes: (originalTimestamp, sentAt) => {
      end = utf8(
        `","originalTimestamp":"${originalTimestamp}","sentAt":"${sentAt}","timestamp":"${originalTimestamp}"}`,
      );
    },
    write: (from, at, out, begin) => {
      const to = out.view;
      const { starts, lengths } = at;
      const hasUser = isGiven(from, at, user.field);
      const hasAnonymous = isGiven(from, at, anonymous.field);
      if (!hasUser && !hasAnonymous) return -1;
      let p = put(text.begin, out, begin);
      if (hasUser) {
        const id = put(text.userId, out, p);
        p = user.write(from, starts[user.field]!, lengths[user.field]!, to, id);
      }
      if (hasAnonymous) {
        const id = put(text.anonymousId, out, p);
        p = anonymous.write(from, starts[anonymous.field]!, lengths[anonymous.field]!, to, id);
      }
      p = put(text.traits, out, p);
      for (let i = 0; i < leaves.length; i += 1) {
        p = put(before[i]!, out, p);
        const { field, write, mayBeNull } = leaves[i]!;
        const length = lengths[field]!;
        if (length < 0) p = writeNull(to, p);
        else if (write === writeText) p = writeText(from, starts[field]!, length, to, p);
        else {
          const value = p;
          p = write(from, starts[field]!, length, to, p);
          if (mayBeNull && to.getUint8(value) === LETTER_N) notNumbers += 1;
        }
      }
      p = put(after, out, p);
      p = writeText(from, starts[fields.key]!, lengths[fields.key]!, to, put(text.key, out, p));
      p = writeMessageId(
        from,
        starts[fields.messageId]!,
        lengths[fields.messageId]!,
        to,
        put(text.messageId, out, p),
      );
      return put(end, out, p);
    },
  };
}

/** The same for rows as texts, one at a time: what is shown is made by the code that makes what is sent. */
export function compileIdentify(
  columns: readonly EventColumn[],
  mapping: Mapping,
  run: IdentifyRun,
): Identify {
  const identify = compileIdentifyWriter(columns, mapping, run, {
    key: 0,
    messageId: 1,
    values: 2,
  });
  const fields = fieldsOf(2 + columns.length);
  return (cells, { key, messageId, originalTimestamp, sentAt }) => {
    identify.setTimes(originalTimestamp, sentAt);
    const tuple = tupleOf([key, messageId, ...columns.map((_, index) => cells[index] ?? null)]);
    locate(tuple, 0, fields);
    const out = new Uint8Array(identify.room(tuple.length));
    const end = identify.write(viewOf(tuple), fields, viewed(out), 0);
    return end < 0 ? null : decoder.decode(out.subarray(0, end));
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A text that is the same in every event. */
const utf8 = (text: string): Viewed => viewed(encoder.encode(text));

/** Where the engine's own copy begins to be worth its call. */
const LONG = 160;

function put({ bytes, view }: Viewed, to: Viewed, at: number): number {
  if (bytes.length < LONG) return copyWords(view, 0, bytes.length, to.view, at);
  to.bytes.set(bytes, at);
  return at + bytes.length;
}

const NULL = 0x6c6c756e; // little-endian
function writeNull(to: DataView, p: number): number {
  to.setUint32(p, NULL, true);
  return p + 4;
}
const LETTER_N = 110;

/** 32 hex digits as a UUID (8-4-4-4-12), any other text as it is. */
export const messageUuid = (id: string): string =>
  id.length === 32 ? id.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-") : id;

/** The same in bytes; the text must be one without escapes. */
function writeMessageId(
  from: DataView,
  start: number,
  length: number,
  to: DataView,
  at: number,
): number {
  if (length !== 32) return copyWords(from, start, length, to, at);
  let p = at;
  for (let i = 0; i < 32; i += 4) {
    if (i >= 8 && i <= 20) to.setUint8(p++, 45);
    to.setUint32(p, from.getUint32(start + i, true), true);
    p += 4;
  }
  return p;
}

/** The traits object as values and the constant bytes before each, and after all: all that is left to do per row. */
function flatten(tree: Tree): { before: Viewed[]; leaves: Leaf[]; after: Viewed } {
  const before: Viewed[] = [];
  const leaves: Leaf[] = [];
  let text = "";
  const walk = (node: Tree) => {
    text += "{";
    let first = true;
    for (const [key, child] of node) {
      text += `${first ? "" : ","}${JSON.stringify(key)}:`;
      first = false;
      if (child instanceof Map) walk(child);
      else {
        before.push(utf8(text));
        leaves.push(child);
        text = "";
      }
    }
    text += "}";
  };
  walk(tree);
  return { before, leaves, after: utf8(text) };
}
