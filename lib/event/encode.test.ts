import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encoderOf, roomFor, writerOf, type ColumnKind } from "./encode";
import { viewOf } from "./words";

const encode = (kind: ColumnKind, text: string) => encoderOf(kind)(text);
/** Any UTF-16 at all: lone surrogates, control characters, U+2028. */
const anyText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
});
const kinds: ColumnKind[] = [
  "integer",
  "bigint",
  "decimal",
  "float",
  "boolean",
  "timestamp",
  "timestamptz",
  "json",
  "text",
];

test("whatever the text, the result is JSON", () => {
  fc.assert(
    fc.property(fc.constantFrom(...kinds), anyText, (kind, text) => {
      JSON.parse(encode(kind, text));
    }),
  );
});

test("every text comes back as it was", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(JSON.parse(encode("text", text))).toBe(text);
    }),
  );
  expect(encode("text", 'a\u2028\u2029\u0000\u001f"\\\ud800')).toBe(
    '"a\u2028\u2029\\u0000\\u001f\\"\\\\\\ud800"',
  );
});

test("a bigint is a number while every reader keeps its digits, then a string with all of them", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      const decoded: unknown = JSON.parse(encode("bigint", String(value)));
      expect(String(decoded)).toBe(String(value));
      expect(typeof decoded).toBe(
        value >= -(2n ** 53n - 1n) && value <= 2n ** 53n - 1n ? "number" : "string",
      );
    }),
  );
});

const decimal = fc
  .tuple(
    fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }),
    fc.integer({ min: 0, max: 37 }),
  )
  .map(([unscaled, scale]) => {
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
    return `${unscaled < 0n ? "-" : ""}${scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`}`;
  });

test("a decimal loses no digit: as a number it is the same decimal again, else it is its own text", () => {
  fc.assert(
    fc.property(decimal, (text) => {
      const encoded = encode("decimal", text);
      if (encoded.startsWith('"')) expect(JSON.parse(encoded)).toBe(text);
      else {
        expect(encoded).toBe(text);
        // 15 digits of what a reader holds are the decimal that was sent
        const [, sent = ""] = /^-?0*\.?0*(\d*?)0*$/.exec(text.replace(".", "")) ?? [];
        const held = Math.abs(JSON.parse(encoded) as number)
          .toExponential(Math.max(0, Math.min(sent.length, 16) - 1))
          .replace(/e.*$/, "")
          .replace(".", "")
          .replace(/0+$/, "");
        expect(held).toBe(sent === "" ? "" : sent);
      }
    }),
  );
});

test.each([
  ["decimal", "0.100000000", "0.100000000"],
  ["decimal", "12.50", "12.50"],
  ["decimal", "0.0000001", "0.0000001"],
  ["decimal", "123456789012.345", "123456789012.345"],
  ["decimal", "0.1234567890123456", '"0.1234567890123456"'],
  ["decimal", "9007199254740991", "9007199254740991"],
  ["decimal", "9007199254740993", '"9007199254740993"'],
  ["decimal", "9007199254740991.00", "9007199254740991.00"],
  ["decimal", "99999999999999999999999999999999999999", '"99999999999999999999999999999999999999"'],
  ["decimal", "NaN", "null"],
  ["integer", "-32768", "-32768"],
  ["integer", "007", '"007"'],
  ["float", "1e+20", "1e+20"],
  ["float", "0.30000000000000004", "0.30000000000000004"],
  ["float", "-0", "-0"],
  ["float", "NaN", "null"],
  ["float", "Infinity", "null"],
  ["float", "-Infinity", "null"],
  ["boolean", "t", "true"],
  ["boolean", "f", "false"],
  ["timestamp", "2026-03-29 01:30:00", '"2026-03-29T01:30:00Z"'],
  ["timestamp", "2026-03-29 01:30:00.123456", '"2026-03-29T01:30:00.123456Z"'],
  ["timestamp", "0044-03-15 12:00:00 BC", '"-000043-03-15T12:00:00Z"'],
  ["timestamp", "0001-01-01 00:00:00 BC", '"0000-01-01T00:00:00Z"'],
  ["timestamp", "294276-12-31 23:59:59.999999", '"+294276-12-31T23:59:59.999999Z"'],
  ["timestamp", "infinity", '"infinity"'],
  ["timestamptz", "2026-03-29 01:30:00.123456+01", '"2026-03-29T01:30:00.123456+01:00"'],
  ["timestamptz", "2026-03-29 01:30:00+05:30", '"2026-03-29T01:30:00+05:30"'],
  ["timestamptz", "2026-03-29 01:30:00-03:30", '"2026-03-29T01:30:00-03:30"'],
  ["timestamptz", "2026-03-29 01:30:00+00", '"2026-03-29T01:30:00Z"'],
  ["text", "2026-03-29", '"2026-03-29"'],
  [
    "json",
    '{"n": 12345678901234567890.10, "t": "\\u2028"}',
    '{"n": 12345678901234567890.10, "t": "\\u2028"}',
  ],
  ["json", '"plain"', '"plain"'],
  ["json", "{broken", '"{broken"'],
] as const)("%s %s → %s", (kind, text, json) => expect(encode(kind, text)).toBe(json));

test("every byte that is escaped, and its neighbours, at every place of a word", () => {
  for (let code = 0; code < 128; code += 1) {
    for (let place = 0; place < 9; place += 1) {
      const text =
        `${"!#[]~ a0".slice(0, place)}${String.fromCharCode(code)}${'é"z€'.repeat(2)}`.slice(0, 9);
      const bytes = Buffer.from(`###${text}`);
      const room = Buffer.alloc(roomFor(bytes.length));
      expect(
        room.toString(
          "utf8",
          0,
          writerOf("text")(viewOf(bytes), 3, bytes.length - 3, viewOf(room), 0),
        ),
      ).toBe(JSON.stringify(text));
    }
  }
});

describe("timestamps", () => {
  const instant = fc.date({
    min: new Date("0001-01-01T00:00:00Z"),
    max: new Date("9999-12-31T00:00:00Z"),
    noInvalidDate: true,
  });
  test("of any zone name the same instant as the wire's text", () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: -12 * 4, max: 14 * 4 }), (date, quarters) => {
        const offsetMs = quarters * 15 * 60_000;
        const local = new Date(date.getTime() + offsetMs).toISOString();
        if (!/^\d{4}-/.test(local)) return;
        const minutes = Math.abs(quarters) * 15;
        const zone = `${quarters < 0 ? "-" : "+"}${String(Math.floor(minutes / 60)).padStart(2, "0")}${minutes % 60 ? `:${minutes % 60}` : ""}`;
        const wire = `${local.slice(0, 10)} ${local.slice(11, 23)}${zone}`;
        expect(Date.parse(JSON.parse(encode("timestamptz", wire)) as string)).toBe(date.getTime());
      }),
    );
  });
});

describe("on bytes", () => {
  /** What the writer makes of a text that stands somewhere in a chunk, in no more room than it may ask for. */
  const write = (kind: ColumnKind, text: string): string => {
    const bytes = Buffer.from(`before${text}after`);
    const length = Buffer.byteLength(text);
    const out = Buffer.alloc(3 + roomFor(length), "#");
    const end = writerOf(kind)(viewOf(bytes), 6, length, viewOf(out), 3);
    expect(out.toString("utf8", 0, 3)).toBe("###");
    return out.toString("utf8", 3, end);
  };
  const time = fc.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?(\+00)?$/);
  const likely = fc.oneof(
    time,
    fc
      .tuple(
        time,
        fc.nat(18),
        fc.constantFrom("/", ":", ";", "-", " ", "0", "9", "p", "\u0010", "é"),
      )
      .map(([text, at, other]) => text.slice(0, at) + other + text.slice(at + 1)),
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme" }),
    fc.stringMatching(/^-?\d{0,20}(\.\d{0,20})?$/),
    fc.stringMatching(/^\d{4,5}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{0,6})?([+-]\d\d(:\d\d)?)?( BC)?$/),
    fc.constantFrom(
      "",
      "-",
      ".",
      "-0",
      "0",
      "00",
      "0.",
      "-0.50",
      "1e5",
      "NaN",
      "Infinity",
      "-Infinity",
      "t",
      "f",
      "true",
      "false",
      "infinity",
      "9007199254740993",
      "{}",
      '{"a": 1.50}',
      "2026-11-20 18:30:00+00",
      "2026-11-20 18:30:00.+00",
      "2026-11-20",
      "0044-03-15 12:00:00 BC",
    ),
  );
  test("raw numbers keep every digit as a number, and only numbers are", () => {
    const raw = (text: string) => {
      const out = Buffer.alloc(roomFor(text.length));
      return out.toString(
        "utf8",
        0,
        writerOf("decimal", true)(viewOf(Buffer.from(text)), 0, text.length, viewOf(out), 0),
      );
    };
    expect(
      [
        "9007199254740993",
        "-0.10000000000000000001",
        "1e5",
        "NaN",
        "Infinity",
        "007",
        ".5",
        "",
      ].map(raw),
    ).toEqual([
      "9007199254740993",
      "-0.10000000000000000001",
      '"1e5"',
      "null",
      '"Infinity"',
      '"007"',
      '".5"',
      '""',
    ]);
    expect(writerOf("text", true)).toBe(writerOf("text"));
  });
  test("every kind writes what its rule says, whatever the text", () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), likely, (kind, text) => {
        expect(write(kind, text)).toBe(encode(kind, text));
      }),
      { numRuns: 3_000 },
    );
  });
});
