import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { csvLine } from "@/lib/format";

test.each([
  ["=1+1", "'=1+1"],
  ["+49 30 1", "'+49 30 1"],
  ["-5", "'-5"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["\tx", '"\'\tx"'],
  ["\nx", '"\'\nx"'],
  [" =1+1", "' =1+1"],
  ["\u00a0=1+1", "'\u00a0=1+1"],
  ["\ufeff\u200b=1+1", "'\ufeff\u200b=1+1"],
  ["\0=1+1", "'\0=1+1"],
  ["\n=1+1", '"\'\n=1+1"'],
  [",=1+1", '"\',=1+1"'],
  [";=1+1", '"\';=1+1"'],
  ["; ;|=1+1", '"\'; ;|=1+1"'],
  ['"=1+1', '"\'""=1+1"'],
  ["\uff1d1+1", "'\uff1d1+1"],
  ["a;=1+1", '"a;=1+1"'],
  [" a=b", " a=b"],
  ["\rx", '"\'\rx"'],
  ["=a,b", '"\'=a,b"'],
  ["a=b", "a=b"],
  ["", ""],
  [null, ""],
])("a cell that begins like a formula is text: %j", (cell, written) => {
  expect(csvLine([cell])).toBe(`${written}\r\n`);
});

test("whatever a row holds, a reader finds the same cells", () => {
  const cell = fc.string({
    unit: fc.constantFrom("a", '"', ",", "\n", "\r", ";", "é", "😀", " ", "="),
  });
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 5 }),
      (lines) => {
        const read: unknown = parse(lines.map(csvLine).join(""), { recordDelimiter: "\r\n" });
        expect(read).toEqual(
          lines.map((cells) =>
            cells.map((text) => (/^([\r\n]|[\s,;"]*=)/.test(text) ? `'${text}` : text)),
          ),
        );
      },
    ),
  );
});
