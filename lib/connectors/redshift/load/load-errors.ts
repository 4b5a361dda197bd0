// Why a COPY or an UNLOAD failed: who may not use the bucket, or which value of which row doesn't fit.
import type { StagingConfig } from "@/lib/connectors/s3/spec";
import { SyncError } from "@/lib/platform/errors";
import { startOf } from "@/lib/platform/foreign-text";
import type { RedshiftSession, Rows } from "@/lib/connectors/redshift/session/client";
import { loadErrorDetail, loadErrors } from "./load-sql";

/** One refused value, as the warehouse's own views tell it. */
export type RefusedValue = {
  file: string;
  line: number;
  column: string;
  type: string;
  value: string | null;
  reason: string;
  /** The beginning of the line as it was in the file; null where only the newer view is there. */
  raw: string | null;
};

/**
 * What COPY noted for the files under `prefix`; of the two views the one that knows more, if the first knows fewer than
 * `expected`. A view that isn't there (42P01 on Serverless) or isn't granted (42501 on Multi-AZ clusters) knows nothing.
 */
export async function readLoadErrors(
  session: RedshiftSession,
  prefix: string,
  limit: number,
  expected: number,
  signal: AbortSignal,
): Promise<RefusedValue[]> {
  const read = (statement: string): Promise<Rows> =>
    session.query(statement, signal).catch((error: unknown) => {
      if (error instanceof SyncError && /^(42P01|42501)$/.test(error.detail.code ?? "")) return [];
      throw error;
    });
  const older = await read(loadErrors(prefix, limit));
  const newer = older.length < expected ? await read(loadErrorDetail(prefix, limit)) : [];
  const rows = newer.length > older.length ? newer : older;
  return rows.map(([file, line, column, type, length, value, reason, raw]) => ({
    file: file?.split("/").at(-1) ?? "",
    line: Number(line ?? 0),
    column: column ?? "",
    type: /char/.test(type ?? "") && Number(length) > 0 ? `${type}(${length})` : (type ?? ""),
    value: value ?? null,
    reason: reason ?? "",
    raw: raw ?? null,
  }));
}

const SHOWN = 60;
const shorten = (text: string): string => (text.length > SHOWN ? `${startOf(text, SHOWN)}…` : text);

/** One refused value in a sentence. */
export const refusalText = ({ file, line, column, type, value, reason }: RefusedValue): string =>
  `Line ${line} of ${file}${column ? `, column “${column}” (${type})` : ""}${value === null ? "" : `, value “${shorten(value)}”`}: ${reason}.`.replace(
    "..",
    ".",
  );

type Known = {
  match: RegExp;
  message: (staging: StagingConfig) => string;
  remedy: (staging: StagingConfig) => string;
};

const mayNotAssume: Known = {
  match: /not authorized to assume IAM Role/i,
  message: ({ roleArn }) => `The cluster may not assume the role ${roleArn}.`,
  remedy: () =>
    "Attach the role to the cluster or workgroup, and let the role's trust policy name redshift.amazonaws.com.",
};
const denied = (what: (staging: StagingConfig) => string, remedy: string): Known => ({
  match: /Error (AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|403)/i,
  message: (staging) =>
    `${staging.access === "role" ? `The role ${staging.roleArn}` : "The access key"} may not ${what(staging)}.`,
  remedy: () => remedy,
});
const elsewhere = (page: string): Known => ({
  match: /PermanentRedirect|bucket.*must be addressed|AuthorizationHeaderMalformed/i,
  message: ({ bucket, region }) => `The bucket “${bucket}” isn't in the region ${region}.`,
  remedy: () => `Enter the bucket's own region under ${page}.`,
});
const noBucket = (match: RegExp, command: string): Known => ({
  match,
  message: ({ bucket }) => `${command} finds no bucket named “${bucket}”.`,
  remedy: () => "Check the bucket's name.",
});

export const isLoadFailure = (error: unknown): error is SyncError =>
  error instanceof SyncError &&
  /stl_load_errors|sys_load_error_detail|Load into table .* failed/i.test(
    error.detail.serverText ?? "",
  );

/** S3 said nothing, or not all of it: the warehouse's own words for what goes wrong on the way. */
const UNREACHED = /S3CurlException|CurlError \d|Connection timed out after \d+ milliseconds/i;

/** How a statement that goes to S3 is explained: what passes by itself, and what somebody has to mend. */
function explainer({
  passing,
  sentence,
  known,
}: {
  passing: RegExp;
  sentence: string;
  known: readonly Known[];
}) {
  return (error: unknown, staging: StagingConfig): unknown => {
    if (!(error instanceof SyncError) || error.detail.code !== "XX000") return error;
    const text = error.detail.serverText ?? "";
    const said = { serverText: text, code: error.detail.code };
    if (UNREACHED.test(text))
      return new SyncError(
        "Redshift didn't reach S3.",
        "transient",
        {
          ...said,
          remedy:
            "If it stays so: with enhanced VPC routing the cluster's network needs a way to S3, such as a gateway endpoint.",
        },
        { cause: error },
      );
    if (!/S3ServiceException|IAM Role|does not exist|unload destination/i.test(text)) return error;
    if (passing.test(text)) return new SyncError(sentence, "transient", said, { cause: error });
    const found = known.find(({ match }) => match.test(text));
    return found
      ? new SyncError(
          found.message(staging),
          "user-fixable",
          { ...said, remedy: found.remedy(staging) },
          { cause: error },
        )
      : error;
  };
}

/** A COPY's error in words; any other is given back as it is. */
export const explainCopy = explainer({
  passing: /Status 50\d|SlowDown/i,
  sentence: "S3 didn't give the staged files to Redshift.",
  known: [
    mayNotAssume,
    denied(
      ({ bucket }) => `read the staged files in “${bucket}”`,
      "COPY needs s3:GetObject on the files and s3:ListBucket on the bucket: attach the permission policy.",
    ),
    elsewhere("Staging"),
    noBucket(/NoSuchBucket/i, "COPY"),
    {
      match: /NoSuchKey|does not exist/i,
      message: () => "A staged file was gone when COPY wanted to read it.",
      remedy: () =>
        "Look whether a lifecycle rule, or somebody else, deletes files under this prefix.",
    },
  ],
});

/** An UNLOAD's error in words; any other is given back as it is. */
export const explainUnload = explainer({
  passing: /Status 50\d|SlowDown|NoSuchKey|unload destination on S3 is not empty/i,
  sentence: "S3 didn't take the files of the UNLOAD.",
  known: [
    mayNotAssume,
    denied(
      ({ bucket }) => `write to “${bucket}”`,
      "UNLOAD needs s3:PutObject on the files and s3:ListBucket on the bucket: attach the permission policy.",
    ),
    elsewhere("Large reads"),
    noBucket(/NoSuchBucket|does not exist/i, "UNLOAD"),
  ],
});
