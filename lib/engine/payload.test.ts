import { expect, test } from "vitest";
import { payloadOf, payloadOfRow } from "./payload";

test("a payload is kept as it is", () => {
  expect(payloadOf(Buffer.from('{"a":"Zoë"}'))).toEqual({ text: '{"a":"Zoë"}', bytes: 12 });
});

test("of a large one the beginning, whole letters only, and how large it was", () => {
  const json = Buffer.from(`"${"é".repeat(40_000)}"`);
  const { text, bytes } = payloadOf(json);
  expect(bytes).toBe(80_002);
  expect(text).toBe(`"${"é".repeat(32_767)}`);
});

test("a row without an event is its values; any name of a column will do", () => {
  const columns = ["id", "__proto__", 'a"b'].map((name) => ({
    name,
    type: "text",
    kind: "text" as const,
  }));
  const { text } = payloadOfRow(columns, (index) => ["1", null, "x"][index] ?? null);
  expect(text).toBe('{"id":"1","__proto__":null,"a\\"b":"x"}');
});
