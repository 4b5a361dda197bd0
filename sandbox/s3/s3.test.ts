import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { afterEach, describe, expect, test } from "vitest";
import { runningSandbox } from "../testing/running";

const sandbox = runningSandbox();
const bucket = "tidegate-sandbox";
const sha = (data: Buffer): string => createHash("sha256").update(data).digest("hex");
const read = async (key: string, range?: string): Promise<Buffer> => {
  const { Body } = await sandbox.s3.send(
    new GetObjectCommand({ Bucket: bucket, Key: key, ...(range ? { Range: range } : {}) }),
  );
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};
const nameOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: unknown) => (error instanceof Error ? error.name : "?"),
  );

afterEach(async () => {
  await sandbox.control("PUT", "/s3/faults", []);
  await sandbox.control("PUT", "/s3/deny", []);
});

describe("objects with the SDK's default settings", () => {
  test("a buffer comes back byte for byte, with its checksum", async () => {
    const body = randomBytes(100_000);
    await sandbox.put("a/buffer ümlaut+plus.bin", body);
    expect(sha(await read("a/buffer ümlaut+plus.bin"))).toBe(sha(body));
    const head = await sandbox.s3.send(
      new HeadObjectCommand({
        Bucket: bucket,
        Key: "a/buffer ümlaut+plus.bin",
        ChecksumMode: "ENABLED",
      }),
    );
    expect(head.ContentLength).toBe(100_000);
    expect(head.ChecksumCRC32).toMatch(/=$/);
  });

  test("a stream comes back byte for byte, without the framing of its chunks", async () => {
    const body = randomBytes(300_001);
    await sandbox.s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: "stream",
        Body: Readable.from([body.subarray(0, 7), body.subarray(7)]),
        ContentLength: body.length,
      }),
    );
    expect(sha(await read("stream"))).toBe(sha(body));
  });

  test.each(["CRC32C", "SHA1", "SHA256"] as const)("checksum %s is verified", async (algorithm) => {
    await sandbox.s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: `sum-${algorithm}`,
        Body: "x".repeat(5000),
        ChecksumAlgorithm: algorithm,
      }),
    );
    expect((await read(`sum-${algorithm}`)).length).toBe(5000);
  });

  test("a wrong checksum or MD5 is refused and nothing is stored", async () => {
    expect(
      await nameOf(
        sandbox.s3.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: "bad",
            Body: "abc",
            ChecksumCRC32: "AAAAAA==",
          }),
        ),
      ),
    ).toBe("BadDigest");
    expect(
      await nameOf(
        sandbox.s3.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: "bad",
            Body: "abc",
            ContentMD5: "AAAAAAAAAAAAAAAAAAAAAA==",
          }),
        ),
      ),
    ).toBe("BadDigest");
    expect(await nameOf(read("bad"))).toBe("NoSuchKey");
  });

  test("a multipart upload of lib-storage", async () => {
    const body = randomBytes(12 * 1024 * 1024 + 5);
    const upload = new Upload({
      client: sandbox.s3,
      params: { Bucket: bucket, Key: "big", Body: Readable.from([body]) },
      partSize: 5 * 1024 * 1024,
    });
    const done = await upload.done();
    expect(done.ETag).toMatch(/-3"$/);
    expect(sha(await read("big"))).toBe(sha(body));
    expect(
      (await read("big", "bytes=5242878-5242882")).equals(body.subarray(5242878, 5242883)),
    ).toBe(true);
    expect((await read("big", "bytes=-5")).equals(body.subarray(-5))).toBe(true);
  });

  test("a part under 5 MB that is not the last is refused; an aborted upload leaves nothing", async () => {
    const { UploadId } = await sandbox.s3.send(
      new CreateMultipartUploadCommand({ Bucket: bucket, Key: "small-parts" }),
    );
    const Parts = [];
    for (const PartNumber of [1, 2]) {
      const { ETag } = await sandbox.s3.send(
        new UploadPartCommand({
          Bucket: bucket,
          Key: "small-parts",
          UploadId,
          PartNumber,
          Body: "tiny",
        }),
      );
      Parts.push({ ETag, PartNumber });
    }
    expect(
      await nameOf(
        sandbox.s3.send(
          new CompleteMultipartUploadCommand({
            Bucket: bucket,
            Key: "small-parts",
            UploadId,
            MultipartUpload: { Parts },
          }),
        ),
      ),
    ).toBe("EntityTooSmall");
    await sandbox.s3.send(
      new AbortMultipartUploadCommand({ Bucket: bucket, Key: "small-parts", UploadId }),
    );
    expect(
      (await sandbox.s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? [],
    ).toEqual([]);
  });

  test("copy, and delete of many", async () => {
    await sandbox.put("from", "copied");
    await sandbox.s3.send(
      new CopyObjectCommand({ Bucket: bucket, Key: "to & <fro>", CopySource: `${bucket}/from` }),
    );
    expect((await read("to & <fro>")).toString()).toBe("copied");
    const deleted = await sandbox.s3.send(
      new DeleteObjectsCommand({
        Bucket: bucket,
        Delete: { Objects: [{ Key: "from" }, { Key: "to & <fro>" }, { Key: "never was" }] },
      }),
    );
    expect(deleted.Deleted?.length).toBe(3);
    expect(await nameOf(read("to & <fro>"))).toBe("NoSuchKey");
  });
});

describe("listing", () => {
  test("pages in byte order, with folders", async () => {
    const names = ["l/b/1", "l/b/2", "l/a", "l/c", "l/é", "l/Z"];
    for (const name of names) await sandbox.put(name, "x");
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const page = await sandbox.s3.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: "l/",
          MaxKeys: 2,
          ...(token ? { ContinuationToken: token } : {}),
        }),
      );
      seen.push(...(page.Contents ?? []).map((object) => object.Key ?? ""));
      token = page.NextContinuationToken;
    } while (token);
    expect(seen).toEqual(["l/Z", "l/a", "l/b/1", "l/b/2", "l/c", "l/é"]);
    const folders = await sandbox.s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: "l/", Delimiter: "/" }),
    );
    expect(folders.CommonPrefixes).toEqual([{ Prefix: "l/b/" }]);
    expect(folders.KeyCount).toBe(5);
  });
});

describe("refusals", () => {
  const as = (accessKeyId: string, secretAccessKey: string, region = "us-east-1"): S3Client =>
    new S3Client({
      endpoint: sandbox.endpoints.s3.endpoint,
      region,
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId, secretAccessKey },
    });

  test("unknown key, wrong secret, wrong region, missing bucket", async () => {
    const { accessKeyId, secretAccessKey } = sandbox.endpoints.s3;
    const put = (client: S3Client, Bucket = bucket): Promise<unknown> =>
      client.send(new PutObjectCommand({ Bucket, Key: "k", Body: "b" }));
    expect(await nameOf(put(as("AKIANOBODY", secretAccessKey)))).toBe("InvalidAccessKeyId");
    expect(await nameOf(put(as(accessKeyId, "wrong")))).toBe("SignatureDoesNotMatch");
    expect(await nameOf(put(as(accessKeyId, secretAccessKey, "eu-west-1")))).toBe(
      "AuthorizationHeaderMalformed",
    );
    expect(await nameOf(put(sandbox.s3, "no-such-bucket"))).toBe("NoSuchBucket");
    expect(await nameOf(sandbox.s3.send(new HeadBucketCommand({ Bucket: "no-such-bucket" })))).toBe(
      "NotFound",
    );
  });

  test("a bucket in another region", async () => {
    await sandbox.s3.send(
      new CreateBucketCommand({
        Bucket: "far-away",
        CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
      }),
    );
    const near = as(sandbox.endpoints.s3.accessKeyId, sandbox.endpoints.s3.secretAccessKey);
    expect(
      await nameOf(near.send(new PutObjectCommand({ Bucket: "far-away", Key: "k", Body: "b" }))),
    ).toBe("PermanentRedirect");
  });

  test("deny rules by action, identity and prefix", async () => {
    await sandbox.control("PUT", "/s3/deny", [
      { action: "PutObject", prefix: "secret/" },
      { action: "ListBucket", identity: "role" },
    ]);
    expect(await nameOf(sandbox.put("secret/x", "y"))).toBe("AccessDenied");
    await sandbox.put("open/x", "y");
    expect(await sandbox.keys("open/")).toEqual(["open/x"]);
  });

  test("a fault is retried by the SDK; one that lasts is not survived", async () => {
    await sandbox.control("PUT", "/s3/faults", [
      { method: "PUT", key: "flaky", status: 503, times: 2 },
    ]);
    await sandbox.put("flaky", "at last");
    expect((await read("flaky")).toString()).toBe("at last");
    await sandbox.control("PUT", "/s3/faults", [
      { method: "GET", key: "flaky", status: 500, code: "InternalError" },
    ]);
    expect(await nameOf(read("flaky"))).toBe("InternalError");
  });
});
