import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rowsOf } from "@/lib/testing/changes";
import { describeColumn } from "@/lib/connectors/redshift/catalog/columns";
import { floatText, partRows, UnreadableFile } from "./unload-rows";

const columnOf = (name: string, dataType: string) =>
  describeColumn({ name, dataType, maxLength: null, precision: null, scale: null });
const columns = [
  columnOf("a", "varchar(65535)"),
  columnOf("n", "bigint"),
  columnOf("b", "varbyte(20)"),
  columnOf("f", "double precision"),
  columnOf("s", "super"),
];
type Row = {
  seq: number;
  key: string | null;
  messageId: string | null;
  mark: string | null;
  cells: (string | null)[];
};

/** As the guide says of CSV: quoted where a field has a comma, a quote, or a line's end. An empty text may be quoted too. */
function field(text: string | null, quotesEmpty: boolean): string {
  if (text === null) return "";
  const isQuoted = /[",\n\r]/.test(text) || (text === "" && quotesEmpty);
  return isQuoted ? `"${text.replaceAll('"', '""')}"` : text;
}
const csvOf = (rows: readonly Row[], quotesEmpty = false) =>
  Buffer.from(
    rows
      .map(
        ({ seq, key, messageId, mark, cells }) =>
          `${[String(seq), [key, cells[0], cells[2]].map((text) => (text === null ? "0" : "1")).join(""), ...[key, messageId, mark, ...cells].map((text) => field(text, quotesEmpty))].join(",")}\n`,
      )
      .join(""),
  );
const read = (
  files: readonly Buffer[],
  counts: readonly (number | null)[],
  lastSeq: number,
  firstSeq = 1,
  after = 0,
) => {
  const rows = partRows(columns, {
    firstSeq,
    lastSeq,
    bytes: files.reduce((sum, { length }) => sum + length, 0),
    rows: lastSeq - firstSeq + 1,
  });
  files.forEach((csv, index) => rows.add(csv, counts[index] ?? null));
  return rows.pages(after).flatMap((page) => rowsOf(page, columns.length));
};
const row = (seq: number, more: Partial<Row> = {}): Row => ({
  seq,
  key: `k${seq}`,
  messageId: "m",
  mark: null,
  cells: ["x", "1", "61", "1.5", "{}"],
  ...more,
});

test("any text, NULL and empty text come back, from files in any order", () => {
  const text = fc
    .oneof(
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.string({
        unit: fc.constantFrom('"', ",", "\n", "\r", "\\", "é", "𝄞", "N"),
        maxLength: 12,
      }),
      fc.constantFrom("", "NULL", "\\N"),
    )
    .map((value) => value.replaceAll("\0", "").toWellFormed());
  const nullable = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
  const filled = nullable(text.filter((value) => value !== ""));
  const rows = fc.array(
    fc.record({
      key: nullable(text),
      mark: filled,
      cells: fc.tuple(
        nullable(text),
        nullable(fc.bigInt().map(String)),
        nullable(text),
        nullable(fc.constantFrom("1.5", "NaN", "1e+20")),
        filled,
      ),
      slice: fc.nat(3),
      order: fc.nat(),
    }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(rows, fc.boolean(), fc.nat(12), (made, quotesEmpty, after) => {
      const given = made.map(({ key, mark, cells }, index): Row => ({
        seq: 101 + index,
        key,
        messageId: "m",
        mark,
        cells,
      }));
      const files = [0, 1, 2, 3].map((slice) =>
        given
          .map((each, index) => ({ each, ...made[index]! }))
          .filter((each) => each.slice === slice)
          .sort((a, b) => a.order - b.order)
          .map(({ each }) => each),
      );
      const found = read(
        files.map((file) => csvOf(file, quotesEmpty)),
        files.map(({ length }) => length),
        100 + given.length,
        101,
        100 + after,
      );
      expect(found.map(({ seq, key, cells }) => ({ seq, key, cells }))).toEqual(
        given.slice(after).map(({ seq, key, cells }) => ({ seq, key, cells })),
      );
    }),
  );
});

test("the last line may end without a line's end; a page has at most 5,000 rows", () => {
  expect(read([csvOf([row(1)]).subarray(0, -1)], [1], 1)).toHaveLength(1);
  const many = Array.from({ length: 12_001 }, (_, index) => row(12_001 - index));
  const csv = csvOf(many);
  const rows = partRows(columns, {
    firstSeq: 1,
    lastSeq: many.length,
    bytes: csv.length,
    rows: many.length,
  });
  rows.add(csv, many.length);
  expect(rows.pages(0).map((page) => page.rows)).toEqual([5_000, 5_000, 2_001]);
  expect(
    rows
      .pages(11_999)
      .flatMap((page) => rowsOf(page, columns.length))
      .map(({ seq }) => seq),
  ).toEqual([12_000, 12_001]);
  expect(rows.pages(12_001)).toEqual([]);
});

describe("refused", () => {
  const csv = (text: string) => Buffer.from(text);
  test.each([
    ["a row twice", [csvOf([row(1), row(1)])], [2], "row 1 a second time"],
    ["a row of another part", [csvOf([row(1), row(3)])], [2], "a row of another part"],
    ["a row that is missing", [csvOf([row(2)])], [1], "row 1 is missing"],
    ["fewer rows than were written", [csvOf([row(1)])], [2], "1 rows where there are to be 2"],
    [
      "more rows than were written",
      [csvOf([row(1), row(2)])],
      [1],
      "2 rows where there are to be 1",
    ],
    [
      "a file that was cut within a row",
      [csvOf([row(1), row(2)]).subarray(0, -8)],
      [2],
      "too few fields",
    ],
    ["a quote that is open", [csv('1,111,"k')], [1], "a quote that is not closed"],
    ["text behind a quote", [csv('1,111,"k"x,m,,x,1,61,1,{}\n')], [1], "text behind a quote"],
    [
      "a quote in a bare field",
      [csv('1,111,k"x,m,,x,1,61,1,{}\n')],
      [1],
      "a quote or a line's end in a bare field",
    ],
    [
      "a line's end of Windows",
      [csv("1,111,k,m,,x,1,61,1,{}\r\n")],
      [1],
      "a quote or a line's end in a bare field",
    ],
    ["too many fields", [csv("1,111,k,m,,x,1,61,1,{},more\n")], [1], "too many fields"],
    ["marks that are none", [csv("1,11,k,m,,x,1,61,1,{}\n")], [1], "marks that are none"],
    [
      "a text where NULL is said",
      [csv("1,011,k,m,,x,1,61,1,{}\n")],
      [1],
      "a text where there is to be none",
    ],
    ["no number", [csv("one,111,k,m,,x,1,61,1,{}\n")], [1], "a row of another part"],
    ["an empty line", [csv("\n")], [1], "a row of another part"],
  ])("%s", (_, files, counts, said) => {
    expect(() => read(files, counts, 2)).toThrow(UnreadableFile);
    expect(() => read(files, counts, 2)).toThrow(said);
  });
});

test("a float is its 15 digits and what they miss", () => {
  const float = (text: string, type = "double precision") => {
    const csv = Buffer.from(`1,1,k,m,,${text}\n`);
    const rows = partRows([columnOf("f", type)], {
      firstSeq: 1,
      lastSeq: 1,
      bytes: csv.length,
      rows: 1,
    });
    rows.add(csv, 1);
    return rows.pages(0).flatMap((page) => rowsOf(page, 1))[0]?.cells[0];
  };
  expect(float("0.1")).toBe("0.1");
  expect(float("0.3 5.55111512312578e-17")).toBe("0.30000000000000004");
  expect(float("1.1 2.38418577903e-08", "real")).toBe("1.1");
  expect(float("NaN")).toBe("NaN");
  expect(float("")).toBeNull();
  expect(() => float("0.3 x")).toThrow(UnreadableFile);
  fc.assert(
    fc.property(
      fc
        .double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 })
        .filter((value) => Math.abs(value) > 1e-280),
      (value) => {
        // what a warehouse that gives 15 digits sends
        const text = value.toPrecision(15);
        const rest = value - Number(text);
        expect(Number(float(rest === 0 ? text : `${text} ${rest.toPrecision(15)}`))).toBe(value);
      },
    ),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(
      fc.float({ noNaN: true, noDefaultInfinity: true }).filter((value) => value !== 0),
      (value) => {
        const text = value.toPrecision(6);
        const rest = value - Number(text);
        expect(
          Math.fround(Number(float(rest === 0 ? text : `${text} ${rest.toPrecision(15)}`, "real"))),
        ).toBe(value);
      },
    ),
    { numRuns: 2_000 },
  );
});

test.each([
  [0.1, false, "0.1"],
  [1e14, false, "100000000000000"],
  [1e15, false, "1e+15"],
  [1.5e-7, false, "1.5e-07"],
  [0.0001, false, "0.0001"],
  [0.00001, false, "1e-05"],
  [-123.25, false, "-123.25"],
  [-0, false, "-0"],
  [Infinity, false, "Infinity"],
  [999999, true, "999999"],
  [1e6, true, "1e+06"],
  [1234567, true, "1.234567e+06"],
  [5e-324, false, "5e-324"],
  [Math.fround(3.4e38), true, "3.4e+38"],
])("%d is written %s as the warehouse does: %s", (value, real, text) => {
  expect(floatText(value, real)).toBe(text);
});
