// Buckets and objects on disk. An object is two files, its bytes and its description; a new version
// is written beside the old one and takes its place at the end, so a reader never sees half of one.
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { z } from "zod";
import { writeTo, type ReceivedBody } from "./body";
import { S3Error } from "./errors";

const objectSchema = z.object({
  id: z.string(),
  bucket: z.string(),
  key: z.string(),
  size: z.number(),
  etag: z.string(),
  modified: z.string(),
  contentType: z.string(),
  checksums: z.record(z.string(), z.string()),
  metadata: z.record(z.string(), z.string()),
  encryption: z.string().optional(),
});
export type StoredObject = z.infer<typeof objectSchema>;

interface Part {
  id: string;
  size: number;
  md5: Buffer;
  etag: string;
}

export interface Upload {
  id: string;
  bucket: string;
  key: string;
  started: string;
  description: Pick<StoredObject, "contentType" | "metadata" | "encryption">;
  parts: Map<number, Part>;
}

export interface Bucket {
  region: string;
  objects: Map<string, StoredObject>;
  /** Keys in S3's order, made when a listing needs them. */
  sorted: string[] | undefined;
}

/** What is being written. */
const HALF = ".half";
const minPart = 5 * 1024 * 1024;

export class Store {
  readonly buckets = new Map<string, Bucket>();
  readonly uploads = new Map<string, Upload>();

  private constructor(private readonly dir: string) {}

  static async open(dir: string): Promise<Store> {
    const store = new Store(dir);
    await mkdir(dir, { recursive: true });
    const names = await readdir(dir);
    if (names.includes("buckets.json")) {
      const known = z
        .record(z.string(), z.string())
        .parse(JSON.parse(await readFile(join(dir, "buckets.json"), "utf8")));
      for (const [name, region] of Object.entries(known))
        store.buckets.set(name, { region, objects: new Map(), sorted: undefined });
    }
    for (const name of names.filter((each) => each.endsWith(HALF))) await rm(join(dir, name));
    const described = new Set<string>();
    for (const name of names.filter((each) => each.endsWith(".object.json"))) {
      const object = objectSchema.parse(JSON.parse(await readFile(join(dir, name), "utf8")));
      described.add(object.id);
      store.buckets.get(object.bucket)?.objects.set(object.key, object);
    }
    // Bytes without a description: an upload that a stop cut off.
    for (const name of names.filter((each) => each.endsWith(".bytes")))
      if (!described.has(name.slice(0, -6))) await rm(join(dir, name));
    return store;
  }

  bucket(name: string): Bucket {
    const found = this.buckets.get(name);
    if (!found)
      throw new S3Error(404, "NoSuchBucket", "The specified bucket does not exist", {
        BucketName: name,
      });
    return found;
  }

  async createBucket(name: string, region: string): Promise<void> {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name))
      throw new S3Error(400, "InvalidBucketName", "The specified bucket is not valid.", {
        BucketName: name,
      });
    if (this.buckets.has(name))
      throw new S3Error(
        409,
        "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.",
      );
    this.buckets.set(name, { region, objects: new Map(), sorted: undefined });
    await this.saveBuckets();
  }

  async deleteBucket(name: string): Promise<void> {
    if (this.bucket(name).objects.size)
      throw new S3Error(409, "BucketNotEmpty", "The bucket you tried to delete is not empty");
    this.buckets.delete(name);
    await this.saveBuckets();
  }

  object(bucket: string, key: string): StoredObject {
    const found = this.bucket(bucket).objects.get(key);
    if (!found)
      throw new S3Error(404, "NoSuchKey", "The specified key does not exist.", { Key: key });
    return found;
  }

  read(
    object: StoredObject,
    range?: { start: number; end: number },
  ): ReturnType<typeof createReadStream> {
    return createReadStream(this.path(object.id), range);
  }

  async put(
    bucket: string,
    key: string,
    request: IncomingMessage,
    description: Upload["description"],
  ): Promise<StoredObject> {
    this.bucket(bucket);
    const { id, body } = await this.receive(request);
    const object: StoredObject = {
      ...description,
      id,
      bucket,
      key,
      size: body.size,
      etag: `"${body.md5.toString("hex")}"`,
      modified: new Date().toISOString(),
      checksums: body.checksums,
    };
    await this.place(object);
    return object;
  }

  async copy(source: StoredObject, bucket: string, key: string): Promise<StoredObject> {
    this.bucket(bucket);
    const object: StoredObject = {
      ...source,
      id: randomUUID(),
      bucket,
      key,
      modified: new Date().toISOString(),
    };
    await this.join(object.id, [source.id]);
    await this.place(object);
    return object;
  }

  async delete(bucket: string, key: string): Promise<void> {
    const holder = this.bucket(bucket);
    const object = holder.objects.get(key);
    if (!object) return;
    holder.objects.delete(key);
    holder.sorted = undefined;
    await this.remove(object.id);
  }

  startUpload(bucket: string, key: string, description: Upload["description"]): Upload {
    this.bucket(bucket);
    const upload: Upload = {
      id: randomUUID().replaceAll("-", ""),
      bucket,
      key,
      started: new Date().toISOString(),
      description,
      parts: new Map(),
    };
    this.uploads.set(upload.id, upload);
    return upload;
  }

  upload(id: string): Upload {
    const found = this.uploads.get(id);
    if (!found)
      throw new S3Error(
        404,
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
      );
    return found;
  }

  async putPart(
    uploadId: string,
    number: number,
    request: IncomingMessage,
  ): Promise<{ etag: string; checksums: Record<string, string> }> {
    const upload = this.upload(uploadId);
    const { id, body } = await this.receive(request);
    const part = { id, size: body.size, md5: body.md5, etag: `"${body.md5.toString("hex")}"` };
    const old = upload.parts.get(number);
    upload.parts.set(number, part);
    if (old) await rm(this.path(old.id), { force: true });
    return { etag: part.etag, checksums: body.checksums };
  }

  async completeUpload(
    uploadId: string,
    named: { number: number; etag: string }[],
  ): Promise<StoredObject> {
    const upload = this.upload(uploadId);
    if (named.length === 0)
      throw new S3Error(
        400,
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
      );
    const parts = named.map(({ number, etag }, index) => {
      if (index > 0 && number <= (named[index - 1]?.number ?? 0))
        throw new S3Error(400, "InvalidPartOrder", "The list of parts was not in ascending order.");
      const part = upload.parts.get(number);
      if (!part || part.etag.replaceAll('"', "") !== etag.replaceAll('"', ""))
        throw new S3Error(
          400,
          "InvalidPart",
          "One or more of the specified parts could not be found.",
        );
      if (index < named.length - 1 && part.size < minPart)
        throw new S3Error(
          400,
          "EntityTooSmall",
          "Your proposed upload is smaller than the minimum allowed size",
        );
      return part;
    });
    this.uploads.delete(uploadId);
    const object: StoredObject = {
      ...upload.description,
      id: randomUUID(),
      bucket: upload.bucket,
      key: upload.key,
      size: parts.reduce((sum, part) => sum + part.size, 0),
      etag: `"${createHash("md5")
        .update(Buffer.concat(parts.map((part) => part.md5)))
        .digest("hex")}-${parts.length}"`,
      modified: new Date().toISOString(),
      checksums: {},
    };
    await this.join(
      object.id,
      parts.map((part) => part.id),
    );
    await this.place(object);
    for (const part of upload.parts.values()) await rm(this.path(part.id), { force: true });
    return object;
  }

  async abortUpload(id: string): Promise<void> {
    const upload = this.upload(id);
    this.uploads.delete(id);
    for (const part of upload.parts.values()) await rm(this.path(part.id), { force: true });
  }

  private path(id: string): string {
    return join(this.dir, `${id}.bytes`);
  }

  private async receive(request: IncomingMessage): Promise<{ id: string; body: ReceivedBody }> {
    const id = randomUUID();
    const file = await open(this.path(id), "wx");
    try {
      return { id, body: await writeTo(file, request) };
    } catch (error) {
      await rm(this.path(id), { force: true });
      throw error;
    } finally {
      await file.close();
    }
  }

  private async join(id: string, sources: string[]): Promise<void> {
    const file = await open(this.path(id), "wx");
    try {
      for (const source of sources)
        for await (const chunk of createReadStream(this.path(source)) as AsyncIterable<Buffer>)
          await file.write(chunk);
    } finally {
      await file.close();
    }
  }

  private async place(object: StoredObject): Promise<void> {
    await this.write(`${object.id}.object.json`, object);
    const holder = this.bucket(object.bucket);
    const old = holder.objects.get(object.key);
    holder.objects.set(object.key, object);
    holder.sorted = undefined;
    if (old) await this.remove(old.id);
  }

  private async remove(id: string): Promise<void> {
    await rm(join(this.dir, `${id}.object.json`), { force: true });
    await rm(this.path(id), { force: true });
  }

  private async saveBuckets(): Promise<void> {
    const known = Object.fromEntries([...this.buckets].map(([name, { region }]) => [name, region]));
    await this.write("buckets.json", known);
  }

  /** Whole or not at all: half a description would be the end of every later start. */
  private async write(name: string, value: object): Promise<void> {
    const path = join(this.dir, name);
    await writeFile(path + HALF, JSON.stringify(value));
    await rename(path + HALF, path);
  }
}
