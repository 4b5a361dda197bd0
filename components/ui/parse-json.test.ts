import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson, type JsonNode } from "./parse-json";

const written = (node: JsonNode): string => {
  if (node.kind === "scalar") return node.text;
  if (node.kind === "array") return `[${node.items.map(written).join(",")}]`;
  return `{${node.entries.map(([key, value]) => `${JSON.stringify(key)}:${written(value)}`).join(",")}}`;
};

test("any JSON is read as it is, every digit of it", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = JSON.stringify(value);
      expect(written(parseJson(text)!)).toBe(text);
    }),
  );
  expect(
    written(parseJson('{ "n": 1.10, "big": 12345678901234567890, "a": [ ] , "o": {} , "n": 2}')!),
  ).toBe('{"n":1.10,"big":12345678901234567890,"a":[],"o":{},"n":2}');
});

test("what isn't JSON is null, and depth is no matter", () => {
  expect(parseJson('{"cut": "of')).toBeNull();
  expect(parseJson("")).toBeNull();
  let depth = 0;
  for (
    let node = parseJson(`${"[".repeat(5_000)}${"]".repeat(5_000)}`);
    node?.kind === "array";
    node = node.items[0] ?? null
  )
    depth += 1;
  expect(depth).toBe(5_000);
});
