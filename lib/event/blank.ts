// What of a text is no value: the blanks that fill a char column, and text that nobody sees. Isomorphic.
import { writeText, type Writer } from "./encode";

const BLANK = 32;

/** Whether a column fills its values with blanks up to its length: they belong to the type, not to the value. */
export const isPadded = (type: string | undefined): boolean =>
  type !== undefined && /^(n?char|character|bpchar)\s*(\(|$)/i.test(type);

/** A value as the event has it: of a char column without its padding. */
export const withoutPadding = (type: string | undefined, text: string): string =>
  isPadded(type) ? text.replace(/ +$/, "") : text;

function unpaddedLength(from: DataView, start: number, length: number): number {
  let end = length;
  while (end > 0 && from.getUint8(start + end - 1) === BLANK) end -= 1;
  return end;
}

export const writeUnpadded: Writer = (from, start, length, to, p) =>
  writeText(from, start, unpaddedLength(from, start, length), to, p);

const NOTHING_SEEN = /^[\p{Z}\p{Cc}\p{Cf}]*$/u;
const decoder = new TextDecoder();

/** Whether a text identifies nobody: it is empty, or of blanks and characters that nobody sees. */
export const isBlank = (text: string): boolean => NOTHING_SEEN.test(text);

/** The same on bytes: nearly every value shows with its first byte that it is none. */
export function isBlankAt(from: DataView, start: number, length: number): boolean {
  if (length <= 0) return true;
  const first = from.getUint8(start);
  if (first > BLANK && first < 127) return false;
  return isBlank(decoder.decode(new Uint8Array(from.buffer, from.byteOffset + start, length)));
}
