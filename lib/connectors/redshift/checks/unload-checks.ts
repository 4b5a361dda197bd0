// Whether a change set can leave by UNLOAD: two rows go to the bucket and come back, by the identities that will do it.
import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { changeFields } from "@/lib/connectors/contract/changes";
import type { CheckUpdate } from "@/lib/connectors/contract/checks";
import type { Delay } from "@/lib/connectors/retry";
import { openBucket, type Bucket } from "@/lib/connectors/s3/client";
import type { StagingSecret } from "@/lib/connectors/s3/spec";
import { fieldsOf, locate, textOf } from "@/lib/event/tuple";
import { SyncError, withoutSecrets } from "@/lib/platform/errors";
import {
  connect,
  explainer,
  Failed,
  runInOrder,
  stageTitles,
  streamChecks,
  type Check,
  type Explain,
  type Failure,
  type Parts,
} from "./checks";
import {
  secretsOf,
  stagesOf,
  type RedshiftSession,
} from "@/lib/connectors/redshift/session/client";
import { describeColumn } from "@/lib/connectors/redshift/catalog/columns";
import { hostFacts } from "@/lib/connectors/redshift/session/endpoint";
import { explainUnload } from "@/lib/connectors/redshift/load/load-errors";
import type { RedshiftConfig, RedshiftSecret, UnloadConfig } from "@/lib/connectors/redshift/spec";
import { partRows } from "@/lib/connectors/redshift/unload/unload-rows";
import * as sql from "@/lib/connectors/redshift/unload/unload-sql";

const CLEAN_UP_MS = 15_000;

/** Two rows that bite: unicode, a quote, a line's end, a backslash, an empty text, NULL. */
const SAMPLE: { key: string; text: string | null; note: string | null }[] = [
  { key: "1", text: 'Zoë said: "no, never"\nउ 🏔 漢 \\', note: "" },
  { key: "2", text: "", note: null },
];
const columns = ["text", "note"].map((name) =>
  describeColumn({
    name,
    dataType: "character varying(256)",
    maxLength: null,
    precision: null,
    scale: null,
  }),
);

const told = ({ message, detail }: SyncError): Failure => ({
  summary: message,
  ...(detail.serverText && { serverText: detail.serverText }),
  ...(detail.remedy && { remedy: { text: detail.remedy } }),
  ...(detail.code && { code: detail.code }),
});

/** “Verifying Unload Bucket”: each check is told as its parts become known. */
export const checkUnloading = (
  config: RedshiftConfig,
  secret: RedshiftSecret,
  unload: { config: UnloadConfig; secret: StagingSecret },
  delay: Delay,
  signal: AbortSignal,
): AsyncIterable<CheckUpdate> =>
  streamChecks(async (ended, tell) => {
    const bucket = openBucket(unload.config, unload.secret, delay);
    try {
      await runChecks(config, secret, unload, bucket, ended, tell);
    } finally {
      bucket.close();
    }
  }, signal);

/** Ends a transaction whose work is to leave nothing behind. */
class TakenBack extends Error {}

async function runChecks(
  config: RedshiftConfig,
  secret: RedshiftSecret,
  { config: staging, secret: stagingSecret }: { config: UnloadConfig; secret: StagingSecret },
  bucket: Bucket,
  signal: AbortSignal,
  tell: (update: CheckUpdate) => void,
): Promise<void> {
  const secrets = [...secretsOf(secret), stagingSecret.secretAccessKey];
  const inWarehouse = explainer(config, secrets, signal);
  const inBucket: Explain = (error, limit) =>
    error instanceof SyncError && !limit.aborted ? told(error) : inWarehouse(error, limit);
  const id = randomBytes(8).toString("hex");
  const path = [staging.prefix, "unload", `check-${id}`, ""]
    .filter((part, at) => part !== "" || at === 3)
    .join("/");
  const shownPath = `s3://${staging.bucket}/${path}`;
  let session: RedshiftSession | undefined;
  let firstHostKey: string | undefined;
  const clean = async (limit: AbortSignal) => {
    await bucket.remove(
      (await bucket.list(path, limit)).map(({ key }) => key),
      limit,
    );
    return bucket.list(path, limit);
  };

  const checks: Check[] = [
    {
      id: "connection",
      title: "Connection",
      parts: Object.fromEntries(stagesOf(config).map((stage) => [stage, stageTitles[stage]])),
      run: async (limit, parts) => {
        session = await connect(config, secret, limit, parts, inWarehouse, (hostKey) => {
          firstHostKey = hostKey;
        });
        return `Logged in to the database “${config.database}” as “${config.user}”.`;
      },
    },
    {
      id: "bucket",
      title: "Bucket",
      parts: {
        list: "ListBucket, as Tidegate",
        region: "The bucket’s region",
        cluster: "The warehouse’s region",
      },
      run: (limit, parts) => lookAtBucket(limit, parts),
    },
    {
      id: "unload",
      title: "UNLOAD to S3",
      needs: ["connection", "bucket"],
      parts: { write: "PutObject and ListBucket, as UNLOAD" },
      run: async (limit, parts) => {
        if (!session) throw new Error("The checks ran out of order.");
        const opened = session;
        const { create, insert, unload } = sql.unloadSample(`tidegate_check_${id}`, SAMPLE, {
          staging,
          secret: stagingSecret,
          path,
        });
        const shown = withoutSecrets(unload, secrets);
        try {
          // what was unloaded stays when the transaction is rolled back, and its table doesn't
          await opened
            .transaction(async () => {
              for (const statement of [create, insert, unload])
                await opened.query(statement, limit);
              throw new TakenBack();
            }, limit)
            .catch((error: unknown) => {
              if (!(error instanceof TakenBack)) throw error;
            });
        } catch (error) {
          const plain = explainUnload(error, staging);
          const failure = plain === error ? inWarehouse(error, limit) : told(plain as SyncError);
          parts.fail("write", failure, shown);
          throw new Failed(failure);
        }
        parts.set(
          "write",
          "passed",
          `UNLOAD wrote two rows ${staging.access === "role" ? `as ${staging.roleArn}` : "with the access key"}.`,
          { statement: shown },
        );
        return `Two rows were written to ${shownPath}.`;
      },
    },
    {
      id: "read",
      title: "Read from S3",
      needs: "unload",
      parts: { get: "GetObject, as Tidegate", values: "Every value as it was" },
      run: async (limit, parts) => {
        const rows = partRows(columns, {
          firstSeq: 1,
          lastSeq: SAMPLE.length,
          bytes: 4_096,
          rows: SAMPLE.length,
        });
        const statement = `GET ${shownPath}`;
        const texts: Uint8Array[] = [];
        try {
          for (const { key } of await bucket.list(`${path}part=`, limit))
            texts.push(gunzipSync(await bucket.get(key, limit)));
        } catch (error) {
          const failure = inBucket(error, limit);
          parts.fail("get", failure, statement);
          parts.skipRest("get");
          throw new Failed(failure);
        }
        parts.set("get", "passed", "The files were read.", { statement });
        const came = JSON.stringify(readBack(rows, texts));
        if (came !== JSON.stringify(SAMPLE)) {
          const failure: Failure = {
            summary: "What was read is not what UNLOAD wrote.",
            serverText: came,
            remedy: {
              text: "Something changes the files between here and there: a proxy, or the store itself.",
            },
          };
          parts.fail("values", failure);
          throw new Failed(failure);
        }
        parts.set(
          "values",
          "passed",
          "Unicode, quote, backslash, line’s end, NULL and empty text are what they were.",
        );
        return "Two rows were read as they are in the warehouse.";
      },
    },
    {
      id: "clean-up",
      title: "Clean up",
      needs: "bucket",
      parts: { files: "DeleteObject, as Tidegate" },
      run: async (limit, parts) => {
        const statement = `LIST and DELETE ${shownPath}`;
        try {
          const left = await clean(limit);
          if (left.length > 0)
            throw new Failed({
              summary: `${left.length} files could not be removed from ${shownPath}.`,
              remedy: { text: "Does the bucket keep versions under a lock, or deny DeleteObject?" },
            });
        } catch (error) {
          const failure = inBucket(error, limit);
          parts.fail("files", failure, statement);
          throw new Failed(failure);
        }
        parts.set("files", "passed", "Listed, removed, and listed again: nothing.", { statement });
        return "Nothing of the test is left in the bucket.";
      },
    },
  ];

  async function lookAtBucket(limit: AbortSignal, parts: Parts): Promise<string> {
    const attempt = async <T>(id: string, statement: string, work: () => Promise<T>): Promise<T> =>
      work().catch((error: unknown) => {
        const failure = inBucket(error, limit);
        parts.fail(id, failure, statement);
        parts.skipRest(id);
        throw new Failed(failure);
      });
    await attempt("list", `LIST ${shownPath}`, () => bucket.list(path, limit));
    parts.set("list", "passed", "The files of a run can be found.", {
      statement: `LIST ${shownPath}`,
    });
    const found = await attempt("region", `HEAD s3://${staging.bucket}`, async () => {
      const region = await bucket.region(limit);
      if (region !== null && region !== staging.region)
        throw new Failed({
          summary: `The bucket “${staging.bucket}” is in ${region}, not in ${staging.region}.`,
          remedy: { text: `Enter ${region} as the region.` },
        });
      return region;
    });
    parts.set(
      "region",
      "passed",
      found ? `It is in ${found}.` : `The store doesn't tell; ${staging.region} is used.`,
      { statement: `HEAD s3://${staging.bucket}` },
    );
    const cluster = hostFacts(config.host)?.region;
    if (!cluster)
      parts.set("cluster", "skipped", "The host’s name doesn’t tell where the warehouse is.");
    else if (cluster === staging.region) parts.set("cluster", "passed", `Both are in ${cluster}.`);
    else
      parts.set(
        "cluster",
        "warned",
        `The warehouse is in ${cluster}, the bucket in ${staging.region}. It works, since REGION is named in each UNLOAD, but AWS charges for the way between regions, and it is slower.`,
      );
    return `“${staging.bucket}” can be listed.`;
  }

  try {
    await runInOrder(checks, {
      explain: inBucket,
      signal,
      tell,
      more: (check) => (check === "connection" && firstHostKey ? { firstHostKey } : {}),
    });
  } finally {
    await session?.close();
    await clean(AbortSignal.timeout(CLEAN_UP_MS)).catch(() => undefined); // a person who leaves in between leaves nothing behind
  }
}

/** The sample as it came; what can't be read is told as text. */
function readBack(rows: ReturnType<typeof partRows>, texts: readonly Uint8Array[]): unknown {
  const fields = fieldsOf(changeFields.values + columns.length);
  try {
    for (const csv of texts) rows.add(csv, null);
    return rows.pages(0).flatMap(({ chunks }) =>
      chunks.flatMap(({ bytes, at }) =>
        at.map((position) => {
          locate(bytes, position, fields);
          const text = (field: number) => textOf(bytes, fields, field);
          return {
            key: text(changeFields.key),
            text: text(changeFields.values),
            note: text(changeFields.values + 1),
          };
        }),
      ),
    );
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
