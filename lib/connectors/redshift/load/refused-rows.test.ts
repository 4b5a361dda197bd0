import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Bucket } from "@/lib/connectors/s3/client";
import type { RefusedValue } from "./load-errors";
import {
  addPosition,
  cellsOf,
  positionsMissing,
  readStagedRows,
  rejectionsOf,
  type Run,
} from "./refused-rows";

const runsOf = (positions: number[]): Run[] => {
  const runs: Run[] = [];
  for (const position of positions) addPosition(runs, position);
  return runs;
};

test("whatever was written and is not loaded is missing, in order", () => {
  const written = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 });
  fc.assert(
    fc.property(written, fc.func(fc.boolean()), (positions, isLoaded) => {
      const sorted = [...positions].sort((a, b) => a - b);
      const loaded = sorted.filter((position) => isLoaded(position));
      const missing = sorted.filter((position) => !isLoaded(position));
      expect(positionsMissing(runsOf(sorted), runsOf(loaded), 1_000)).toEqual(missing);
    }),
  );
});

test("a billion positions in one run cost nothing, and no more are listed than asked for", () => {
  const loaded = [
    { first: 1, last: 499_999_999 },
    { first: 500_000_001, last: 1e9 },
  ];
  expect(positionsMissing([{ first: 1, last: 1e9 }], loaded, 10)).toEqual([500_000_000]);
  expect(positionsMissing([{ first: 1, last: 1e9 }], [], 3)).toEqual([1, 2, 3]);
});

const files: Record<string, string> = {
  a: '1,7,"first"\n2,8,"two\n3,9,""quoted"""\n',
  b: '3,9,"last"\n',
};
const bucket = {
  get: async (key: string) => gzipSync(files[key] ?? ""),
} as unknown as Bucket;
const parts = [
  { key: "a", bytes: 1 },
  { key: "b", bytes: 1 },
];

test("rows are read back whole, whatever their texts look like", async () => {
  const rows = await readStagedRows(bucket, parts, [2, 3], new AbortController().signal);
  expect([...rows]).toEqual([
    [2, ["2", "8", 'two\n3,9,"quoted"']],
    [3, ["3", "9", "last"]],
  ]);
});

test("of a line that was cut the cells that are whole", () => {
  expect(cellsOf('5,"a""b","c, d",,"cut of')).toEqual(["5", 'a"b', "c, d", ""]);
});

const error = (change: Partial<RefusedValue>): RefusedValue => ({
  file: "rows-1-00001.csv.gz",
  line: 1,
  column: "age",
  type: "int4",
  value: null,
  reason: "Invalid digit",
  raw: null,
  ...change,
});
const names = ["id", "age"];
const rows = new Map([
  [4, ["4", "40", "x"]],
  [9, ["9", "90", "y"]],
]);

test("a reason belongs to the row whose line the warehouse has", () => {
  const errors = [error({ raw: '9,90,"y"', value: "y" }), error({ line: 2, raw: '4,40,"x"' })];
  expect(rejectionsOf([4, 9], errors, new Map(), names, ["id"])).toMatchObject([
    { seq: 4, key: "40", column: "age", code: "copy-refused" },
    { seq: 9, key: "90", reason: expect.stringContaining("value “y”") },
  ]);
});

test("without lines the reasons are matched by the order of files and lines, each once", () => {
  const errors = [
    error({ file: "rows-1-00002.csv.gz", line: 1, reason: "second" }),
    error({ line: 7, reason: "first" }),
    error({ line: 7, reason: "first" }),
  ];
  expect(rejectionsOf([4, 9], errors, rows, names, ["id", "age"])).toMatchObject([
    { seq: 4, key: '["40","x"]', reason: expect.stringContaining("value “x”: first") },
    { seq: 9, key: '["90","y"]', reason: expect.stringContaining("value “y”: second") },
  ]);
});

test("where the warehouse says too little, the rows are named all the same", () => {
  const [first, second] = rejectionsOf([4, 9], [error({})], rows, names, ["id"]);
  expect(first).toEqual({
    seq: 4,
    key: "40",
    reason: "COPY didn't load this row, and the warehouse doesn't say why.",
    code: "copy-refused",
  });
  expect(second?.key).toBe("90");
});
