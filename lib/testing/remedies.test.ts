// docs/remedies.md is made here: every cause that the product tells apart, what it says of it and what it says to do.
import { expect, test } from "vitest";
import { networkError, statusError } from "@/lib/connectors/http/errors";
import * as postgres from "@/lib/connectors/postgres/errors";
import { postgresConfigSchema } from "@/lib/connectors/postgres/spec";
import { explainCopy, explainUnload } from "@/lib/connectors/redshift/load/load-errors";
import * as redshift from "@/lib/connectors/redshift/session/errors";
import * as s3 from "@/lib/connectors/s3/errors";
import * as ssh from "@/lib/connectors/ssh/errors";
import { noTunnel } from "@/lib/connectors/ssh/spec";
import { SyncError } from "@/lib/platform/errors";

const tunnel = {
  ...noTunnel,
  use: true,
  host: "bastion.example",
  user: "tidegate",
  hostKey: "SHA256:pinned",
};
const warehouse = {
  host: "cluster.example",
  port: 5439,
  database: "dev",
  user: "reader",
  tunnel,
};
const staging = {
  endpoint: "",
  accessKeyId: "",
  bucket: "bucket",
  prefix: "tidegate",
  region: "eu-central-1",
  access: "role" as const,
  roleArn: "arn:aws:iam::123456789012:role/loader",
};
const database = {
  ...postgresConfigSchema.parse({
    host: "postgres.example",
    port: 5432,
    database: "crm",
    user: "loader",
    sslMode: "off",
    caCertificate: "",
  }),
  targetSchema: "public",
};

type Told = { message: string; fault: string; remedy?: string; causes?: string[] };
const ofError = ({ message, fault, detail }: SyncError): Told => ({
  message,
  fault,
  remedy: detail.remedy,
});
const ofDiagnosis = ({ message, fault, remedy }: ReturnType<typeof redshift.diagnose>): Told => ({
  message,
  fault,
  remedy: [remedy?.text, remedy?.sql].filter(Boolean).join("\n"),
  causes: remedy?.causes,
});
const withCode = (code: string, message = "the server's own text") =>
  Object.assign(new Error(message), { code });

/** Texts by which a cause with one code is told apart. */
const texts: Record<string, string[]> = {
  CONNECTION_LIMIT: ["too many connections for user", "too many connections for database"],
  "42501": ["permission denied for relation people", "permission denied for schema _rudderstack"],
  "3F000": ['schema "crm" does not exist', 'schema "_rudderstack" does not exist'],
};

const postgresTexts: Record<string, string[]> = {
  "42501": [
    "permission denied for schema public",
    "permission denied for table people",
    "must be owner of table people",
  ],
  "53300": ["sorry, too many clients already", 'too many connections for role "loader"'],
};

const copyTexts = [
  "User arn:aws:redshift:eu-central-1:123456789012:dbuser:c/reader is not authorized to assume IAM Role arn:aws:iam::123456789012:role/loader",
  "S3ServiceException:Access Denied,Status 403,Error AccessDenied",
  "S3ServiceException:The bucket is in another region,Status 301,Error PermanentRedirect",
  "S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket",
  "S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey",
  "S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown",
  "S3CurlException: Connection timed out after 50001 milliseconds, CurlError 28",
];
const internal = (text: string) =>
  new SyncError("The warehouse refused a statement.", "terminal", {
    code: "XX000",
    serverText: text,
  });

const sections: [string, [string, Told][]][] = [
  [
    "Redshift",
    redshift.knownCauses.flatMap((code) =>
      (texts[code] ?? [""]).map((text): [string, Told] => [
        [code, text].filter(Boolean).join(": "),
        ofDiagnosis(redshift.diagnose(withCode(code, text || undefined), warehouse)),
      ]),
    ),
  ],
  [
    "SSH tunnel",
    ssh.knownCauses.map((code) => [
      code,
      (({ remedy, ...told }) => ({ ...told, remedy: remedy?.text, causes: remedy?.causes }))(
        ssh.explainTunnel(
          new ssh.TunnelError(code, "", "SHA256:shown"),
          tunnel,
          `${warehouse.host}:${warehouse.port}`,
        ),
      ),
    ]),
  ],
  [
    "COPY from S3",
    copyTexts.map((text) => [text, ofError(explainCopy(internal(text), staging) as SyncError)]),
  ],
  [
    "UNLOAD to S3",
    copyTexts.map((text) => [text, ofError(explainUnload(internal(text), staging) as SyncError)]),
  ],
  [
    "S3",
    s3.knownCauses.map((code) => [
      code,
      ofError(s3.toS3Error(withCode(code), staging, "PutObject", [])),
    ]),
  ],
  [
    "PostgreSQL",
    postgres.knownCauses.flatMap((code) =>
      (postgresTexts[code] ?? [""]).map((text): [string, Told] => [
        [code, text].filter(Boolean).join(": "),
        ofError(postgres.toSyncError(withCode(code, text || undefined), database, "secret")),
      ]),
    ),
  ],
  [
    "Receivers: no answer",
    [
      "ENOTFOUND",
      "ECONNREFUSED",
      "ECONNRESET",
      "ETIMEDOUT",
      "CERT_HAS_EXPIRED",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      "ERR_SSL_WRONG_VERSION_NUMBER",
    ].map((code) => [code, ofError(networkError(withCode(code), "https://events.example"))]),
  ],
  [
    "Receivers: answers",
    [301, 401, 403, 404, 405, 408, 410, 418, 425, 429, 500, 503].map((status) => [
      `HTTP ${status}`,
      ofError(
        statusError({
          status,
          text: "",
          ...(status === 301 && { location: "https://events.example/new/" }),
        }),
      ),
    ]),
  ],
];

const faults: Record<string, string> = {
  transient: "tried again",
  terminal: "ends the run",
  "user-fixable": "ends the run",
};
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", "<br>");

const page = () =>
  [
    "# What is said of each cause, and what helps",
    "",
    "Made from the code by `lib/testing/remedies.test.ts`, which fails where they differ (`npx vitest run --project unit lib/testing/remedies.test.ts -u` makes it anew). Causes are SQLSTATEs, codes of Node, OpenSSL and AWS, Tidegate's own, or the server's text. What is tried again ends with the remedy too, once its tries are over.",
    ...sections.flatMap(([title, rows]) => [
      "",
      `## ${title}`,
      "| cause | what happens | what is said | what helps |",
      "|---|---|---|---|",
      ...rows.map(
        ([cause, { message, fault, remedy = "", causes = [] }]) =>
          `| ${[cause, faults[fault] ?? fault, message, [remedy, ...causes.map((text) => `• ${text}`)].filter(Boolean).join("\n")].map(cell).join(" | ")} |`,
      ),
    ]),
    "",
  ].join("\n");

test("docs/remedies.md says what the product says", async () => {
  await expect(page()).toMatchFileSnapshot("../../docs/remedies.md");
});

test("whatever a person has to do something about says what, and no cause is left without words of its own", () => {
  for (const [title, rows] of sections)
    for (const [cause, { message, fault, remedy }] of rows) {
      expect(`${title}, ${cause}: ${message}`).not.toMatch(/refused a statement/);
      if (fault === "user-fixable") expect(`${title}, ${cause}: ${remedy ?? ""}`).toMatch(/\.|;$/);
      if (fault === "user-fixable") expect(remedy).toBeTruthy();
      // what ends a run isn't tried again
      if (fault !== "transient") expect(remedy ?? "").not.toMatch(/tried again/);
    }
});
