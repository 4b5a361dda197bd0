// The one file with AWS's SDK: a bucket, as far as loading and unloading need one.
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { retryTransient, type Delay } from "@/lib/connectors/retry";
import { guardedAgents } from "@/lib/platform/network/guard";
import { regionIn, toS3Error } from "./errors";
import type { StagingConfig, StagingSecret } from "./spec";

const RETRIES = { tries: 4, firstDelayMs: 200, maxDelayMs: 5_000 };
const DELETED_AT_ONCE = 1_000;

type StoredObject = { key: string; bytes: number; modified: Date };
export type Bucket = {
  put(key: string, body: Uint8Array, signal: AbortSignal): Promise<void>;
  /** The whole of an object; each try reads it from its beginning. */
  get(key: string, signal: AbortSignal): Promise<Uint8Array>;
  /** Every object whose key begins with `prefix`. */
  list(prefix: string, signal: AbortSignal): Promise<StoredObject[]>;
  remove(keys: string[], signal: AbortSignal): Promise<void>;
  /** Where the bucket is, as S3 says. */
  region(signal: AbortSignal): Promise<string | null>;
  close(): void;
};

/** The bucket as whoever uploads sees it. Errors are SyncErrors; what passes by itself is tried four times. */
export function openBucket(staging: StagingConfig, secret: StagingSecret, delay: Delay): Bucket {
  const { bucket, region, endpoint, accessKeyId } = staging;
  const client = new S3Client({
    region,
    requestHandler: guardedAgents(),
    ...(endpoint && { endpoint, forcePathStyle: true }), // stores that are not AWS seldom have a name for each bucket
    ...(accessKeyId && { credentials: { accessKeyId, secretAccessKey: secret.secretAccessKey } }),
    maxAttempts: 1, // tried again below, where it can be cancelled
    requestChecksumCalculation: "WHEN_REQUIRED", // others than AWS don't know the newer checksums
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  const call = <T>(action: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> =>
    retryTransient(
      async () => {
        signal.throwIfAborted();
        try {
          return await work();
        } catch (error) {
          if (signal.aborted) throw signal.reason;
          throw toS3Error(error, staging, action, [secret.secretAccessKey]);
        }
      },
      RETRIES,
      delay,
      signal,
    );

  return {
    put: async (key, body, signal) =>
      void (await call(
        "PutObject",
        () =>
          client.send(
            new PutObjectCommand({
              Bucket: bucket,
              Key: key,
              Body: body,
              ContentLength: body.byteLength,
            }),
            { abortSignal: signal },
          ),
        signal,
      )),
    get: (key, signal) =>
      call(
        "GetObject",
        async () => {
          const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), {
            abortSignal: signal,
          });
          if (!Body) throw new Error("S3 sent no body.");
          return Body.transformToByteArray();
        },
        signal,
      ),
    list: async (prefix, signal) => {
      const found: StoredObject[] = [];
      for (let token: string | undefined; ;) {
        const page = await call(
          "ListBucket",
          () =>
            client.send(
              new ListObjectsV2Command({
                Bucket: bucket,
                Prefix: prefix,
                ContinuationToken: token,
              }),
              { abortSignal: signal },
            ),
          signal,
        );
        for (const { Key, Size, LastModified } of page.Contents ?? [])
          if (Key !== undefined)
            found.push({ key: Key, bytes: Size ?? 0, modified: LastModified ?? new Date(0) });
        token = page.NextContinuationToken;
        if (!token) return found;
      }
    },
    remove: async (keys, signal) => {
      for (let at = 0; at < keys.length; at += DELETED_AT_ONCE) {
        const some = keys.slice(at, at + DELETED_AT_ONCE);
        const answer = await call(
          "DeleteObject",
          () =>
            client.send(
              new DeleteObjectsCommand({
                Bucket: bucket,
                Delete: { Objects: some.map((key) => ({ Key: key })), Quiet: true },
              }),
              { abortSignal: signal },
            ),
          signal,
        );
        const [refused] = answer.Errors ?? [];
        if (refused)
          throw toS3Error(
            Object.assign(new Error(refused.Message ?? refused.Code ?? "no reason given"), {
              name: refused.Code,
              $metadata: { httpStatusCode: 403 },
            }),
            staging,
            "DeleteObject",
            [secret.secretAccessKey],
          );
      }
    },
    region: (signal) =>
      call(
        "HeadBucket",
        async () => {
          try {
            return (
              (
                await client.send(new HeadBucketCommand({ Bucket: bucket }), {
                  abortSignal: signal,
                })
              ).BucketRegion ?? null
            );
          } catch (error) {
            const told = regionIn(error);
            if (told) return told;
            throw error;
          }
        },
        signal,
      ),
    close: () => client.destroy(),
  };
}
