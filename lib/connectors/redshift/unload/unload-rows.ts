// UNLOAD's CSV to tuples, bytes to bytes: rows of a part come from several files in any order, and leave in order of seq.
import { changeFields, type RowPage } from "@/lib/connectors/contract/changes";
import type { RedshiftColumn } from "@/lib/connectors/redshift/catalog/columns";
import { isFloat, isReal, mayBeEmpty } from "./unload-sql";

const QUOTE = 34;
const COMMA = 44;
const NEWLINE = 10;
const RETURN = 13;
const BLANK = 32;
const ZERO = 48;
const ONE = 49;
/** The longest text of a float. */
const FLOAT_BYTES = 32;
/** Rows of a page: between two pages a run can be cancelled. */
const PAGE_ROWS = 5_000;

/** Thrown when a file is not what UNLOAD was asked for. */
export class UnreadableFile extends Error {}
const unreadable = (what: string, at: number): UnreadableFile =>
  new UnreadableFile(`${what} at byte ${at}`);

/** Digits of the shortest text that gives the number back, as PostgreSQL writes it. `exact` may have more digits than a real holds. */
export function floatText(exact: number, real: boolean): string {
  const value = real ? Math.fround(exact) : exact;
  if (!Number.isFinite(value) || value === 0) return Object.is(value, -0) ? "-0" : String(value);
  let shortest = value.toExponential();
  if (real)
    for (let digits = 0; digits < 9; digits += 1) {
      shortest = value.toExponential(digits);
      if (Math.fround(Number(shortest)) === value) break;
    }
  const [, sign = "", first = "", rest = "", power = "0"] =
    /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(shortest) ?? [];
  const exponent = Number(power);
  const digits = first + rest.replace(/0+$/, "");
  if (exponent < -4 || exponent >= (real ? 6 : 15))
    return `${sign}${digits[0]}${digits.length > 1 ? `.${digits.slice(1)}` : ""}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  return `${sign}${digits.slice(0, exponent + 1).padEnd(exponent + 1, "0")}${digits.length > exponent + 1 ? `.${digits.slice(exponent + 1)}` : ""}`;
}

export type PartRows = {
  /** Takes up a file of so many rows, or, null, of any number. Throws an UnreadableFile where it has others, or rows of another part. */
  add(csv: Uint8Array, rows: number | null): void;
  /** The rows after `afterSeq`, in order of seq. Throws an UnreadableFile when a row is missing. */
  pages(afterSeq: number): RowPage[];
};

/** The rows `firstSeq` to `lastSeq`; `bytes` and `rows` are those of all its files. */
export function partRows(
  columns: readonly RedshiftColumn[],
  {
    firstSeq,
    lastSeq,
    bytes,
    rows,
  }: { firstSeq: number; lastSeq: number; bytes: number; rows: number },
): PartRows {
  const fields = changeFields.values + columns.length;
  const floats = columns.filter(isFloat).length;
  const out = Buffer.allocUnsafe(bytes + rows * (2 + 4 * fields + FLOAT_BYTES * floats));
  const positions = new Int32Array(lastSeq - firstSeq + 1).fill(-1);
  /** For each field where its mark stands that tells NULL from an empty text, or -1. */
  const marks = new Int32Array(fields).fill(-1);
  let count = 0;
  marks[changeFields.key] = count++;
  for (const [index, column] of columns.entries())
    if (mayBeEmpty(column)) marks[changeFields.values + index] = count++;
  const floatFields = Uint8Array.from({ length: fields }, (_, field) => {
    const column = columns[field - changeFields.values];
    if (!column || !isFloat(column)) return 0;
    return isReal(column) ? 2 : 1;
  });
  let end = 0;

  /** A field that begins at `p` goes to `out` at `to`; gives where each ends. */
  const cursor = { p: 0, to: 0 };
  const copyField = (csv: Uint8Array, from: number, at: number) => {
    let p = from;
    let to = at;
    if (csv[p] !== QUOTE) {
      for (
        let byte = csv[p];
        byte !== COMMA && byte !== NEWLINE && byte !== undefined;
        byte = csv[++p]
      ) {
        if (byte === QUOTE || byte === RETURN)
          throw unreadable("a quote or a line's end in a bare field", p);
        out[to++] = byte;
      }
    } else {
      for (p += 1; ;) {
        const quote = csv.indexOf(QUOTE, p);
        if (quote < 0) throw unreadable("a quote that is not closed", from);
        out.set(csv.subarray(p, quote), to);
        to += quote - p;
        p = quote + 1;
        if (csv[p] !== QUOTE) break;
        out[to++] = QUOTE;
        p += 1;
      }
      if (p < csv.length && csv[p] !== COMMA && csv[p] !== NEWLINE)
        throw unreadable("text behind a quote", p);
    }
    cursor.p = p;
    cursor.to = to;
  };

  const asFloat = (start: number, to: number, real: boolean): number => {
    const blank = out.subarray(start, to).indexOf(BLANK);
    if (blank < 0) return to;
    const exact =
      Number(out.toString("latin1", start, start + blank)) +
      Number(out.toString("latin1", start + blank + 1, to));
    if (Number.isNaN(exact)) throw unreadable("a float that is none", start);
    return start + out.write(floatText(exact, real), start, "latin1");
  };

  const addRow = (csv: Uint8Array, from: number): number => {
    const tuple = end;
    out.writeInt16BE(fields, tuple);
    let p = from;
    let to = tuple + 2;
    let there = 0;
    let seq = 0;
    for (let field = 0; field < fields; field += 1) {
      if (field > 0) {
        if (csv[p] !== COMMA) throw unreadable("too few fields", p);
        p += 1;
      }
      const start = to + 4;
      copyField(csv, p, start);
      p = cursor.p;
      let stop = cursor.to;
      if (floatFields[field]! > 0) stop = asFloat(start, stop, floatFields[field] === 2);
      if (field === changeFields.seq) {
        for (let digit = start; digit < stop; digit += 1) seq = seq * 10 + out[digit]! - ZERO;
        if (!(seq >= firstSeq && seq <= lastSeq)) throw unreadable("a row of another part", from);
        there = p + 1; // what tells NULL from empty texts follows, and goes into no tuple
        for (p = there; csv[p] === ZERO || csv[p] === ONE;) p += 1;
        if (p - there !== count) throw unreadable("marks that are none", there);
      }
      let length = stop - start;
      const mark = marks[field]!;
      if (mark < 0 ? length === 0 : csv[there + mark] === ZERO) {
        if (length > 0) throw unreadable("a text where there is to be none", p);
        length = -1;
      }
      out.writeInt32BE(length, to);
      to = stop;
    }
    if (p < csv.length && csv[p] !== NEWLINE) throw unreadable("too many fields", p);
    if (positions[seq - firstSeq] !== -1) throw unreadable(`row ${seq} a second time`, from);
    positions[seq - firstSeq] = tuple;
    end = to;
    return p + 1;
  };

  return {
    add: (csv, expected) => {
      let found = 0;
      const most = expected ?? positions.length;
      for (let p = 0; p < csv.length && found <= most; found += 1)
        p = found < most ? addRow(csv, p) : p;
      if (expected !== null && found !== expected)
        throw new UnreadableFile(`${found} rows where there are to be ${expected}`);
    },
    pages: (afterSeq) => {
      const gap = positions.indexOf(-1);
      if (gap >= 0) throw new UnreadableFile(`row ${firstSeq + gap} is missing`);
      const pages: RowPage[] = [];
      for (
        let from = Math.max(0, afterSeq - firstSeq + 1);
        from < positions.length;
        from += PAGE_ROWS
      ) {
        const at = Array.from(positions.subarray(from, from + PAGE_ROWS));
        pages.push({ rows: at.length, chunks: [{ bytes: out, at }] });
      }
      return pages;
    },
  };
}
