// S3 over HTTP: the operations that the AWS SDK needs to upload, read, list and delete.
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "pino";
import { FaultRules, type S3Deny, type S3Fault } from "../faults";
import { receiveText } from "./body";
import {
  accessDenied,
  contents,
  document,
  element,
  notImplemented,
  S3Error,
  unescapeXml,
} from "./errors";
import { listObjects } from "./listing";
import { verifySignature, type Key } from "./signature";
import { Store, type StoredObject, type Upload } from "./store";

export interface S3Options {
  dir: string;
  port: number;
  region: string;
  bucket: string;
  /** Access key id → its secret. */
  keys: Map<string, Key>;
  log: Logger;
}

interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  method: string;
  bucket: string;
  key: string;
  query: URLSearchParams;
  identity: string;
}

const keptRequests = 5000;

export class S3Server {
  readonly faults = new FaultRules<S3Fault>();
  denied: S3Deny[] = [];
  private log: {
    at: string;
    method: string;
    bucket: string;
    key: string;
    query: string;
    identity: string;
    status: number;
  }[] = [];
  private readonly underWay = new Set<Call>();
  private readonly server: Server;

  private constructor(
    private readonly options: S3Options,
    private readonly store: Store,
  ) {
    this.server = createServer((request, response) => void this.answer(request, response));
    this.server.requestTimeout = 0;
  }

  static async start(options: S3Options): Promise<S3Server> {
    const store = await Store.open(options.dir);
    if (!store.buckets.has(options.bucket))
      await store.createBucket(options.bucket, options.region);
    const server = new S3Server(options, store);
    await new Promise<void>((resolve, reject) => {
      server.server.once("error", reject);
      server.server.listen(options.port, "127.0.0.1", resolve);
    });
    return server;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  /** The last requests, for tests. */
  requests(): typeof this.log {
    return this.log;
  }

  /** Those that have no answer yet. */
  running(): { method: string; key: string }[] {
    return [...this.underWay].map(({ method, key }) => ({ method, key }));
  }

  /** Every object of every bucket, for tests that look what was left behind. */
  objects(): { bucket: string; key: string; size: number }[] {
    return [...this.store.buckets].flatMap(([bucket, { objects }]) =>
      [...objects.values()].map(({ key, size }) => ({ bucket, key, size })),
    );
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://sandbox");
    const virtual = /^(.+)\.localhost(?::\d+)?$/.exec(request.headers.host ?? "")?.[1];
    const path = url.pathname.slice(1).split("/");
    const call: Call = {
      request,
      response,
      method: request.method ?? "GET",
      bucket: virtual ?? decodeURIComponent(path[0] ?? ""),
      key: decodeURIComponent((virtual ? path : path.slice(1)).join("/")),
      query: url.searchParams,
      identity: "",
    };
    const requestId = randomBytes(8).toString("hex").toUpperCase();
    response.setHeader("x-amz-request-id", requestId);
    response.setHeader("server", "sandbox-s3");
    this.underWay.add(call);
    try {
      if (await this.fault(call)) return;
      const signed = await verifySignature(request, url, this.options.keys);
      call.identity = signed.identity;
      this.checkRegion(call, signed.region);
      await this.route(call);
    } catch (error) {
      this.fail(call, error, requestId);
    } finally {
      this.underWay.delete(call);
      this.log.push({
        at: new Date().toISOString(),
        method: call.method,
        bucket: call.bucket,
        key: call.key,
        query: url.search,
        identity: call.identity,
        status: response.statusCode,
      });
      if (this.log.length > keptRequests * 1.2) this.log = this.log.slice(-keptRequests);
    }
  }

  private fail({ request, response, method }: Call, error: unknown, requestId: string): void {
    if (!(error instanceof S3Error)) this.options.log.error({ error }, "S3 request failed");
    if (response.headersSent || response.destroyed) return void response.destroy();
    const known =
      error instanceof S3Error
        ? error
        : new S3Error(500, "InternalError", "We encountered an internal error. Please try again.");
    const details = Object.entries(known.details).map(([tag, text]) => element(tag, text));
    const body = document(
      `<Error>${element("Code", known.code)}${element("Message", known.message)}${details.join("")}${element("RequestId", requestId)}</Error>`,
    );
    // The rest of an unread body would be taken for the next request.
    if (!request.readableEnded) response.setHeader("connection", "close");
    response.writeHead(known.status, {
      ...known.headers,
      "content-type": "application/xml",
      "content-length": method === "HEAD" ? 0 : Buffer.byteLength(body),
    });
    response.end(method === "HEAD" ? undefined : body);
    request.resume();
  }

  /** True when the fault has answered already. */
  private async fault({ request, method, key }: Call): Promise<boolean> {
    const rule = this.faults.take(
      (each) =>
        (each.method === undefined || each.method === method) &&
        (each.key === undefined || key.includes(each.key)),
    );
    if (!rule) return false;
    if (rule.delayMs) await wait(rule.delayMs);
    if (rule.drop) {
      request.socket.destroy();
      return true;
    }
    if (rule.status)
      throw new S3Error(
        rule.status,
        rule.code ?? "SlowDown",
        rule.message ?? "Please reduce your request rate.",
      );
    return false;
  }

  private checkRegion({ bucket }: Call, region: string): void {
    const expected = this.store.buckets.get(bucket)?.region ?? this.options.region;
    if (region === expected) return;
    if (expected !== this.options.region)
      throw new S3Error(
        301,
        "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
        { Bucket: bucket, Endpoint: `s3.${expected}.amazonaws.com` },
        { "x-amz-bucket-region": expected },
      );
    throw new S3Error(
      400,
      "AuthorizationHeaderMalformed",
      `The authorization header is malformed; the region '${region}' is wrong; expecting '${expected}'`,
      { Region: expected },
    );
  }

  private allow(call: Call, action: string, key = call.key): void {
    const denied = this.denied.some(
      (rule) =>
        (rule.action === "*" || rule.action === action) &&
        (rule.identity === undefined || rule.identity === call.identity) &&
        (rule.bucket === undefined || rule.bucket === call.bucket) &&
        (rule.prefix === undefined || key.startsWith(rule.prefix)),
    );
    if (denied) throw accessDenied();
  }

  private async route(call: Call): Promise<void> {
    const { method, query } = call;
    if (!call.bucket) {
      if (method !== "GET") throw notImplemented(`${method} on the service`);
      this.allow(call, "ListAllMyBuckets");
      const names = [...this.store.buckets.keys()].map(
        (name) => `<Bucket>${element("Name", name)}</Bucket>`,
      );
      return xml(
        call,
        `<ListAllMyBucketsResult><Buckets>${names.join("")}</Buckets></ListAllMyBucketsResult>`,
      );
    }
    if (!call.key) return this.bucketRequest(call);
    if (query.has("uploads") || query.has("uploadId")) return this.multipart(call);
    return this.objectRequest(call);
  }

  private async bucketRequest(call: Call): Promise<void> {
    const { method, query, bucket, response } = call;
    if (method === "PUT") {
      this.allow(call, "CreateBucket");
      const wanted = contents(await receiveText(call.request, 65_536), "LocationConstraint")[0];
      await this.store.createBucket(bucket, wanted ?? this.options.region);
      response.writeHead(200, { location: `/${bucket}` }).end();
      return;
    }
    const holder = this.store.bucket(bucket);
    if (method === "HEAD") {
      this.allow(call, "ListBucket");
      response.writeHead(200, { "x-amz-bucket-region": holder.region }).end();
    } else if (method === "DELETE") {
      this.allow(call, "DeleteBucket");
      await this.store.deleteBucket(bucket);
      response.writeHead(204).end();
    } else if (method === "POST" && query.has("delete")) {
      const body = await receiveText(call.request, 2 << 20);
      const keys = contents(body, "Key").map(unescapeXml);
      if (keys.length === 0 || keys.length > 1000)
        throw new S3Error(
          400,
          "MalformedXML",
          "The XML you provided was not well-formed or did not validate against our published schema",
        );
      const results = [];
      for (const key of keys) {
        try {
          this.allow(call, "DeleteObject", key);
          await this.store.delete(bucket, key);
          results.push(`<Deleted>${element("Key", key)}</Deleted>`);
        } catch (error) {
          if (!(error instanceof S3Error)) throw error;
          results.push(
            `<Error>${element("Key", key)}${element("Code", error.code)}${element("Message", error.message)}</Error>`,
          );
        }
      }
      return xml(call, `<DeleteResult>${results.join("")}</DeleteResult>`);
    } else if (method !== "GET") throw notImplemented(`${method} on a bucket`);
    else if (query.has("location")) {
      this.allow(call, "GetBucketLocation");
      return xml(
        call,
        element("LocationConstraint", holder.region === "us-east-1" ? "" : holder.region),
      );
    } else if (query.has("uploads")) {
      this.allow(call, "ListBucketMultipartUploads");
      const open = [...this.store.uploads.values()].filter(
        (upload) => upload.bucket === bucket && upload.key.startsWith(query.get("prefix") ?? ""),
      );
      const items = open.map(
        (upload) =>
          `<Upload>${element("Key", upload.key)}${element("UploadId", upload.id)}${element("Initiated", upload.started)}</Upload>`,
      );
      return xml(
        call,
        `<ListMultipartUploadsResult>${element("Bucket", bucket)}<IsTruncated>false</IsTruncated>${items.join("")}</ListMultipartUploadsResult>`,
      );
    } else {
      for (const name of [
        "acl",
        "policy",
        "versioning",
        "lifecycle",
        "encryption",
        "tagging",
        "cors",
        "versions",
      ])
        if (query.has(name)) throw notImplemented(`?${name}`);
      this.allow(call, "ListBucket", query.get("prefix") ?? "");
      return xml(call, listObjects(bucket, holder, query).replace(/^<\?xml[^\n]*\n/, ""));
    }
  }

  private async multipart(call: Call): Promise<void> {
    const { method, query, bucket, key, response, request } = call;
    const id = query.get("uploadId") ?? "";
    if (method === "POST" && query.has("uploads")) {
      this.allow(call, "PutObject");
      const upload = this.store.startUpload(bucket, key, describe(request));
      return xml(
        call,
        `<InitiateMultipartUploadResult>${element("Bucket", bucket)}${element("Key", key)}${element("UploadId", upload.id)}</InitiateMultipartUploadResult>`,
      );
    }
    if (method === "PUT") {
      this.allow(call, "PutObject");
      const part = await this.store.putPart(id, Number(query.get("partNumber")), request);
      setChecksums(response, part.checksums);
      response.writeHead(200, { etag: part.etag }).end();
      return;
    }
    if (method === "POST") {
      this.allow(call, "PutObject");
      const parts = contents(await receiveText(request, 2 << 20), "Part").map((part) => ({
        number: Number(contents(part, "PartNumber")[0]),
        etag: unescapeXml(contents(part, "ETag")[0] ?? ""),
      }));
      const object = await this.store.completeUpload(id, parts);
      return xml(
        call,
        `<CompleteMultipartUploadResult>${element("Bucket", bucket)}${element("Key", key)}${element("ETag", object.etag)}</CompleteMultipartUploadResult>`,
      );
    }
    if (method === "DELETE") {
      this.allow(call, "AbortMultipartUpload");
      await this.store.abortUpload(id);
      response.writeHead(204).end();
      return;
    }
    this.allow(call, "ListMultipartUploadParts");
    const listed = [...this.store.upload(id).parts]
      .sort(([a], [b]) => a - b)
      .map(
        ([number, part]) =>
          `<Part>${element("PartNumber", number)}${element("ETag", part.etag)}${element("Size", part.size)}</Part>`,
      );
    return xml(
      call,
      `<ListPartsResult>${element("Key", key)}${element("UploadId", id)}<IsTruncated>false</IsTruncated>${listed.join("")}</ListPartsResult>`,
    );
  }

  private async objectRequest(call: Call): Promise<void> {
    const { method, bucket, key, response, request } = call;
    if (method === "PUT") {
      this.allow(call, "PutObject");
      const source = request.headers["x-amz-copy-source"];
      if (typeof source === "string") {
        const [from = "", ...rest] = decodeURIComponent(source).replace(/^\//, "").split("/");
        this.allow({ ...call, bucket: from }, "GetObject", rest.join("/"));
        const copy = await this.store.copy(this.store.object(from, rest.join("/")), bucket, key);
        return xml(
          call,
          `<CopyObjectResult>${element("ETag", copy.etag)}${element("LastModified", copy.modified)}</CopyObjectResult>`,
        );
      }
      if (Buffer.byteLength(key) > 1024)
        throw new S3Error(400, "KeyTooLongError", "Your key is too long");
      const object = await this.store.put(bucket, key, request, describe(request));
      setChecksums(response, object.checksums);
      response
        .writeHead(200, {
          etag: object.etag,
          ...(object.encryption ? { "x-amz-server-side-encryption": object.encryption } : {}),
        })
        .end();
    } else if (method === "DELETE") {
      this.allow(call, "DeleteObject");
      await this.store.delete(bucket, key);
      response.writeHead(204).end();
    } else if (method === "GET" || method === "HEAD") {
      this.allow(call, "GetObject");
      await this.send(call, this.store.object(bucket, key));
    } else throw notImplemented(`${method} on an object`);
  }

  private async send({ request, response, method }: Call, object: StoredObject): Promise<void> {
    const headers: Record<string, string | number> = {
      ...object.metadata,
      etag: object.etag,
      "last-modified": new Date(object.modified).toUTCString(),
      "content-type": object.contentType,
      "accept-ranges": "bytes",
      "content-length": object.size,
    };
    if (object.encryption) headers["x-amz-server-side-encryption"] = object.encryption;
    const asked = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "");
    let range: { start: number; end: number } | undefined;
    if (asked) {
      const [, from = "", to = ""] = asked;
      const start = from === "" ? Math.max(0, object.size - Number(to)) : Number(from);
      const end =
        from === "" || to === "" ? object.size - 1 : Math.min(Number(to), object.size - 1);
      if (start > end)
        throw new S3Error(416, "InvalidRange", "The requested range is not satisfiable");
      range = { start, end };
      headers["content-range"] = `bytes ${start}-${end}/${object.size}`;
      headers["content-length"] = end - start + 1;
    } else if (request.headers["x-amz-checksum-mode"] === "ENABLED")
      setChecksums(response, object.checksums);
    response.writeHead(range ? 206 : 200, headers);
    if (method === "HEAD" || object.size === 0) return void response.end();
    try {
      await pipeline(this.store.read(object, range), response);
    } catch (error) {
      // The reader went away; nothing to answer any more.
      if (!(
        error instanceof Error &&
        "code" in error &&
        error.code === "ERR_STREAM_PREMATURE_CLOSE"
      ))
        throw error;
    }
  }
}

function describe(request: IncomingMessage): Upload["description"] {
  const encryption = request.headers["x-amz-server-side-encryption"];
  const metadata = Object.entries(request.headers).filter(
    ([name]) =>
      name.startsWith("x-amz-meta-") || name === "content-encoding" || name === "cache-control",
  );
  return {
    contentType: request.headers["content-type"] ?? "binary/octet-stream",
    // aws-chunked is the framing of the upload, not a property of the object
    metadata: Object.fromEntries(
      metadata
        .map(([name, value]) => [name, String(value).replace(/\baws-chunked\b,?/, "")])
        .filter(([, value]) => value),
    ),
    ...(typeof encryption === "string" ? { encryption } : {}),
  };
}

function setChecksums(response: ServerResponse, checksums: Record<string, string>): void {
  for (const [algorithm, value] of Object.entries(checksums))
    response.setHeader(`x-amz-checksum-${algorithm}`, value);
}

function xml({ response }: Call, body: string): void {
  const text = document(body);
  response
    .writeHead(200, {
      "content-type": "application/xml",
      "content-length": Buffer.byteLength(text),
    })
    .end(text);
}
