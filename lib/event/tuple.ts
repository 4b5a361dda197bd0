// A row as PostgreSQL's wire has it (the body of DataRow): the number of its fields as int16, then for each its length
// as int32 (-1 for NULL) and its text in UTF-8; numbers big-endian. Rows stay in this form from the socket to the
// request's body: no string is made of a value on the way. Isomorphic.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Where the fields of one row are; reused from row to row. A length of -1 is NULL. */
export type Fields = { starts: Int32Array; lengths: Int32Array };

export const fieldsOf = (count: number): Fields => ({
  starts: new Int32Array(count),
  lengths: new Int32Array(count),
});

/** Finds the fields of the tuple at `at`; gives the position after it. It has as many as `fields` has room for. */
export function locate(bytes: Uint8Array, at: number, { starts, lengths }: Fields): number {
  let p = at + 2;
  for (let field = 0; field < starts.length; field += 1) {
    const length = (bytes[p]! << 24) | (bytes[p + 1]! << 16) | (bytes[p + 2]! << 8) | bytes[p + 3]!;
    p += 4;
    starts[field] = p;
    lengths[field] = length;
    if (length > 0) p += length;
  }
  return p;
}

/** A field as text; null for NULL. */
export function textOf(
  bytes: Uint8Array,
  { starts, lengths }: Fields,
  field: number,
): string | null {
  const length = lengths[field]!;
  return length < 0 ? null : decoder.decode(bytes.subarray(starts[field], starts[field]! + length));
}

/** A field of digits, below 2^53. */
export function numberOf(bytes: Uint8Array, { starts, lengths }: Fields, field: number): number {
  let value = 0;
  const start = starts[field]!;
  for (let p = start; p < start + lengths[field]!; p += 1) value = value * 10 + bytes[p]! - 48;
  return value;
}

/** The tuple of these texts. */
export function tupleOf(texts: readonly (string | null)[]): Uint8Array {
  const values = texts.map((text) => (text === null ? null : encoder.encode(text)));
  const bytes = new Uint8Array(
    2 + values.reduce((sum, value) => sum + 4 + (value?.length ?? 0), 0),
  );
  const view = new DataView(bytes.buffer);
  view.setInt16(0, values.length);
  let p = 2;
  for (const value of values) {
    view.setInt32(p, value ? value.length : -1);
    p += 4;
    if (value) bytes.set(value, p);
    p += value?.length ?? 0;
  }
  return bytes;
}
