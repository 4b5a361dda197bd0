// Request bodies: streamed to a file while they are decoded and summed, never held in memory.
import { createHash, type Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { crc32 } from "node:zlib";
import { notImplemented, S3Error } from "./errors";

const crc32cTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

interface Sum {
  update(data: Buffer): void;
  digest(): string;
}

const base64Of = (value: number): string => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value >>> 0);
  return buffer.toString("base64");
};

function hashSum(name: string): Sum {
  const hash: Hash = createHash(name);
  return { update: (data) => void hash.update(data), digest: () => hash.digest("base64") };
}

const sums: Record<string, () => Sum> = {
  crc32: () => {
    let value = 0;
    return { update: (data) => void (value = crc32(data, value)), digest: () => base64Of(value) };
  },
  crc32c: () => {
    let value = 0xffffffff;
    return {
      update: (data) => {
        for (const byte of data) value = (crc32cTable[(value ^ byte) & 255] ?? 0) ^ (value >>> 8);
      },
      digest: () => base64Of(~value),
    };
  },
  sha1: () => hashSum("sha1"),
  sha256: () => hashSum("sha256"),
};

/** Takes the framing of `aws-chunked` off: hexadecimal length, data, …, and trailers at the end. */
class ChunkDecoder {
  private buffer: Buffer = Buffer.alloc(0);
  private left = 0;
  private state: "length" | "data" | "gap" | "trailers" = "length";
  private ended = false;

  *push(chunk: Buffer): Generator<Buffer> {
    this.buffer = this.buffer.length ? Buffer.concat([this.buffer, chunk]) : chunk;
    for (;;) {
      if (this.state === "data") {
        const part = this.buffer.subarray(0, this.left);
        if (part.length) yield part;
        this.left -= part.length;
        this.buffer = this.buffer.subarray(part.length);
        if (this.left > 0) return;
        this.state = "gap";
      } else if (this.state === "gap") {
        if (this.buffer.length < 2) return;
        this.buffer = this.buffer.subarray(2);
        this.state = "length";
      } else if (this.state === "length") {
        const end = this.buffer.indexOf("\r\n");
        if (end < 0) return;
        this.left = Number.parseInt(this.buffer.toString("latin1", 0, end), 16);
        if (Number.isNaN(this.left))
          throw new S3Error(400, "InvalidChunkSizeError", "The chunk size is not a number");
        this.buffer = this.buffer.subarray(end + 2);
        this.state = this.left === 0 ? "trailers" : "data";
        if (this.left === 0) this.ended = true;
      } else return;
    }
  }

  trailers(): Map<string, string> {
    if (!this.ended)
      throw new S3Error(400, "IncompleteBody", "The request body terminated unexpectedly");
    const found = new Map<string, string>();
    for (const line of this.buffer.toString("latin1").split("\r\n")) {
      const at = line.indexOf(":");
      if (at > 0) found.set(line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim());
    }
    return found;
  }
}

export interface ReceivedBody {
  size: number;
  md5: Buffer;
  /** Checksums the client gave, and that were right: algorithm → base64. */
  checksums: Record<string, string>;
}

const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** Reads the body into `sink` and throws S3's error when it is not what its headers say. */
async function receiveBody(
  request: IncomingMessage,
  sink: (data: Buffer) => Promise<void>,
): Promise<ReceivedBody> {
  const declared = header(request, "x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD";
  if (declared.startsWith("STREAMING-AWS4")) throw notImplemented("Signing of single chunks");
  const decoder = declared.startsWith("STREAMING-") ? new ChunkDecoder() : undefined;
  const wanted = new Map<string, string | undefined>();
  for (const [name, value] of Object.entries(request.headers)) {
    const algorithm = /^x-amz-checksum-(crc32|crc32c|crc64nvme|sha1|sha256)$/.exec(name)?.[1];
    if (algorithm) wanted.set(algorithm, String(value));
  }
  const trailer = /x-amz-checksum-(\w+)/.exec(header(request, "x-amz-trailer") ?? "")?.[1];
  if (trailer) wanted.set(trailer, undefined);
  const running = new Map<string, Sum>();
  for (const algorithm of wanted.keys()) {
    const make = sums[algorithm];
    if (!make) throw notImplemented(`Checksum ${algorithm}`);
    running.set(algorithm, make());
  }
  const md5 = createHash("md5");
  const sha256 = /^[0-9a-f]{64}$/.test(declared) ? createHash("sha256") : undefined;
  let size = 0;
  const take = async (data: Buffer): Promise<void> => {
    size += data.length;
    md5.update(data);
    sha256?.update(data);
    for (const sum of running.values()) sum.update(data);
    await sink(data);
  };
  // destroyOnReturn: a refusal in the middle must still reach the client
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (!decoder) await take(chunk);
    else for (const data of decoder.push(chunk)) await take(data);
  }
  if (decoder)
    for (const [name, value] of decoder.trailers())
      if (name.startsWith("x-amz-checksum-")) wanted.set(name.slice(15), value);

  const length = decoder ? header(request, "x-amz-decoded-content-length") : undefined;
  if (length !== undefined && Number(length) !== size)
    throw new S3Error(
      400,
      "IncompleteBody",
      "You did not provide the number of bytes specified by the Content-Length HTTP header",
    );
  if (sha256 && sha256.digest("hex") !== declared)
    throw new S3Error(
      400,
      "XAmzContentSHA256Mismatch",
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  const checksums: Record<string, string> = {};
  for (const [algorithm, sum] of running) {
    const computed = sum.digest();
    if (wanted.get(algorithm) !== computed)
      throw new S3Error(
        400,
        "BadDigest",
        `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
      );
    checksums[algorithm] = computed;
  }
  const digest = md5.digest();
  const given = header(request, "content-md5");
  if (given && given !== digest.toString("base64"))
    throw new S3Error(
      400,
      "BadDigest",
      "The Content-MD5 you specified did not match what we received.",
    );
  return { size, md5: digest, checksums };
}

/** A small body, as of a DeleteObjects request. */
export async function receiveText(request: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  await receiveBody(request, async (data) => {
    size += data.length;
    if (size > limit) throw new S3Error(400, "MalformedXML", "The XML you provided was too long");
    chunks.push(data);
  });
  return Buffer.concat(chunks).toString("utf8");
}

export async function writeTo(file: FileHandle, request: IncomingMessage): Promise<ReceivedBody> {
  return receiveBody(request, async (data) => {
    await file.write(data);
  });
}
