import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { keyFrom } from "@/lib/platform/key-ring";
import { open, rewrap, seal } from "@/lib/platform/secret-box";

const key = () => keyFrom(randomBytes(32).toString("base64"));

test("a sealed secret opens for its own record and hides its text", () => {
  const k = key();
  const sealed = seal("record-1", { password: "Tide-Gate-1" }, [k]);
  expect(sealed).not.toContain("Tide");
  expect(Buffer.from(sealed.split(".")[3] ?? "", "base64url").includes("Tide")).toBe(false);
  expect(open("record-1", sealed, [k])).toEqual({ password: "Tide-Gate-1" });
});

test("moved to another record it does not open, nor does one half of another", () => {
  const k = key();
  const mine = seal("record-1", "x", [k]);
  const [version, id, wrapped] = mine.split(".");
  const [, , , body] = seal("record-1", "y", [k]).split(".");
  expect(() => open("record-2", mine, [k])).toThrow();
  expect(() => open("record-1", [version, id, wrapped, body].join("."), [k])).toThrow();
});

test.each([2, 3])("one changed character is noticed (part %i), and not wrapped anew", (part) => {
  const k = key();
  const parts = seal("record-1", "a secret", [k]).split(".");
  const text = parts[part] ?? "";
  const at = text.length - 3;
  parts[part] = text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
  expect(() => open("record-1", parts.join("."), [k])).toThrow();
  expect(() => rewrap("record-1", parts.join("."), [key(), k])).toThrow();
});

test("the same secret is never sealed to the same text twice", () => {
  const k = key();
  expect(seal("r", "x", [k])).not.toBe(seal("r", "x", [k]));
});

test("with a new key in front, what the old key sealed still opens; wrapped anew it needs the old one no more", () => {
  const old = key();
  const fresh = key();
  const sealed = seal("r", "x", [old]);
  expect(open("r", sealed, [fresh, old])).toBe("x");
  expect(() => open("r", sealed, [fresh])).toThrow(old.id);
  expect(open("r", rewrap("r", sealed, [fresh, old]), [fresh])).toBe("x");
});
