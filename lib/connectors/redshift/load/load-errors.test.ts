import { expect, test } from "vitest";
import { stagingDefaults } from "@/lib/connectors/s3/spec";
import { SyncError } from "@/lib/platform/errors";
import { explainCopy, explainUnload } from "./load-errors";

const told = (serverText: string, explain = explainCopy) =>
  explain(
    new SyncError("The warehouse refused a statement.", "terminal", { serverText, code: "XX000" }),
    { ...stagingDefaults, bucket: "stage", roleArn: "arn:aws:iam::123456789012:role/Copy" },
  );

test.each([
  [
    "S3CurlException: Connection timed out after 50001 milliseconds, CurlError 28, multiCurlError 0, CanRetry 1, UserError 0",
  ],
  ["S3CurlException: read ECONNRESET, CurlError 56, multiCurlError 0, CanRetry 1, UserError 0"],
  ["Connection timed out after 50000 milliseconds"],
])("a bucket that COPY or UNLOAD doesn't reach is tried again: %s", (text) => {
  for (const explain of [explainCopy, explainUnload])
    expect(told(text, explain)).toMatchObject({
      fault: "transient",
      message: "Redshift didn't reach S3.",
      detail: { serverText: text, code: "XX000" },
    });
});

test("a bucket that asks to slow down is tried again; one that refuses is somebody's to mend; anything else stays as it is", () => {
  expect(
    told(
      "S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown,Rid 1,CanRetry 1",
    ),
  ).toMatchObject({ fault: "transient" });
  expect(
    told("S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid 1,CanRetry 1"),
  ).toMatchObject({ fault: "user-fixable" });
  expect(told("S3ServiceException:gone,Status 404,Error NoSuchKey,Rid 1,CanRetry 1")).toMatchObject(
    { fault: "user-fixable" },
  );
  expect(told("out of spells")).toMatchObject({
    fault: "terminal",
    message: "The warehouse refused a statement.",
  });
});
