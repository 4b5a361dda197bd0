import { expect, test } from "vitest";
import { holding, listAddress, listSchema, partOf } from "@/lib/platform/pages";

test("what an address says wrongly is as if it weren't there", () => {
  expect(listSchema.parse({})).toEqual({ search: "", page: 1 });
  expect(listSchema.parse({ search: " a ", page: "3" })).toEqual({ search: "a", page: 3 });
  for (const page of ["0", "-1", "x", "1.5", "99999999", ["1", "2"]])
    expect(listSchema.parse({ page }).page).toBe(1);
});

test("an address leads to the page that it was made for", () => {
  for (const list of [
    { search: "", page: 1 },
    { search: "a&b=c", page: 1 },
    { search: "ä %", page: 7 },
  ]) {
    const address = new URL(listAddress("/sources", list), "http://localhost");
    expect(listSchema.parse(Object.fromEntries(address.searchParams))).toEqual(list);
  }
  expect(listAddress("/sources", { search: "", page: 1 })).toBe("/sources");
  expect(partOf({ page: 3 })).toEqual({ skip: 100, take: 50 });
});

test("a searched text is no pattern", () => {
  expect(holding("50 %_\\").contains).toBe("50 \\%\\_\\\\");
});
