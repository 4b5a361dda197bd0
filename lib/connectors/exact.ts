// Whether a number's text is kept whole by a column of another type. COPY and INSERT cut what a numeric has no room for
// behind the point, and round what a float can't hold, without a word: so it is judged before.

/** What a column keeps of a number: so many digits behind the point, or what a float of so many bits is equal to. */
export type NumberLimit = { scale: number } | { bits: 32 | 64 };

const DIGITS: Record<string, number> = { smallint: 5, integer: 10, bigint: 19 };
/** Decimals of so many digits survive in a float: DBL_DIG and FLT_DIG of C. */
const KEPT_DIGITS = { 64: 15, 32: 6 } as const;

const numericOf = (type: string): { precision: number; scale: number } | null => {
  const [, precision, scale = "0"] = /^numeric\((\d+)(?:,(\d+))?\)$/.exec(type) ?? [];
  return precision === undefined ? null : { precision: Number(precision), scale: Number(scale) };
};
const bitsOf = (type: string): 32 | 64 | null => {
  if (type === "real") return 32;
  return type === "double precision" ? 64 : null;
};

/**
 * What has to be judged of numbers that come as one type (as a source's DDL writes it) and are loaded into another; null:
 * every value is kept, or refused by the store itself.
 */
export function numberLimit(comes: string, into: string): NumberLimit | null {
  const from = numericOf(comes);
  const target = numericOf(into);
  const bits = bitsOf(into);
  if (target) {
    const isFloat = bitsOf(comes) !== null || comes === "numeric";
    if (isFloat || (from !== null && from.scale > target.scale)) return { scale: target.scale };
    return null;
  }
  if (bits === null) return null;
  const floatBits = bitsOf(comes);
  if (floatBits !== null) return floatBits > bits ? { bits } : null;
  const digits = from?.precision ?? DIGITS[comes];
  if (comes === "numeric") return { bits };
  return digits !== undefined && digits > KEPT_DIGITS[bits] ? { bits } : null;
}

const [ZERO, NINE, POINT, MINUS, PLUS] = [48, 57, 46, 45, 43];
const isExponent = (byte: number): boolean => byte === 69 || byte === 101; // E, e

/** Whether a number's text, ASCII from `start` to `end`, is kept whole. What is no number is for the store to refuse. */
export function keepsNumber(
  limit: NumberLimit,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  if ("scale" in limit) return decimalsOf(bytes, start, end) <= limit.scale;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
  const written = canonical(text);
  return written === null || written === canonical(shortestText(Number(text), limit.bits));
}

/** Digits behind the point that mean something: zeros at the end don't, and an exponent moves the point. */
function decimalsOf(bytes: Uint8Array, start: number, end: number): number {
  let behind = 0;
  let zeros = 0;
  let isBehind = false;
  let isZero = true;
  for (let position = start; position < end; position += 1) {
    const byte = bytes[position]!;
    if (byte >= ZERO && byte <= NINE) {
      if (isBehind) behind += 1;
      zeros = byte === ZERO ? zeros + 1 : 0;
      if (byte !== ZERO) isZero = false;
    } else if (byte === POINT) isBehind = true;
    else if (isExponent(byte)) {
      const digits = Buffer.from(bytes.buffer, bytes.byteOffset + position + 1, end - position - 1);
      behind -= Number(digits.toString("latin1"));
      break;
    } else if (byte !== MINUS && byte !== PLUS) return 0;
  }
  return isZero ? 0 : Math.max(0, behind - zeros);
}

/** A decimal number's text in one form: its digits without zeros around them, and the power of ten. Null: it is none. */
function canonical(text: string): string | null {
  const found = /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/.exec(text);
  if (!found) return null;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = found;
  const digits = (whole + fraction).replace(/^0+/, "");
  const meant = digits.replace(/0+$/, "");
  if (meant === "") return "0";
  const power = Number(exponent) - fraction.length + digits.length - meant.length;
  return `${sign === "-" ? "-" : ""}${meant}e${power}`;
}

/** The shortest text that names what a float keeps of a value. */
function shortestText(value: number, bits: 32 | 64): string {
  if (bits === 64) return String(value);
  const kept = Math.fround(value);
  if (!Number.isFinite(kept)) return String(kept);
  for (let digits = 1; digits < 9; digits += 1) {
    const text = kept.toPrecision(digits);
    if (Math.fround(Number(text)) === kept) return text;
  }
  return kept.toPrecision(9);
}
