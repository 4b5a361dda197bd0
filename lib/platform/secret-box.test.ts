import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { keyFrom, open, seal } from "@/lib/platform/secret-box";

const key = () => keyFrom(randomBytes(32).toString("base64"));

test("a sealed secret opens for its own record and hides its text", () => {
  const k = key();
  const sealed = seal("record-1", { password: "Tide-Gate-1" }, k);
  expect(sealed).not.toContain("Tide");
  expect(open("record-1", sealed, [k])).toEqual({ password: "Tide-Gate-1" });
});

test("moved to another record it does not open", () => {
  const k = key();
  expect(() => open("record-2", seal("record-1", "x", k), [k])).toThrow();
});

test("one changed character is noticed", () => {
  const k = key();
  const sealed = seal("record-1", "a secret", k);
  const at = sealed.length - 3;
  const changed = sealed.slice(0, at) + (sealed[at] === "A" ? "B" : "A") + sealed.slice(at + 1);
  expect(() => open("record-1", changed, [k])).toThrow();
});

test("the same secret is never sealed to the same text twice", () => {
  const k = key();
  expect(seal("r", "x", k)).not.toBe(seal("r", "x", k));
});

test("with a new key in front, what the old key sealed still opens; without the old key it says which is missing", () => {
  const old = key();
  const fresh = key();
  const sealed = seal("r", "x", old);
  expect(open("r", sealed, [fresh, old])).toBe("x");
  expect(() => open("r", sealed, [fresh])).toThrow(old.id);
});
