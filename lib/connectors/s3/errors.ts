// What went wrong between us and S3, said plainly.
import { messageOf, SyncError, withoutSecrets, type Fault } from "@/lib/platform/errors";
import { explainRefusal, NetworkRefused } from "@/lib/platform/network/guard";
import type { StagingConfig } from "./spec";

type Known = { message: string; fault: Fault; remedy?: string };
type Rule = (staging: StagingConfig, action: string) => Known;

const fix = (message: string, remedy: string): Known => ({
  message,
  fault: "user-fixable",
  remedy,
});
const passing = (message: string, remedy?: string): Known => ({
  message,
  fault: "transient",
  ...(remedy && { remedy }),
});
const wrongRegion: Rule = ({ bucket, region }) =>
  fix(
    `The bucket “${bucket}” isn't in the region ${region}.`,
    "Enter the region that the bucket's page in AWS shows.",
  );
const silent: Rule = ({ endpoint }) =>
  passing(
    `S3 doesn't answer${endpoint ? ` at ${endpoint}` : ""}.`,
    "Check the endpoint and this machine's network.",
  );

const rules: Record<string, Rule> = {
  NoSuchBucket: ({ bucket }) =>
    fix(
      `There is no bucket named “${bucket}”.`,
      "Check the name, and that the keys belong to the bucket's account.",
    ),
  NoSuchKey: ({ bucket }) =>
    passing(
      `A file in the bucket “${bucket}” is gone.`,
      "Look whether a lifecycle rule, or somebody else, deletes files under this prefix.",
    ),
  AccessDenied: ({ bucket }, action) =>
    fix(
      `${action} on the bucket “${bucket}” is denied.`,
      "Attach the permission policy to the user or role that uploads, and look for a bucket policy that denies it.",
    ),
  InvalidAccessKeyId: () =>
    fix("The access key id is not known to S3.", "Check the access key id, or make a new key."),
  SignatureDoesNotMatch: () =>
    fix(
      "The secret access key is not the one that belongs to the access key id.",
      "Enter the secret again, or make a new key.",
    ),
  ExpiredToken: () =>
    fix(
      "The temporary keys that this machine has for AWS have run out.",
      "Renew them, or enter access keys.",
    ),
  CredentialsProviderError: () =>
    fix(
      "This machine has no keys for AWS of its own.",
      "Enter access keys for the upload, or run Tidegate where it has a role: an instance profile, a task role, or a profile in ~/.aws.",
    ),
  PermanentRedirect: wrongRegion,
  AuthorizationHeaderMalformed: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  RequestTimeTooSkewed: () =>
    fix("This machine's clock is too far from S3's.", "Set the clock, best by a time server."),
  ENOTFOUND: ({ endpoint, region }) =>
    fix(
      `There is no host named as in ${endpoint || `s3.${region}.amazonaws.com`}.`,
      "Check the endpoint and the region.",
    ),
  ECONNREFUSED: silent,
  ECONNRESET: silent,
  ETIMEDOUT: silent,
  EHOSTUNREACH: silent,
  TimeoutError: silent,
  SlowDown: () => passing("S3 asks to slow down."),
};

/** Every cause that has a message of its own. */
export const knownCauses: readonly string[] = Object.keys(rules);

type Raw = {
  name?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number };
  $response?: { headers?: Record<string, string> };
};

/** What a status alone says of a request whose answer has no body. */
function codeByStatus(status: number | undefined, action: string): string | undefined {
  const isBucket = action === "HeadBucket";
  if (status === 301 || (status === 400 && isBucket)) return "PermanentRedirect";
  if (status === 403) return "AccessDenied";
  return status === 404 && isBucket ? "NoSuchBucket" : undefined;
}

/** Anything that the SDK threw, as a SyncError; `action` is the S3 action that was tried, such as “PutObject”. Secrets never appear. */
export function toS3Error(
  error: unknown,
  staging: StagingConfig,
  action: string,
  secrets: string[],
): SyncError {
  if (error instanceof SyncError) return error;
  if (error instanceof NetworkRefused) {
    const { message, remedy } = explainRefusal(error);
    return new SyncError(message, "user-fixable", { remedy, code: error.code }, { cause: error });
  }
  const raw = (typeof error === "object" && error !== null ? error : {}) as Raw;
  const status = raw.$metadata?.httpStatusCode;
  // a HEAD has no body, so no code: the status alone tells
  const byStatus = codeByStatus(status, action);
  const code =
    [raw.name, raw.code, byStatus].find((each) => each !== undefined && each in rules) ??
    raw.code ??
    raw.name ??
    "";
  const known =
    rules[code]?.(staging, action) ??
    (status === undefined || status >= 500 || status === 429
      ? passing("S3 could not carry out the request.")
      : fix(`S3 refused ${action}.`, "See S3's own text."));
  const text = withoutSecrets(messageOf(error), secrets);
  return new SyncError(
    known.message,
    known.fault,
    { remedy: known.remedy, code: code || String(status ?? ""), serverText: text },
    { cause: error },
  );
}

/** The region that a refusal for the wrong one names. */
export const regionIn = (error: unknown): string | undefined =>
  (error as Raw | undefined)?.$response?.headers?.["x-amz-bucket-region"];
