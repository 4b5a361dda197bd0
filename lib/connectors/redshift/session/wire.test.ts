import fc from "fast-check";
import { expect, test } from "vitest";
import { changeFields } from "@/lib/connectors/contract/changes";
import { tupleOf } from "@/lib/event/tuple";
import { rowsOf } from "@/lib/testing/changes";
import { openRowTap } from "./wire";

const message = (kind: string, body: Uint8Array): Buffer => {
  const head = Buffer.alloc(5);
  head.write(kind);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
};
/** A row as a page's has it. */
const row = (seq: number, cell: string | null) =>
  message("D", tupleOf([String(seq), `k${seq}`, "id", null, cell]));

const anyMessage = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.option(fc.string({ unit: "binary", maxLength: 300 })).map((cell) => ({ cell })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom("T", "C", "N", "S", "Z", "E"), fc.uint8Array({ maxLength: 50 }))
      .map(([kind, body]) => ({ other: message(kind, body) })),
  },
);

test("however the socket cuts what the server says, every row is kept whole and the parser sees the rest", () => {
  fc.assert(
    fc.property(
      fc.array(anyMessage, { maxLength: 30 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 200 })),
      (messages, cuts) => {
        const tap = openRowTap();
        const parsed: Buffer[] = [];
        const cells = messages.flatMap((said) => ("cell" in said ? [said.cell] : []));
        let seq = 0;
        const bytes = Buffer.concat(
          messages.map((said) => ("cell" in said ? row((seq += 1), said.cell) : said.other)),
        );
        tap.keep();
        for (let at = 0; at < bytes.length;) {
          const cut = cuts.next().value ?? 1;
          tap.pass(bytes.subarray(at, at + cut), (part) => parsed.push(part));
          at += cut;
        }
        const page = tap.take();
        expect(page.rows).toBe(cells.length);
        expect(rowsOf(page, 1).map(({ seq: n, cells: [cell] }) => [n, cell])).toEqual(
          cells.map((cell, index) => [index + 1, cell]),
        );
        expect(Buffer.concat(parsed)).toEqual(
          Buffer.concat(messages.flatMap((said) => ("other" in said ? [said.other] : []))),
        );
      },
    ),
  );
});

test("while no page is read everything goes through as it came, and so does what was cut off when reading ended", () => {
  const tap = openRowTap();
  const parsed: Buffer[] = [];
  const pass = (part: Buffer) => tap.pass(part, (bytes) => parsed.push(bytes));
  const whole = row(1, "x");
  pass(whole);
  expect(parsed).toEqual([whole]);
  tap.keep();
  pass(whole.subarray(0, 7));
  expect(tap.take().rows).toBe(0);
  pass(whole.subarray(7));
  expect(Buffer.concat(parsed)).toEqual(Buffer.concat([whole, whole]));
  expect(changeFields.values).toBe(4); // the layout that `row` writes
});
