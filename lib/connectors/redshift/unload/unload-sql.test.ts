import { expect, test } from "vitest";
import type { StagingConfig } from "@/lib/connectors/s3/spec";
import { SyncError } from "@/lib/platform/errors";
import { describeColumn } from "@/lib/connectors/redshift/catalog/columns";
import { explainUnload } from "@/lib/connectors/redshift/load/load-errors";
import * as sql from "./unload-sql";

const staging: StagingConfig = {
  bucket: "my-bucket",
  prefix: `x'y\\z`,
  region: "eu-central-1",
  endpoint: "",
  access: "role",
  roleArn: "arn:aws:iam::123456789012:role/TidegateUnload",
  accessKeyId: "AKIA",
};
const secret = { secretAccessKey: "s3cr3t/Key+" };
const types = [
  "integer",
  "bigint",
  "numeric(38,9)",
  "double precision",
  "real",
  "boolean",
  "date",
  "time",
  "timetz",
  "timestamp",
  "timestamptz",
  "char(4)",
  "varchar(40)",
  "super",
  "varbyte(8)",
  "varbyte(65535)",
  "geometry",
  "geography",
  "interval day to second",
];
const columns = types.map((dataType, index) =>
  describeColumn({
    name: `column ${index}`,
    dataType,
    maxLength: null,
    precision: null,
    scale: null,
  }),
);
const delta = {
  connectionId: "0190c1f2-7d3e-7000-8000-0123456789ab",
  runId: "0190c1f2-7d3e-7000-8000-0123456789ac",
  columns,
};
const plan = {
  ...delta,
  rowsPerPart: 5_000,
  staging,
  secret,
  path: `x'y\\z/unload/connection/run/v1-5000-00000000/`,
};

test("every statement of an UNLOAD, with every type and names that bite", async () => {
  const sample = sql.unloadSample(
    "tidegate_check_0f",
    [
      { key: "1", text: `a"b'c\\d\n`, note: "" },
      { key: "2", text: "", note: null },
    ],
    plan,
  );
  const statements: Record<string, string> = {
    "how large": sql.measure(delta),
    "how large, without floats": sql.measure({ ...delta, columns: columns.slice(0, 2) }),
    "the largest part": sql.largestPart(delta, 5_000),
    "UNLOAD as a role": sql.unload(plan),
    "UNLOAD with keys": sql.unload({
      ...plan,
      columns: columns.slice(0, 1),
      staging: { ...staging, access: "keys" },
    }),
    count: sql.lastUnloadCount,
    "the table of the check": [sample.create, sample.insert].join(";\n"),
    "the sample of the check": sample.unload,
  };
  await expect(
    Object.entries(statements)
      .map(([name, text]) => `── ${name}\n${text}\n`)
      .join("\n"),
  ).toMatchFileSnapshot("./unload-sql.golden.txt");
  for (const [name, text] of Object.entries(statements))
    if (!name.includes("keys")) expect(text).not.toContain(secret.secretAccessKey);
});

test("a role or keys that are not AWS's make no statement", () => {
  expect(() =>
    sql.unload({
      ...plan,
      staging: { ...staging, roleArn: "arn:aws:iam::123456789012:role/x' ALLOWOVERWRITE --" },
    }),
  ).toThrow("not such as AWS makes them");
  expect(() =>
    sql.unload({
      ...plan,
      staging: { ...staging, access: "keys" },
      secret: { secretAccessKey: "a'b" },
    }),
  ).toThrow("not such as AWS makes them");
});

test.each([
  [
    "User arn:aws:redshift:x is not authorized to assume IAM Role arn:aws:iam::123456789012:role/TidegateUnload",
    "user-fixable",
    "The cluster may not assume the role",
  ],
  [
    "S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid 1,CanRetry 1",
    "user-fixable",
    "may not write to “my-bucket”",
  ],
  [
    "S3ServiceException:The bucket you are attempting to access must be addressed using the specified endpoint.,Status 301,Error PermanentRedirect,Rid 1",
    "user-fixable",
    "isn't in the region eu-central-1",
  ],
  [
    "S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket,Rid 1",
    "user-fixable",
    "UNLOAD finds no bucket",
  ],
  [
    "S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown,Rid 1,CanRetry 1",
    "transient",
    "S3 didn't take the files",
  ],
  ["something else", "terminal", "The warehouse refused a statement."],
])("“%s” is %s", (serverText, fault, message) => {
  expect(
    explainUnload(
      new SyncError("The warehouse refused a statement.", "terminal", {
        code: "XX000",
        serverText,
      }),
      staging,
    ),
  ).toMatchObject({ fault, message: expect.stringContaining(message) });
});
