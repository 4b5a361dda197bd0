import { describe, expect, test } from "vitest";
import type { Mapping } from "./mapping";
import { defaultMapping, mappingProblems } from "./rules";

const columns = (...names: string[]) => names.map((name) => ({ name }));
const mapped = (
  keys: Record<string, string>,
  ids: Partial<Pick<Mapping, "userId" | "anonymousId">> = { userId: Object.keys(keys)[0] ?? null },
): Mapping => ({
  columns: Object.entries(keys).map(([column, traitKey]) => ({ column, traitKey })),
  userId: null,
  anonymousId: null,
  ...ids,
});
const problemsOf = (keys: Record<string, string>) =>
  mappingProblems(mapped(keys), columns(...Object.keys(keys))).map(
    ({ column, severity }) => `${column} ${severity}`,
  );

describe("the default mapping", () => {
  test.each([
    [
      ["id", "user_id", "email", "anonymous_id"],
      { userId: "user_id", anonymousId: "anonymous_id" },
    ],
    [["id", "email"], { userId: "email", anonymousId: null }],
    [["anonymous_id", "email"], { userId: null, anonymousId: "anonymous_id" }],
    [["id"], { userId: null, anonymousId: null }],
  ])("of %j identifies by %j", (names, ids) => {
    expect(defaultMapping(columns(...names))).toEqual({
      columns: names.map((name) => ({ column: name, traitKey: name })),
      ...ids,
    });
  });
  test("of a table with an identifier is free of problems", () => {
    expect(
      mappingProblems(
        defaultMapping(columns("id", "email", "Überschrift", "a b")),
        columns("id", "email", "Überschrift", "a b"),
      ),
    ).toEqual([]);
  });
});

test.each([
  [{ a: "x", b: "x" }, ["a error", "b error"]],
  [{ a: "x", b: "x.y" }, ["a error"]],
  [{ a: "x.y.z", b: "x.y" }, ["b error"]],
  [{ a: "x.y", b: "x.z", c: "xy" }, []],
  [{ a: "" }, ["a error"]],
  [{ a: "x..y" }, ["a error"]],
  [{ a: ".x" }, ["a error"]],
  [{ a: "x." }, ["a error"]],
  [{ a: "__proto__" }, ["a error"]],
  [{ a: "x.constructor" }, ["a error"]],
  [{ a: "timestamp" }, ["a warning"]],
  [{ a: "x.timestamp" }, []],
])("%j → %j", (keys, problems) =>
  expect(problemsOf(keys as Record<string, string>)).toEqual(problems),
);

test("nothing selected, nothing to identify by, columns that are gone or twice", () => {
  expect(mappingProblems(mapped({}, {}), columns("a")).map(({ column }) => column)).toEqual([
    null,
    null,
  ]);
  expect(
    mappingProblems(mapped({ gone: "g" }, { userId: "away" }), columns("a")).map(
      ({ column }) => column,
    ),
  ).toEqual(["away", "gone"]);
  const twice = {
    ...mapped({ a: "x" }),
    columns: [
      { column: "a", traitKey: "x" },
      { column: "a", traitKey: "y" },
    ],
  };
  expect(mappingProblems(twice, columns("a")).map(({ severity }) => severity)).toEqual([
    "error",
    "error",
  ]);
});
