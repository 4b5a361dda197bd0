import { expect, test } from "vitest";
import { SyncError } from "@/lib/platform/errors";
import { foreignText, isStorable, startOf, storable } from "@/lib/platform/foreign-text";

const HALF = "\uD83D";

test.each([
  ["a zero byte", "a\0b", "a␀b"],
  ["half of an emoji", `a${HALF}`, "a\uFFFD"],
  ["the other half", "\uDE00a", "\uFFFDa"],
  ["an escape for terminals", "\u001b[31mred\u007f\u0085", "␛[31mred␡\uFFFD"],
  ["lines, tabs and whole emoji", "a\tb\r\n😀 é", "a\tb\r\n😀 é"],
])("%s can be kept and seen", (_, text, shown) => {
  expect(foreignText(text)).toBe(shown);
  expect(isStorable(foreignText(text))).toBe(true);
});

test("a text is cut between characters, wherever the bound falls, and says that it was cut", () => {
  for (let most = 1; most < 12; most += 1) {
    expect(foreignText("😀😀😀a😀😀", most).isWellFormed()).toBe(true);
    expect(foreignText("😀😀😀a😀😀", most).length).toBeLessThanOrEqual(most);
  }
  expect(foreignText("😀😀", 4)).toBe("😀😀");
  expect(foreignText("😀😀x", 4)).toBe("😀…");
  expect(startOf("a😀", 2)).toBe("a");
  expect(startOf("a😀", 3)).toBe("a😀");
});

test("what a failure says is foreign text, whoever makes it", () => {
  const { message, detail } = new SyncError(`refused a\0b${HALF}`, "terminal", {
    serverText: `${"x".repeat(9_998)}😀 and more`,
    remedy: "line\0",
    code: "2\0",
    retryAfterMs: 5,
  });
  expect(message).toBe("refused a␀b\uFFFD");
  expect(detail).toEqual({
    serverText: `${"x".repeat(9_998)}…`,
    remedy: "line␀",
    code: "2␀",
    retryAfterMs: 5,
  });
});

test("what goes to the database is made storable however deep, and is the same object where nothing is to be done", () => {
  const at = new Date();
  const bytes = Buffer.from("\0");
  const clean = { data: { name: "a", list: ["b", { c: 1 }], at, bytes, none: undefined } };
  expect(storable(clean)).toBe(clean);
  expect(storable({ data: { "n\0": [{ text: `x${HALF}` }], at, bytes } })).toEqual({
    data: { "n␀": [{ text: "x\uFFFD" }], at, bytes },
  });
});
