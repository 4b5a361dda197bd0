// How the wire's text of a value becomes JSON text. Pure and isomorphic: the preview in the browser and the worker
// run this same code, so what is shown is what is sent. Each kind has its rule as an `Encoder`, from text to text, and
// a `Writer`, which does the same on bytes for the values that nearly all are, and asks the rule for the others.
import { copyWords } from "./words";

/** What a column's text is, as far as JSON cares. */
export type ColumnKind =
  | "integer"
  | "bigint"
  | "decimal"
  | "float"
  | "boolean"
  | "timestamp"
  | "timestamptz"
  | "json"
  | "text";

/** Wire text of one non-NULL value → JSON text. Never throws: text that isn't of its kind becomes a JSON string. */
export type Encoder = (text: string) => string;

// JSON.stringify escapes what must be (quotes, control characters, lone surrogates) and nothing else.
const quote: Encoder = (text) => JSON.stringify(text);

const INTEGER = /^-?(0|[1-9]\d*)$/;
const DECIMAL = /^-?(0|[1-9]\d*)(\.\d+)?$/;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

const encodeInteger: Encoder = (text) => (INTEGER.test(text) ? text : quote(text));

/** A number up to ±(2^53 − 1), where every reader keeps each digit; a string beyond. */
const encodeBigint: Encoder = (text) =>
  INTEGER.test(text) && Number.isSafeInteger(Number(text)) ? text : quote(text);

/**
 * A number when any reader with doubles gives back the same decimal, which IEEE 754 promises for 15 significant
 * digits (and for integers up to 2^53 − 1); else a string. The digits stay as the wire has them, trailing zeros too.
 */
const encodeDecimal: Encoder = (text) => {
  if (!DECIMAL.test(text)) return text === "NaN" ? "null" : quote(text);
  const [whole = "", fraction = ""] = text.replace("-", "").split(".");
  const digits = (whole + fraction.replace(/0+$/, "")).replace(/^0+/, "");
  return digits.length <= 15 || (/^0*$/.test(fraction) && Number.isSafeInteger(Number(whole)))
    ? text
    : quote(text);
};

/** NaN and the infinities have no JSON: null. */
const encodeFloat: Encoder = (text) => {
  if (NUMBER.test(text)) return text;
  return /^(NaN|[+-]?Infinity)$/.test(text) ? "null" : quote(text);
};

const encodeBoolean: Encoder = (text) => {
  if (text === "t" || text === "true") return "true";
  if (text === "f" || text === "false") return "false";
  return quote(text);
};

const TIMESTAMP =
  /^(\d{4,6})(-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:([+-]\d\d)(?::?(\d\d))?)?( BC)?$/;

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
  const isoYear =
    year >= 0 && year <= 9999
      ? String(year).padStart(4, "0")
      : `${year < 0 ? "-" : "+"}${String(Math.abs(year)).padStart(6, "0")}`;
  const zone =
    hours === undefined || (Number(hours) === 0 && minutes === "00") ? "Z" : `${hours}:${minutes}`;
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
 * Writes the JSON of the text at `start` of `from` to `to` at `p`, and gives the position after it. There must be
 * room for `roomFor(length)` bytes.
 */
export type Writer = (
  from: DataView,
  start: number,
  length: number,
  to: DataView,
  p: number,
) => number;

/** The most that a value of so many bytes can become: each a \u escape, two quotes, and what a year gains. */
export const roomFor = (length: number): number => length * 6 + 16;

const decoder = new TextDecoder();
const textEncoder = new TextEncoder();

const byRule =
  (encode: Encoder): Writer =>
  (from, start, length, to, p) =>
    p +
    textEncoder.encodeInto(
      encode(decoder.decode(new Uint8Array(from.buffer, from.byteOffset + start, length))),
      new Uint8Array(to.buffer, to.byteOffset + p, to.byteLength - p),
    ).written;

/** What follows the backslash for a byte that JSON escapes by a letter or itself; 0 for the other control characters. */
const escapes = new Uint8Array(93);
for (const [byte, letter] of [
  [34, 34],
  [92, 92],
  [8, 98],
  [9, 116],
  [10, 110],
  [12, 102],
  [13, 114],
] as const)
  escapes[byte] = letter;
const HEX = textEncoder.encode("0123456789abcdef");

/** Whether one of a word's four bytes is below 32, a quote or a backslash; those beyond ASCII are none. */
const needsEscape = (word: number): boolean =>
  (((word - 0x20202020) | ((word ^ 0x22222222) - 0x01010101) | ((word ^ 0x5c5c5c5c) - 0x01010101)) &
    ~word &
    0x80808080) !==
  0;

export const writeText: Writer = (from, start, length, to, at) => {
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

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;

/** Any double keeps so many. */
const DOUBLE_DIGITS = 15;

/** A plain number of so many digits at most, with no needless zero before and, where it may have one, a point inside; any other text by the rule. */
const writeNumber =
  (withPoint: boolean, mostDigits: number, rule: Writer): Writer =>
  (from, start, length, to, at) => {
    if (length === 0) return rule(from, start, length, to, at);
    const end = start + length;
    const first = from.getUint8(start) === 45 ? start + 1 : start;
    if (
      first === end ||
      (from.getUint8(first) === 48 && first + 1 < end && from.getUint8(first + 1) !== 46)
    )
      return rule(from, start, length, to, at);
    let p = at;
    if (first > start) to.setUint8(p++, 45);
    let digits = 0;
    let hasPoint = false;
    for (let i = first; i < end; i += 1) {
      const byte = from.getUint8(i);
      if (isDigit(byte)) digits += 1;
      else if (byte === 46 && withPoint && !hasPoint && i > first && i + 1 < end) hasPoint = true;
      else return rule(from, start, length, to, at);
      to.setUint8(p++, byte);
    }
    return digits <= mostDigits ? p : rule(from, start, length, to, at);
  };

const [TRUE, FALS] = [0x65757274, 0x736c6166]; // little-endian

const writeBoolean =
  (rule: Writer): Writer =>
  (from, start, length, to, p) => {
    const letter = length === 1 ? from.getUint8(start) : 0;
    if (letter === 116) {
      to.setUint32(p, TRUE, true);
      return p + 4;
    }
    if (letter !== 102) return rule(from, start, length, to, p);
    to.setUint32(p, FALS, true);
    to.setUint8(p + 4, 101);
    return p + 5;
  };

/** Whether four bytes are as `pattern`, where `digits` has 0x0f any digit. */
const hasShape = (word: number, digits: number, pattern: number): boolean =>
  (((word & ~digits) ^ pattern) | (((word + (digits & 0x06060606)) & ~digits) ^ pattern)) === 0;

/** `dddd-dd-dd dd:dd:dd`, 19 bytes. */
const isTime = (from: DataView, at: number): boolean =>
  hasShape(from.getUint32(at, true), 0x0f0f0f0f, 0x30303030) && // dddd
  hasShape(from.getUint32(at + 4, true), 0x000f0f00, 0x2d30302d) && // -dd-
  hasShape(from.getUint32(at + 8, true), 0x0f000f0f, 0x30203030) && // dd d
  hasShape(from.getUint32(at + 12, true), 0x0f0f000f, 0x30303a30) && // d:dd
  hasShape(from.getUint32(at + 15, true), 0x0f0f000f, 0x30303a30); // d:dd

/** A time of four digits' year, with or without a fraction, in UTC: “2026-11-20 18:30:00.123” and, for a zone, “+00” after it. */
const writeTimestamp =
  (rule: Writer): Writer =>
  (from, start, length, to, at) => {
    if (length < 19 || !isTime(from, start)) return rule(from, start, length, to, at);
    let end = start + length;
    if (
      from.getUint8(end - 3) === 43 &&
      from.getUint8(end - 2) === 48 &&
      from.getUint8(end - 1) === 48
    )
      end -= 3;
    const fraction = start + 19;
    if (fraction < end && (from.getUint8(fraction) !== 46 || fraction + 1 === end))
      return rule(from, start, length, to, at);
    for (let i = fraction + 1; i < end; i += 1)
      if (!isDigit(from.getUint8(i))) return rule(from, start, length, to, at);
    to.setUint8(at, 34);
    const p = copyWords(from, start, end - start, to, at + 1);
    to.setUint8(at + 11, 84); // T
    to.setUint8(p, 90); // Z
    to.setUint8(p + 1, 34);
    return p + 2;
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
const encodeRaw: Encoder = (text) => {
  if (DECIMAL.test(text)) return text;
  return text === "NaN" ? "null" : quote(text);
};
const writeRaw = writeNumber(true, Infinity, byRule(encodeRaw));

/** The writer of a column; chosen once per run, not per value. `rawNumbers`: integers and decimals are numbers whatever a double holds. */
export const writerOf = (kind: ColumnKind, rawNumbers = false): Writer =>
  rawNumbers && (kind === "bigint" || kind === "decimal") ? writeRaw : writers[kind];
