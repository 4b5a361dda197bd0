import fc from "fast-check";
import { expect, test } from "vitest";
import { settle, settledRows, type Reached } from "./settled";

const rowsOf = ({ seq, beyond }: Reached): number[] => [
  ...Array.from({ length: seq }, (_, index) => index + 1),
  ...beyond.flatMap(([from, to]) =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index),
  ),
];

test("whatever order batches settle in, and even twice: exactly their rows are settled, in as few ranges as there are gaps", () => {
  const range = fc
    .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 12 }))
    .map(([from, more]): [number, number] => [from, from + more]);
  fc.assert(
    fc.property(fc.array(range, { maxLength: 20 }), (ranges) => {
      let reached: Reached = { seq: 0, beyond: [] };
      const wanted = new Set<number>();
      for (const [from, to] of ranges) {
        reached = settle(reached, from, to);
        for (let row = from; row <= to; row += 1) wanted.add(row);
      }
      const rows = rowsOf(reached);
      expect(rows).toEqual([...wanted].sort((a, b) => a - b));
      expect(settledRows(reached)).toBe(wanted.size);
      let last = reached.seq;
      for (const [from, to] of reached.beyond) {
        expect(from).toBeGreaterThan(last + 1);
        last = to;
      }
    }),
  );
});
