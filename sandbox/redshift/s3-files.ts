// The warehouse's own way to S3: COPY and UNLOAD are clients of the bucket as everyone else.
import { Transform, type Readable, type TransformCallback } from "node:stream";
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import type { Credentials, S3Path } from "./copy-options";
import { RedshiftError } from "./errors";
import type { Host } from "./host";

/** S3's refusal, or its silence, in the words COPY reports it with. */
function fromS3(error: unknown): unknown {
  if (error instanceof RedshiftError) return error;
  if (!(error instanceof S3ServiceException))
    return new RedshiftError(
      "XX000",
      `S3CurlException: ${error instanceof Error ? error.message : "no answer"}, CurlError 56, multiCurlError 0, CanRetry 1, UserError 0`,
    );
  const code = error.name === "NotFound" ? "NoSuchKey" : error.name;
  return new RedshiftError(
    "XX000",
    `S3ServiceException:${error.message},Status ${error.$metadata.httpStatusCode ?? 0},Error ${code},Rid ${error.$metadata.requestId ?? ""},CanRetry 1`,
  );
}

/** Knows how many bytes went through it. */
export class CountingStream extends Transform {
  bytes = 0;

  override _transform(chunk: Buffer, _: string, done: TransformCallback): void {
    this.bytes += chunk.length;
    done(null, chunk);
  }
}

export class S3Files {
  private readonly client: S3Client;

  constructor(
    private readonly host: Host,
    credentials: Credentials,
    region: string | undefined,
  ) {
    const { s3 } = host.server;
    this.client = new S3Client({
      endpoint: s3.endpoint,
      region: region ?? s3.region,
      forcePathStyle: true,
      credentials: this.keys(credentials),
      maxAttempts: 3,
    });
  }

  /** The keys of a role's session; a role the cluster may not assume is refused as AWS does. */
  private keys(credentials: Credentials): {
    accessKeyId: string;
    secretAccessKey: string;
    sessionToken?: string;
  } {
    if (!("role" in credentials)) return credentials;
    const { roles } = this.host.server.s3;
    const role =
      credentials.role === "default"
        ? roles.keys().next().value
        : credentials.role.split(",").at(-1);
    const keys = roles.get(role ?? "");
    if (!keys)
      throw new RedshiftError(
        "XX000",
        `User arn:aws:redshift:us-east-1:123456789012:dbuser:sandbox/${this.host.user} is not authorized to assume IAM Role ${credentials.role}`,
      );
    return keys;
  }

  async list({ bucket, key }: S3Path): Promise<S3Path[]> {
    const found: S3Path[] = [];
    try {
      let token: string | undefined;
      do {
        const page = await this.client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: key, ContinuationToken: token }),
          { abortSignal: this.host.signal },
        );
        for (const object of page.Contents ?? [])
          if (object.Key) found.push({ bucket, key: object.Key });
        token = page.NextContinuationToken;
      } while (token);
    } catch (error) {
      throw this.reason(error);
    }
    return found;
  }

  async open({ bucket, key }: S3Path): Promise<Readable> {
    try {
      const { Body } = await this.client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), {
        abortSignal: this.host.signal,
      });
      if (!Body || !("pipe" in Body)) throw new Error("S3 sent no body");
      return Body as Readable;
    } catch (error) {
      throw this.reason(error);
    }
  }

  async read(path: S3Path): Promise<string> {
    const chunks: Buffer[] = [];
    const body = await this.open(path);
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch (error) {
      throw this.reason(error);
    }
    return Buffer.concat(chunks).toString("utf8");
  }

  async delete(paths: S3Path[]): Promise<void> {
    for (let at = 0; at < paths.length; at += 1000) {
      const part = paths.slice(at, at + 1000);
      try {
        await this.client.send(
          new DeleteObjectsCommand({
            Bucket: part[0]?.bucket,
            Delete: { Objects: part.map(({ key }) => ({ Key: key })) },
          }),
        );
      } catch (error) {
        throw this.reason(error);
      }
    }
  }

  /** A file to write to; `done` resolves when S3 has all of it. */
  create({ bucket, key }: S3Path): { stream: CountingStream; done: Promise<void> } {
    const stream = new CountingStream();
    const upload = new Upload({
      client: this.client,
      params: { Bucket: bucket, Key: key, Body: stream, ServerSideEncryption: "AES256" },
    });
    const done = upload.done().then(
      () => undefined,
      (error: unknown) => {
        stream.destroy();
        throw this.reason(error);
      },
    );
    return { stream, done };
  }

  close(): void {
    this.client.destroy();
  }

  private reason(error: unknown): unknown {
    return this.host.signal.aborted ? this.host.signal.reason : fromS3(error);
  }
}
