// What somebody pastes into AWS so that files can be staged: policies and the same as Terraform; isomorphic.
import type { StagingConfig } from "./spec";

type Wish = Pick<StagingConfig, "bucket" | "prefix" | "access" | "roleArn">;

const bucketOf = (wish: Wish) => wish.bucket || "<bucket>";
const objectsOf = (wish: Wish) =>
  `arn:aws:s3:::${bucketOf(wish)}/${wish.prefix.replace(/^\/+|\/+$/g, "") ? `${wish.prefix.replace(/^\/+|\/+$/g, "")}/` : ""}*`;
const json = (value: unknown): string => JSON.stringify(value, null, 2);
const listStatement = (wish: Wish, sid: string) => ({
  Sid: sid,
  Effect: "Allow",
  Action: ["s3:ListBucket", "s3:GetBucketLocation"],
  Resource: `arn:aws:s3:::${bucketOf(wish)}`,
});
const READ = ["s3:GetObject"];
const WRITE = ["s3:PutObject", "s3:DeleteObject"];

/** Of whoever uploads: writes, lists and removes. With keys COPY reads with them too. */
export const uploadPolicy = (wish: Wish): string =>
  json({
    Version: "2012-10-17",
    Statement: [
      listStatement(wish, "TidegateFindsFiles"),
      {
        Sid: "TidegateStagesFiles",
        Effect: "Allow",
        Action: wish.access === "keys" ? [...READ, ...WRITE] : WRITE,
        Resource: objectsOf(wish),
      },
    ],
  });

/** Of the role that COPY assumes: reads only. */
export const copyPolicy = (wish: Wish): string =>
  json({
    Version: "2012-10-17",
    Statement: [
      listStatement(wish, "CopyFindsFiles"),
      { Sid: "CopyReadsFiles", Effect: "Allow", Action: READ, Resource: objectsOf(wish) },
    ],
  });

/** Of the role that UNLOAD assumes: writes and lists. */
export const unloadPolicy = (wish: Wish): string =>
  json({
    Version: "2012-10-17",
    Statement: [
      listStatement(wish, "UnloadFindsFiles"),
      {
        Sid: "UnloadWritesFiles",
        Effect: "Allow",
        Action: ["s3:PutObject"],
        Resource: objectsOf(wish),
      },
    ],
  });

/** Of whoever reads what was unloaded: reads, lists and removes. With keys UNLOAD writes with them too. */
export const collectPolicy = (wish: Wish): string =>
  json({
    Version: "2012-10-17",
    Statement: [
      listStatement(wish, "TidegateFindsFiles"),
      {
        Sid: "TidegateReadsFiles",
        Effect: "Allow",
        Action: [...(wish.access === "keys" ? ["s3:PutObject"] : []), ...READ, "s3:DeleteObject"],
        Resource: objectsOf(wish),
      },
    ],
  });

/** Lets Redshift assume the role. */
export const trustPolicy = (): string =>
  json({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"] },
        Action: "sts:AssumeRole",
      },
    ],
  });

/** The bucket's own policy: nobody by plain HTTP, and the role where it belongs to another account. */
export const bucketPolicy = (wish: Wish): string =>
  json({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "OnlyEncrypted",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [`arn:aws:s3:::${bucketOf(wish)}`, `arn:aws:s3:::${bucketOf(wish)}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
      ...(wish.access === "role"
        ? [
            {
              Sid: "RoleFindsFiles",
              Effect: "Allow",
              Principal: { AWS: wish.roleArn || "<role arn>" },
              Action: ["s3:ListBucket", "s3:GetBucketLocation"],
              Resource: `arn:aws:s3:::${bucketOf(wish)}`,
            },
            {
              Sid: "RoleReadsFiles",
              Effect: "Allow",
              Principal: { AWS: wish.roleArn || "<role arn>" },
              Action: READ,
              Resource: objectsOf(wish),
            },
          ]
        : []),
    ],
  });

const roleName = ({ roleArn }: Wish): string => roleArn.split("/").at(-1) || "TidegateCopy";
/** A Terraform string: quoted, and no template begins in it. */
const quoted = (text: string): string =>
  JSON.stringify(text).replaceAll("${", "$${").replaceAll("%{", "%%{");

/** The same as one Terraform file, with a rule that removes what a crash may leave. */
export function terraform(wish: Wish & Pick<StagingConfig, "region">): string {
  const heredoc = (text: string) =>
    `<<-JSON\n${text
      .split("\n")
      .map((line) => `    ${line}`)
      .join("\n")}\n  JSON`;
  const role = wish.access === "role";
  return [
    `provider "aws" {\n  region = ${quoted(wish.region || "<region>")}\n}`,
    `resource "aws_s3_bucket" "staging" {\n  bucket = ${quoted(bucketOf(wish))}\n}`,
    `resource "aws_s3_bucket_public_access_block" "staging" {\n  bucket                  = aws_s3_bucket.staging.id\n  block_public_acls       = true\n  block_public_policy     = true\n  ignore_public_acls      = true\n  restrict_public_buckets = true\n}`,
    `resource "aws_s3_bucket_lifecycle_configuration" "staging" {\n  bucket = aws_s3_bucket.staging.id\n  rule {\n    id     = "forget-staged-files"\n    status = "Enabled"\n    filter {\n      prefix = ${quoted(wish.prefix)}\n    }\n    expiration {\n      days = 7\n    }\n  }\n}`,
    ...(role
      ? [
          `resource "aws_iam_role" "copy" {\n  name               = ${quoted(roleName(wish))}\n  assume_role_policy = ${heredoc(trustPolicy())}\n}`,
          `resource "aws_iam_role_policy" "copy" {\n  role   = aws_iam_role.copy.id\n  policy = ${heredoc(copyPolicy(wish))}\n}`,
        ]
      : []),
    `resource "aws_iam_user" "upload" {\n  name = "tidegate-upload"\n}`,
    `resource "aws_iam_user_policy" "upload" {\n  user   = aws_iam_user.upload.name\n  policy = ${heredoc(uploadPolicy(wish))}\n}`,
  ].join("\n\n");
}
