// From the text of a load file to PostgreSQL's COPY text, value by value, as strict as Redshift's COPY.
// PostgreSQL must have nothing left to refuse: its error would end the load where MAXERROR lets it go on.
import { isUtf8 } from "node:buffer";
import type { CopyOptions } from "./copy-options";
import { parseDate, parseTimestamp, parseTime } from "./dates";
import { LoadError } from "./records";

export interface Column {
  name: string;
  /** PostgreSQL's type name, e.g. int4, varchar. */
  type: string;
  /** Bytes for character types; precision << 16 | scale for numeric; -1 when unbounded. */
  modifier: number;
  notNull: boolean;
  hasDefault: boolean;
}

/** Stands for the column's DEFAULT in what PostgreSQL is sent. */
export const defaultMarker = "\\D";
const nullMarker = "\\N";
const maxVarchar = 65_535;

const integers: Record<string, { name: string; bits: bigint }> = {
  int2: { name: "Short", bits: 15n },
  int4: { name: "Integer", bits: 31n },
  int8: { name: "Long", bits: 63n },
};

const isCharacter = (type: string): boolean =>
  type === "varchar" || type === "bpchar" || type === "text";

type Converter = (value: string) => string;

/** The converter for one column. Values are byte strings, never null; the result is not yet escaped. */
function converterFor(column: Column, options: CopyOptions): Converter {
  const { type } = column;
  if (Object.hasOwn(integers, type)) return integerConverter(type);
  switch (type) {
    case "numeric":
      return numericConverter(column, options.roundDecimals);
    case "float4":
    case "float8":
      return floatConverter(type);
    case "bool":
      return (value) => {
        if (/^(t|true|y|yes|1)$/i.test(value)) return "t";
        if (/^(f|false|n|no|0)$/i.test(value)) return "f";
        throw new LoadError(1210, "Unknown boolean format");
      };
    case "date":
      return (value) => parseDate(value, options.dateFormat);
    case "timestamp":
    case "timestamptz":
      return (value) => parseTimestamp(value, options.timeFormat, type === "timestamptz");
    case "time":
    case "timetz":
      return (value) => parseTime(value, type === "timetz");
    case "super":
      return superValue;
    case "varbyte":
      return (value) => {
        if (!/^(?:[0-9a-f]{2})*$/i.test(value))
          throw new LoadError(1219, "Invalid hexadecimal digit in VARBYTE value");
        if (column.modifier > 0 && value.length / 2 > column.modifier)
          throw new LoadError(1204, "VARBYTE value exceeds DDL length");
        return value.toLowerCase();
      };
    default:
      if (isCharacter(type)) return characterConverter(column, options);
      return (value) => value;
  }
}

const integerNames: Record<string, string> = { int2: "SMALLINT", int4: "INTEGER" };

function integerConverter(type: string): Converter {
  const { name, bits } = integers[type] ?? { name: "Long", bits: 63n };
  const limit = 1n << bits;
  return (value) => {
    const text = value.trim();
    // Fast way for what almost every value is
    if (text.length < 5 && /^\d+$/.test(text)) return text;
    const bad = /[^0-9]/.exec(/^[+-]\d/.test(text) ? ` ${text.slice(1)}`.replace(" ", "0") : text);
    if (bad || text === "")
      throw new LoadError(
        1207,
        `Invalid digit, Value '${text[bad?.index ?? 0] ?? ""}', Pos ${bad?.index ?? 0}, Type: ${name}`,
        bad?.index ?? 0,
      );
    const number = BigInt(text.replace(/^\+/, ""));
    if (number >= limit || number < -limit)
      throw new LoadError(
        1204,
        `Overflow for ${integerNames[type] ?? "BIGINT"}, Value '${text}', Type: ${name}`,
      );
    return text;
  };
}

const decimalForm = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,4}))?$/;

function numericConverter(column: Column, round: boolean): Converter {
  const precision = column.modifier > 0 ? column.modifier >> 16 : 38;
  const scale = column.modifier > 0 ? column.modifier & 0xffff : 37;
  return (value) => {
    const text = value.trim();
    const match = decimalForm.exec(text);
    if (!match || (match[2] === "" && match[3] === "")) {
      const at = /[^0-9.+-]/.exec(text)?.index ?? 0;
      throw new LoadError(
        1207,
        `Invalid digit, Value '${text[at] ?? ""}', Pos ${at}, Type: Decimal`,
        at,
      );
    }
    const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
    // The point moves by the exponent; the digits stay exact.
    const digits = whole + fraction;
    const point = whole.length + Number(exponent);
    const padded = point < 0 ? "0".repeat(-point) + digits : digits.padEnd(point, "0");
    let integer = padded.slice(0, Math.max(point, 0)).replace(/^0+/, "");
    let decimals = padded.slice(Math.max(point, 0));
    if (decimals.length > scale) {
      const up = round && (decimals[scale] ?? "0") >= "5";
      decimals = decimals.slice(0, scale);
      if (up) {
        const raised = String(BigInt(`1${integer.padStart(1, "0")}${decimals}`) + 1n);
        const grown = raised.startsWith("2");
        const all = grown ? `1${raised.slice(1)}` : raised.slice(1);
        integer = all.slice(0, all.length - scale).replace(/^0+/, "");
        decimals = scale ? all.slice(all.length - scale) : "";
      }
    }
    if (integer.length > precision - scale)
      throw new LoadError(1204, `Numeric value out of range, Value '${text}', Type: Decimal`);
    return `${sign}${integer || "0"}${decimals ? `.${decimals}` : ""}`;
  };
}

/** The length of a UTF-8 character that begins with this byte. */
function lengthOfCharacter(first: number): number {
  if (first >= 0xf0) return 4;
  return first >= 0xe0 ? 3 : 2;
}

function floatConverter(type: string): Converter {
  return (value) => {
    const text = value.trim();
    if (/^[+-]?(nan|inf|infinity)$/i.test(text)) return text;
    if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text))
      throw new LoadError(1208, `Invalid floating point value, Value '${text.slice(0, 20)}'`);
    const number = Number(text);
    const held = type === "float4" ? Math.fround(number) : number;
    if (!Number.isFinite(held))
      throw new LoadError(1204, `Floating point value out of range, Value '${text}'`);
    return held === 0 ? "0" : text;
  };
}

function characterConverter(column: Column, options: CopyOptions): Converter {
  const limit = column.modifier > 0 ? column.modifier : maxVarchar;
  const char = column.type === "bpchar";
  return (given) => {
    let value = options.trimBlanks && !char ? given.replace(/[ \t]+$/, "") : given;
    if (/[\x00\x80-\xff]/.test(value)) value = characters(value, char, options.replacement);
    if (value.length <= limit) return value;
    if (char && value.trimEnd().length <= limit) return value.trimEnd();
    if (!options.truncateColumns) throw new LoadError(1204, "String length exceeds DDL length");
    return cutCharacters(value, limit);
  };
}

function characters(value: string, char: boolean, replacement: string | undefined): string {
  const bytes = Buffer.from(value, "latin1");
  if (char && /[\x80-\xff]/.test(value)) {
    const at = /[\x80-\xff]+/.exec(value);
    throw new LoadError(
      1220,
      `Multibyte character not supported for CHAR (Hint: try using VARCHAR). Invalid char: ${Buffer.from(
        at?.[0].slice(0, 4) ?? "",
        "latin1",
      )
        .toString("hex")
        .replace(/(..)(?=.)/g, "$1 ")}`,
    );
  }
  if (isUtf8(bytes) && !value.includes("\0")) return value;
  if (replacement === undefined || char) {
    const at = firstInvalid(bytes);
    throw new LoadError(
      1220,
      `String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: ${bytes
        .subarray(at, at + 2)
        .toString("hex")
        .replace(/(..)(?=.)/g, "$1 ")} (error 2)`,
      at,
    );
  }
  let repaired = "";
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    repaired += length > 0 ? value.slice(at, at + length) : replacement;
    at += Math.max(length, 1);
  }
  return repaired;
}

/** Length of the valid character at the place, 0 when there is none; NUL cannot be kept. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first === 0) return 0;
  if (first < 0x80) return 1;
  const length = lengthOfCharacter(first);
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}

function firstInvalid(bytes: Buffer): number {
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return 0;
}

function cutCharacters(value: string, limit: number): string {
  let end = limit;
  while (end > 0 && (value.charCodeAt(end) & 0xc0) === 0x80) end--;
  return value.slice(0, end);
}

const maxSuper = 16 * 1024 * 1024;

function superValue(value: string): string {
  const text = Buffer.from(value, "latin1").toString("utf8");
  if (value.length > maxSuper)
    throw new LoadError(1224, "SUPER value exceeds the maximum size of 16777216 bytes");
  try {
    JSON.parse(text, (_, item: unknown) => {
      if (
        typeof item === "string" &&
        item.length > maxVarchar / 4 &&
        Buffer.byteLength(item) > maxVarchar
      )
        throw new LoadError(1224, "String value exceeds the max size of 65535 bytes.");
      return item;
    });
  } catch (error) {
    if (error instanceof LoadError) throw error;
    throw new LoadError(1224, "Invalid JSON format for a SUPER column");
  }
  if (text.includes("\\u0000"))
    throw new LoadError(1224, "SUPER value contains the character \\u0000");
  return compactJson(value);
}

/** Without white space between its tokens; numbers keep their digits. */
function compactJson(text: string): string {
  return /\s/.test(text)
    ? text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, string: string | undefined) => string ?? "")
    : text;
}

export interface RowConverter {
  /** One line of PostgreSQL's COPY text; throws LoadError with the column it failed at. */
  (values: (string | null)[]): string;
}

export class ColumnError extends LoadError {
  constructor(
    reason: LoadError,
    readonly column: Column,
    readonly value: string | null,
  ) {
    super(reason.code, reason.message, reason.position);
  }
}

/** Applies the rules for NULL and empty fields, then the column's converter, then PostgreSQL's escapes. */
export function rowConverter(columns: Column[], options: CopyOptions): RowConverter {
  const fields = columns.map((column) => ({
    column,
    character: isCharacter(column.type),
    convert: converterFor(column, options),
  }));
  const nullAs = Buffer.from(options.nullAs, "utf8").toString("latin1");
  return (values) => {
    let line = "";
    for (let at = 0; at < fields.length; at++) {
      const { column, character, convert } = fields[at] as (typeof fields)[number];
      let value = values[at] ?? null;
      if (value !== null) {
        // whether a text that stands for NULL is looked for before JSON is parsed is documented nowhere: here it is not
        if (column.type !== "super" && value === nullAs) value = null;
        else if (character) {
          if (
            (value === "" && options.emptyAsNull) ||
            (options.blanksAsNull && /^\s*$/.test(value) && value !== "")
          )
            value = null;
        } else if (/^\s*$/.test(value)) value = null;
      }
      let written: string;
      try {
        if (value !== null) written = convert(value);
        else if (!column.notNull) written = nullMarker;
        else if (column.hasDefault) written = defaultMarker;
        else throw new LoadError(1213, "Missing data for not-null field");
      } catch (error) {
        if (!(error instanceof LoadError)) throw error;
        if (
          !options.acceptAnyDate ||
          (error.code !== 1205 && error.code !== 1206) ||
          column.notNull
        )
          throw new ColumnError(error, column, value);
        written = nullMarker;
        value = null;
      }
      if (value !== null && /[\\\t\n\r]/.test(written)) written = escapeCopy(written);
      line += at === 0 ? written : `\t${written}`;
    }
    return `${line}\n`;
  };
}

const copyEscapes: Record<string, string> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };
const escapeCopy = (text: string): string =>
  text.replace(/[\\\t\n\r]/g, (char) => copyEscapes[char] ?? char);
