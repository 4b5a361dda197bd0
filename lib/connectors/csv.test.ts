import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { changeFields } from "@/lib/connectors/contract/changes";
import { csvWriter, NullTextTaken, wholeCharacters, type CsvPlan } from "@/lib/connectors/csv";
import { fieldsOf, locate, tupleOf } from "@/lib/event/tuple";

const NULL = "~null~";
const columns = [
  { field: changeFields.values, kind: "bigint" as const, maxBytes: null },
  { field: changeFields.values + 1, kind: "text" as const, maxBytes: 20 },
  { field: changeFields.values + 2, kind: "json" as const, maxBytes: null },
];
const plan: CsvPlan = { columns, withSeq: true, nullText: NULL, overflow: "reject" };
type Row = [string | null, string | null, string | null];

/** The rows as one file; several tuples share a chunk, as they come off the wire. */
function written(rows: Row[], change: Partial<CsvPlan> = {}) {
  const writer = csvWriter({ ...plan, ...change });
  const tuples = rows.map((cells, at) => tupleOf([String(at + 1), "k", "m", null, ...cells]));
  const chunk = Buffer.concat(tuples);
  const fields = fieldsOf(changeFields.values + 3);
  let out = Buffer.alloc(64);
  let end = 0;
  const results: number[] = [];
  let at = 0;
  for (const tuple of tuples) {
    locate(chunk, at, fields);
    const room = writer.room(tuple.length);
    if (out.length - end < room) out = Buffer.concat([out, Buffer.alloc(room)]);
    const result = writer.write(chunk, fields, out, end);
    results.push(result);
    if (result >= 0) end = result;
    at += tuple.length;
  }
  return { text: out.subarray(0, end).toString("utf8"), results, writer };
}
const read = (text: string): string[][] =>
  parse(text, { relax_column_count: false, record_delimiter: "\n" });

test("any text comes back as it was, NULL and empty apart", () => {
  const bites = fc.option(
    fc.string({
      unit: fc.constantFrom('"', ",", "\n", "\r", "\\", " ", "a", "é", "🏔", "~"),
      maxLength: 40,
    }),
    { nil: null },
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.option(fc.bigInt().map(String), { nil: null }), bites, bites), {
        minLength: 1,
        maxLength: 8,
      }),
      (rows) => {
        const { text } = written(rows, {
          columns: columns.map((column) => ({ ...column, maxBytes: null })),
        });
        expect(read(text)).toEqual(
          rows.map(([id, a, b], at) => [String(at + 1), id ?? "", a ?? NULL, b ?? NULL]),
        );
      },
    ),
  );
});

test("a text that is too long: refused by column, cut at a whole character, or kept with its length", () => {
  const long = "é".repeat(11); // 22 bytes into 20
  expect(written([["1", long, null]]).results).toEqual([~1]);
  const cut = written([["1", `a${long}`, null]], { overflow: "cut" });
  expect(read(cut.text)[0]?.[2]).toBe(`a${"é".repeat(9)}`);
  expect(cut.writer.cut()).toBe(1);
  const kept = written(
    [
      ["1", long, null],
      ["2", "x", null],
    ],
    { overflow: "keep" },
  );
  expect(read(kept.text)[0]?.[2]).toBe(long);
  expect([...kept.writer.longest]).toEqual([0, 22, 0]);
  expect(wholeCharacters(Buffer.from("🏔🏔"), 0, 7)).toBe(4);
});

test("a text that is the very one for NULL is never written as one", () => {
  expect(() => written([["1", NULL, null]])).toThrow(NullTextTaken);
  expect(read(written([["1", `${NULL} `, null]]).text)[0]?.[2]).toBe(`${NULL} `);
});
