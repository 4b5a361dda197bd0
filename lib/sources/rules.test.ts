import { describe, expect, test } from "vitest";
import type { StagingConfig } from "@/lib/connectors/s3/spec";
import type { Mapping } from "@/lib/event/mapping";
import { defaultMapping } from "@/lib/event/rules";
import { manualSchedule } from "@/lib/schedule/schema";
import {
  editChanges,
  identityProblem,
  isSamePlace,
  mappingChanges,
  rowsLost,
  sourceMappingProblems,
} from "@/lib/sources/rules";

test("the identity rule is the seed's, word for word", () => {
  expect(identityProblem([{ name: "id" }, { name: "e_mail" }])).toBe(
    "Your table must include one of the following columns - email, user_id, or anonymous_id.",
  );
  expect(identityProblem([{ name: "anonymous_id" }])).toBeNull();
});

const mapping: Mapping = {
  columns: [
    { column: "email", traitKey: "email" },
    { column: "plan", traitKey: "plan" },
  ],
  userId: "email",
  anonymousId: null,
};
const before = { name: "Customers", credentialId: "1", mapping, schedule: manualSchedule };

test("columns in another order make the same events", () => {
  expect(mappingChanges(mapping, { ...mapping, columns: mapping.columns.toReversed() })).toEqual(
    [],
  );
});

test("added, left out, renamed, and identified otherwise: each is named", () => {
  const after: Mapping = {
    columns: [
      { column: "email", traitKey: "contact.email" },
      { column: "city", traitKey: "city" },
    ],
    userId: null,
    anonymousId: "anon",
  };
  expect(mappingChanges(mapping, after)).toEqual([
    { what: "userId", from: "email", to: "—" },
    { what: "anonymousId", from: "—", to: "anon" },
    { what: "Trait key of “email”", from: "email", to: "contact.email" },
    { what: "Column “plan” is left out", from: "plan", to: "—" },
    { what: "Column “city” is added", from: "—", to: "city" },
  ]);
});

test("an edit says what each of its changes means, and nothing of what stays", () => {
  expect(editChanges(before, before, null)).toEqual([]);
  const groups = editChanges(
    before,
    {
      name: "Clients",
      mapping: { ...mapping, columns: mapping.columns.slice(1) },
      schedule: { ...manualSchedule, frequency: "interval", every: 45 },
    },
    { from: "old", to: "new", sameDatabase: true },
  );
  expect(groups.map(({ title }) => title)).toEqual([
    "Columns and traits",
    "Credentials",
    "Schedule",
    "Name",
  ]);
  expect(groups[0]?.means).toContain("every row is sent again");
  expect(groups[1]?.means).toContain("stays known");
  expect(groups[2]?.changes).toEqual([
    { what: "Run Frequency", from: "Manual", to: "Every 45 minutes" },
  ]);
});

test("credentials of another database make the next run a full one", () => {
  const [group] = editChanges(before, before, { from: "old", to: "new", sameDatabase: false });
  expect(group?.means).toContain("every row is sent again");
});

test("rows that a key would lose are counted once each", () => {
  expect(rowsLost({ nullRows: 2, duplicateRows: 5, longRows: 1, emptyRows: 1 })).toBe(9);
  expect(rowsLost({ nullRows: 0, duplicateRows: 3, longRows: 0, emptyRows: 3 })).toBe(3);
  expect(rowsLost({ nullRows: 0, duplicateRows: 0, longRows: 0, emptyRows: 0 })).toBe(0);
});

test("files lie where they lay as long as bucket, endpoint and prefix are the same", () => {
  const config: StagingConfig = {
    bucket: "mine",
    prefix: "tidegate",
    region: "eu-central-1",
    endpoint: "",
    access: "keys",
    roleArn: "",
    accessKeyId: "AKIA1",
  };
  expect(isSamePlace(config, { ...config, region: "eu-west-1" })).toBe(true);
  expect(isSamePlace(config, { ...config, prefix: "other" })).toBe(false);
});

describe("what a change set can't hold", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ name: `c${index}` }));
  const errorsOf = (columns: { name: string; unusable?: string }[]) =>
    sourceMappingProblems({ ...defaultMapping(columns), userId: "c0" }, columns).map(
      ({ message }) => message,
    );

  test("1,594 columns are the most, the identifiers among them", () => {
    expect(errorsOf(many(1_594))).toEqual([]);
    expect(errorsOf(many(1_595))).toEqual([expect.stringContaining("1,595 columns are selected")]);
    const columns = many(1_595);
    const withoutTheId = { ...defaultMapping(columns.slice(1)), userId: "c0" };
    expect(sourceMappingProblems(withoutTheId, columns)).toHaveLength(1);
  });

  test("a column that can't be sent is left out, and refused where it is chosen all the same", () => {
    const columns = [{ name: "c0" }, { name: "sketch", unusable: "A sketch has no text." }];
    expect(errorsOf(columns)).toEqual([]);
    const mapping = {
      columns: [{ column: "sketch", traitKey: "sketch" }],
      userId: "sketch",
      anonymousId: null,
    };
    expect(sourceMappingProblems(mapping, columns).map(({ message }) => message)).toEqual([
      "“sketch” can't be the user id. A sketch has no text.",
      "The column “sketch” can't be sent. A sketch has no text.",
    ]);
  });
});
