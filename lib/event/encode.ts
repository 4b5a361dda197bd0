// How the wire's text of a value becomes JSON text. Pure and isomorphic: the preview in the browser and the worker
// run this same code, so what is shown is what is sent. Each kind has its rule as an `Encoder`, from text to text, and
// a `Writer`, which does the same on bytes for the values that nearly all are, and asks the rule for the others.
import { copyWords, readingFrom, writingTo } from "./words";

/** What a column's text is, as far as JSON cares. */
export type ColumnKind = "integer" | "bigint" | "decimal" | "float" | "boolean" | "timestamp" | "timestamptz" | "json" | "text";

/** Wire text of one non-NULL value → JSON text. Never throws: text that isn't of its kind becomes a JSON string. */
export type Encoder = (text: string) => string;

// JSON.stringify escapes what must be (quotes, control characters, lone surrogates) and nothing else.
const quote: Encoder = (text) => JSON.stringify(text);

const INTEGER = /^-?(0|[1-9]\d*)$/;
const DECIMAL = /^-?(0|[1-9]\d*)(\.\d+)?$/;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

const encodeInteger: Encoder = (text) => (INTEGER.test(text) ? text : quote(text));

/** A number up to ±(2^53 − 1), where every reader keeps each digit; a string beyond. */
const encodeBigint: Encoder = (text) => (INTEGER.test(text) && Number.isSafeInteger(Number(text)) ? text : quote(text));

/**
 * A number when any reader with doubles gives back the same decimal, which IEEE 754 promises for 15 significant
 * digits (and for integers up to 2^53 − 1); else a string. The digits stay as the wire has them, trailing zeros too.
 */
const encodeDecimal: Encoder = (text) => {
  if (!DECIMAL.test(text)) return text === "NaN" ? "null" : quote(text);
  const [whole = "", fraction = ""] = text.replace("-", "").split(".");
  const digits = (whole + fraction.replace(/0+$/, "")).replace(/^0+/, "");
  return digits.length <= 15 || (/^0*$/.test(fraction) && Number.isSafeInteger(Number(whole))) ? text : quote(text);
};

/** NaN and the infinities have no JSON: null. */
const encodeFloat: Encoder = (text) => {
  if (NUMBER.test(text)) return text;
  return /^(NaN|[+-]?Infinity)$/.test(text) ? "null" : quote(text);
};

const encodeBoolean: Encoder = (text) => (text === "t" || text === "true" ? "true" : text === "f" || text === "false" ? "false" : quote(text));

const TIMESTAMP = /^(\d{4,6})(-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:([+-]\d\d)(?::?(\d\d))?)?( BC)?$/;

/**
 * ISO 8601 with every digit of the fraction. A timestamp without zone is UTC, as Redshift keeps it. Years beyond
 * 9999 and before 1 have ISO's six signed digits (44 BC is -000043). What this can't read (`infinity`, a zone with
 * seconds) stays the wire's text.
 */
const encodeTimestamp: Encoder = (text) => {
  const match = TIMESTAMP.exec(text);
  if (!match) return quote(text);
  const [, yearText = "", monthDay, time, hours, minutes = "00", bc] = match;
  const year = bc ? 1 - Number(yearText) : Number(yearText);
  const isoYear = year >= 0 && year <= 9999 ? String(year).padStart(4, "0") : `${year < 0 ? "-" : "+"}${String(Math.abs(year)).padStart(6, "0")}`;
  const zone = hours === undefined || (Number(hours) === 0 && minutes === "00") ? "Z" : `${hours}:${minutes}`;
  return `"${isoYear}${monthDay}T${time}${zone}"`;
};

/** SUPER's text is JSON already: embedded as it stands, so that its numbers keep all their digits. */
const encodeJson: Encoder = (text) => {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return quote(text); // not JSON (or nested too deep to read): still delivered, as text
  }
};

const encoders: Record<ColumnKind, Encoder> = {
  integer: encodeInteger,
  bigint: encodeBigint,
  decimal: encodeDecimal,
  float: encodeFloat,
  boolean: encodeBoolean,
  timestamp: encodeTimestamp,
  timestamptz: encodeTimestamp,
  json: encodeJson,
  text: quote,
};

/** The encoder of a column; chosen once per run, not per value. */
export const encoderOf = (kind: ColumnKind): Encoder => encoders[kind];

// ── On bytes ───────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Writes the JSON of the text at `start` of `bytes` to `out` at `p`, and gives the position after it. There must be
 * room for `roomFor(length)` bytes.
 */
export type Writer = (bytes: Uint8Array, start: number, length: number, out: Uint8Array, p: number) => number;

/** The most that a value of so many bytes can become: each a \u escape, two quotes, and what a year gains. */
export const roomFor = (length: number): number => length * 6 + 16;

const decoder = new TextDecoder();
const textEncoder = new TextEncoder();

const byRule = (encode: Encoder): Writer => (bytes, start, length, out, p) => p + textEncoder.encodeInto(encode(decoder.decode(bytes.subarray(start, start + length))), out.subarray(p)).written;

/** What follows the backslash for a byte that JSON escapes by a letter or itself; 0 for the other control characters. */
const escapes = new Uint8Array(93);
for (const [byte, letter] of [[34, 34], [92, 92], [8, 98], [9, 116], [10, 110], [12, 102], [13, 114]] as const) escapes[byte] = letter;
const HEX = textEncoder.encode("0123456789abcdef");

/** Whether one of a word's four bytes is below 32, a quote or a backslash; those beyond ASCII are none. */
const needsEscape = (word: number): boolean => (((word - 0x20202020) | ((word ^ 0x22222222) - 0x01010101) | ((word ^ 0x5c5c5c5c) - 0x01010101)) & ~word & 0x80808080) !== 0;

const writeText: Writer = (bytes, start, length, out, at) => {
  const [from, to] = [readingFrom(bytes), writingTo(out)];
  const end = start + length;
  let p = at;
  let i = start;
  to.setUint8(p++, 34);
  while (i < end) {
    for (const words = end - 3; i < words; i += 4, p += 4) {
      const word = from.getUint32(i, true);
      if (needsEscape(word)) break;
      to.setUint32(p, word, true);
    }
    // byte by byte, until the one that stopped the words is behind, or the end is reached
    for (const stop = Math.min(end, i + 4); i < stop; i += 1) {
      const byte = from.getUint8(i);
      if (byte >= 32 && byte !== 34 && byte !== 92) {
        to.setUint8(p++, byte);
        continue;
      }
      to.setUint8(p++, 92);
      const letter = escapes[byte]!;
      if (letter !== 0) to.setUint8(p++, letter);
      else {
        to.setUint32(p, 0x30303075, true); // u00
        to.setUint8(p + 3, HEX[byte >> 4]!);
        to.setUint8(p + 4, HEX[byte & 15]!);
        p += 5;
      }
    }
  }
  to.setUint8(p, 34);
  return p + 1;
};

const copy: Writer = (bytes, start, length, out, p) => copyWords(readingFrom(bytes), start, length, writingTo(out), p);

/** The count of digits of a plain number, with at most one point inside and no needless zero before; 0 for any other text. */
function plainNumber(bytes: Uint8Array, start: number, length: number, withPoint: boolean): number {
  const end = start + length;
  const first = bytes[start] === 45 ? start + 1 : start;
  if (first === end || (bytes[first] === 48 && first + 1 < end && bytes[first + 1] !== 46)) return 0;
  let digits = 0;
  let point = -1;
  for (let i = first; i < end; i += 1) {
    const byte = bytes[i]!;
    if (byte >= 48 && byte <= 57) digits += 1;
    else if (byte === 46 && withPoint && point < 0 && i > first && i + 1 < end) point = i;
    else return 0;
  }
  return digits;
}

/** Any double keeps so many. */
const DOUBLE_DIGITS = 15;

const writeNumber = (withPoint: boolean, mostDigits: number, rule: Writer): Writer => (bytes, start, length, out, p) => {
  const digits = plainNumber(bytes, start, length, withPoint);
  return digits > 0 && digits <= mostDigits ? copy(bytes, start, length, out, p) : rule(bytes, start, length, out, p);
};

const writeBoolean = (rule: Writer): Writer => (bytes, start, length, out, p) => {
  if (length !== 1 || (bytes[start] !== 116 && bytes[start] !== 102)) return rule(bytes, start, length, out, p);
  const isTrue = bytes[start] === 116;
  out[p] = isTrue ? 116 : 102; // true, false
  out[p + 1] = isTrue ? 114 : 97;
  out[p + 2] = isTrue ? 117 : 108;
  out[p + 3] = isTrue ? 101 : 115;
  if (!isTrue) out[p + 4] = 101;
  return p + (isTrue ? 4 : 5);
};

/** The shape `dddd-dd-dd dd:dd:dd`, by the byte at each place: 0 for a digit. */
const SHAPE = [0, 0, 0, 0, 45, 0, 0, 45, 0, 0, 32, 0, 0, 58, 0, 0, 58, 0, 0];

/** A time of four digits' year, with or without a fraction, in UTC: “2026-11-20 18:30:00.123” and, for a zone, “+00” after it. */
const writeTimestamp = (rule: Writer): Writer => (bytes, start, length, out, at) => {
  if (length < SHAPE.length) return rule(bytes, start, length, out, at);
  for (let i = 0; i < SHAPE.length; i += 1) {
    const byte = bytes[start + i]!;
    const expected = SHAPE[i]!;
    if (expected === 0 ? byte < 48 || byte > 57 : byte !== expected) return rule(bytes, start, length, out, at);
  }
  let end = start + length;
  if (bytes[end - 3] === 43 && bytes[end - 2] === 48 && bytes[end - 1] === 48) end -= 3;
  const fraction = start + SHAPE.length;
  if (fraction < end && (bytes[fraction] !== 46 || fraction + 1 === end)) return rule(bytes, start, length, out, at);
  for (let i = fraction + 1; i < end; i += 1) if (bytes[i]! < 48 || bytes[i]! > 57) return rule(bytes, start, length, out, at);
  let p = at;
  out[p++] = 34;
  p = copy(bytes, start, end - start, out, p);
  out[at + 11] = 84; // T
  out[p++] = 90; // Z
  out[p++] = 34;
  return p;
};

const writers: Record<ColumnKind, Writer> = {
  integer: writeNumber(false, Infinity, byRule(encodeInteger)),
  bigint: writeNumber(false, DOUBLE_DIGITS, byRule(encodeBigint)),
  decimal: writeNumber(true, DOUBLE_DIGITS, byRule(encodeDecimal)),
  float: writeNumber(true, Infinity, byRule(encodeFloat)),
  boolean: writeBoolean(byRule(encodeBoolean)),
  timestamp: writeTimestamp(byRule(encodeTimestamp)),
  timestamptz: writeTimestamp(byRule(encodeTimestamp)),
  json: byRule(encodeJson),
  text: writeText,
};

/** What receivers with more than doubles may ask for: every digit as a JSON number. */
const encodeRaw: Encoder = (text) => (DECIMAL.test(text) ? text : text === "NaN" ? "null" : quote(text));
const writeRaw = writeNumber(true, Infinity, byRule(encodeRaw));

/** The writer of a column; chosen once per run, not per value. `rawNumbers`: integers and decimals are numbers whatever a double holds. */
export const writerOf = (kind: ColumnKind, rawNumbers = false): Writer => (rawNumbers && (kind === "bigint" || kind === "decimal") ? writeRaw : writers[kind]);
