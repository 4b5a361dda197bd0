import fc from "fast-check";
import { expect, test } from "vitest";
import { prettyJson } from "@/components/ui/pretty-json";

test("looks as JSON.stringify would write it, for any JSON", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const compact = JSON.stringify(JSON.parse(text));
      expect(prettyJson(compact)).toBe(JSON.stringify(JSON.parse(text), null, 2));
    }),
  );
});

test("digits that a double can't hold stay", () => {
  expect(prettyJson('{"n":12345678901234567890.123456789}')).toBe(
    '{\n  "n": 12345678901234567890.123456789\n}',
  );
});
