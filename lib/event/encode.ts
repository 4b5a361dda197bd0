// How the wire's text of a value becomes JSON text. Pure and isomorphic: the preview in the browser and the worker
// run this same code, so what is shown is what is sent.

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
