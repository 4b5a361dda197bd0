import { expect, test } from "vitest";
import type { Mapping } from "./mapping";
import { mappingHash, selectionOf } from "./selection";

const table = { schema: "shop", table: "users", keys: ["id"] };
const mapping: Mapping = {
  columns: [
    { column: "id", traitKey: "id" },
    { column: "plan", traitKey: "plan" },
  ],
  userId: "email",
  anonymousId: null,
};
const hash = (changed: Partial<Mapping> = {}, at = {}) =>
  mappingHash(
    { ...mapping, ...changed },
    selectionOf({ ...mapping, ...changed }, { ...table, ...at }),
  );

test("identifiers are read even where they are no traits, and nothing is read twice", () => {
  expect(selectionOf(mapping, table)).toEqual({ ...table, columns: ["email", "id", "plan"] });
  expect(selectionOf({ ...mapping, userId: "id", anonymousId: "id" }, table).columns).toEqual([
    "id",
    "plan",
  ]);
});

test("the hash changes with whatever changes an event, and not with the order of columns", () => {
  expect(hash()).toMatch(/^[0-9a-f]{64}$/);
  expect(hash({ columns: [...mapping.columns].reverse() })).toBe(hash());
  const others = [
    hash({ columns: mapping.columns.slice(1) }),
    hash({ columns: [{ column: "id", traitKey: "key" }, mapping.columns[1]!] }),
    hash({ userId: null }),
    hash({ anonymousId: "email" }),
    hash({}, { table: "others" }),
    hash({}, { keys: ["email"] }),
    hash({}, { keys: ["id", "email"] }),
  ];
  expect(new Set([hash(), ...others]).size).toBe(others.length + 1);
});
