import fc from "fast-check";
import { expect, test } from "vitest";
import { keyValues } from "./composite-key";

/** As the warehouse concatenates it. */
const concatenated = (values: readonly string[]): string =>
  `["${values
    .map((value) =>
      value
        .replaceAll("\\", "\\\\")
        .replaceAll('"', '\\"')
        .replaceAll("\n", "\\n")
        .replaceAll("\r", "\\r")
        .replaceAll("\t", "\\t"),
    )
    .join('","')}"]`;

test("control characters, quotes and backslashes come back as they were", () => {
  const values = ["a\u0001b", "\u001f", "\u007f", 'q"\\', "\n\r\t", "\b\f\v", "é😀", ""];
  expect(keyValues(concatenated(values))).toEqual(values);
});

test("any texts come back as they were", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 4 }),
      (values) => {
        expect(keyValues(concatenated(values))).toEqual(values);
      },
    ),
  );
});
