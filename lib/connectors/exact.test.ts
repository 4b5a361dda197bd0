import fc from "fast-check";
import { expect, test } from "vitest";
import { keepsNumber, numberLimit, type NumberLimit } from "./exact";

const keeps = (limit: NumberLimit, text: string): boolean => {
  const bytes = Buffer.from(`9${text}9`);
  return keepsNumber(limit, bytes, 1, bytes.length - 1);
};

test.each([
  ["numeric(38,18)", "numeric(38,2)", { scale: 2 }],
  ["numeric(38,2)", "numeric(38,18)", null],
  ["double precision", "numeric(10,2)", { scale: 2 }],
  ["real", "numeric(38,18)", { scale: 18 }],
  ["numeric", "numeric(10,2)", { scale: 2 }],
  ["bigint", "numeric(10,2)", null],
  ["bigint", "double precision", { bits: 64 }],
  ["integer", "double precision", null],
  ["integer", "real", { bits: 32 }],
  ["smallint", "real", null],
  ["double precision", "real", { bits: 32 }],
  ["real", "double precision", null],
  ["numeric(15,3)", "double precision", null],
  ["numeric(16,3)", "double precision", { bits: 64 }],
  ["numeric", "double precision", { bits: 64 }],
  ["varchar(20)", "varchar(10)", null],
  ["date", "timestamp", null],
] as const)("of %s loaded into %s is judged %o", (comes, into, limit) =>
  expect(numberLimit(comes, into)).toEqual(limit),
);

test.each([
  ["0.12", true],
  ["-0.12", true],
  ["0.120", true],
  ["12000", true],
  ["0.123", false],
  ["1e-2", true],
  ["1.5e-2", false],
  ["1.50e-1", true],
  ["123e-2", true],
  ["1234e-3", false],
  ["1e300", true],
  ["0.000000", true],
  ["0e-9", true],
  ["NaN", true],
])("of two digits behind the point, %s is kept: %s", (text, isKept) =>
  expect(keeps({ scale: 2 }, text)).toBe(isKept),
);

test.each([
  [64, "9007199254740992", true],
  [64, "9007199254740993", false],
  [64, "0.1", true],
  [64, "0.1000000000000000055", false],
  [64, "123456789012345.123456789", false],
  [64, "-0.300", true],
  [64, "1e400", false],
  [64, "NaN", true],
  [32, "16777216", true],
  [32, "16777217", false],
  [32, "0.1", true],
  [32, "3.14159274", false],
  [32, "1e39", false],
] as const)("a float of %d bits keeps %s: %s", (bits, text, isKept) =>
  expect(keeps({ bits }, text)).toBe(isKept),
);

test("what a double prints as is kept by a double, and what a real prints as by a real", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) =>
      keeps({ bits: 64 }, String(value)),
    ),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: -32_768, max: 32_767 }),
      fc.integer({ min: 0, max: 1 }),
      (n, at) => keeps({ bits: 32 }, (n / 10 ** at).toFixed(at)),
    ),
  );
});

test("a numeric keeps a text exactly if cutting it off there changes nothing", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      fc.nat({ max: 20 }),
      fc.nat({ max: 20 }),
      (digits, from, scale) => {
        const size = digits < 0n ? -digits : digits;
        const padded = String(size).padStart(from + 1, "0");
        const point = padded.length - from;
        const text = `${digits < 0n ? "-" : ""}${padded.slice(0, point)}${from ? `.${padded.slice(point)}` : ""}`;
        const isWhole = from <= scale || size % 10n ** BigInt(from - scale) === 0n;
        return keeps({ scale }, text) === isWhole;
      },
    ),
  );
});
