// Rows to gzip files: one is built while those before are uploaded. Memory is bounded whatever the number of rows.
import { createGzip, type Gzip } from "node:zlib";

/** A part ends after this many bytes of text, or of gzip: enough parts for a cluster's slices, few enough to be quick. */
const PART_TEXT_BYTES = 32 * 1024 * 1024;
const PART_GZIP_BYTES = 8 * 1024 * 1024;
const CHUNK_BYTES = 512 * 1024;
/** Chunks that the compressor has and hasn't taken up yet. */
const MAX_CHUNKS = 4;
const MAX_UPLOADS = 2;

export type Part = { key: string; bytes: number };

export type PartWriter = {
  /** Whether the next row, of at most so many bytes, has room in `out` from `at` on. */
  fits(room: number): boolean;
  /** Makes that room. Waits where the compressor or the uploads are behind. */
  makeRoom(room: number): Promise<void>;
  out(): Buffer;
  at(): number;
  /** A row was written from `at` on; it ends here. */
  wrote(end: number): void;
  /** Ends the last part and waits for every upload. */
  finish(): Promise<Part[]>;
  /** Stops; what was uploaded stays. */
  abandon(): void;
};

export type PartLimits = { textBytes?: number; gzipBytes?: number; chunkBytes?: number };

/** Cuts what is written into parts, by bytes, between rows. `upload` is told each part's number, from 1. */
export function partWriter(
  keyOf: (part: number) => string,
  upload: (key: string, body: Uint8Array) => Promise<void>,
  {
    textBytes = PART_TEXT_BYTES,
    gzipBytes = PART_GZIP_BYTES,
    chunkBytes = CHUNK_BYTES,
  }: PartLimits = {},
): PartWriter {
  const parts: Part[] = [];
  const uploads = new Set<Promise<void>>();
  const spare: Buffer[] = [];
  const waiting = new Set<Promise<void>>();
  let chunk: Buffer = Buffer.allocUnsafeSlow(chunkBytes);
  let used = 0;
  let gzip:
    { stream: Gzip; out: Buffer[]; text: number; bytes: number; ended: Promise<void> } | undefined;
  let count = 0;
  let failure: { error: unknown } | undefined;

  const check = () => {
    if (failure) throw failure.error;
  };
  const begin = () => {
    const stream = createGzip({ level: 1, chunkSize: 256 * 1024 });
    const made = { stream, out: [] as Buffer[], text: 0, bytes: 0, ended: Promise.resolve() };
    made.ended = new Promise<void>((done, failed) => {
      stream.on("data", (bytes: Buffer) => {
        made.out.push(bytes);
        made.bytes += bytes.length;
      });
      stream.once("end", done);
      stream.once("error", failed);
    });
    made.ended.catch((error: unknown) => {
      failure ??= { error };
    });
    return made;
  };

  /** Hands the open chunk to the compressor. */
  const flush = async () => {
    if (used === 0) return;
    gzip ??= begin();
    gzip.text += used;
    const full = chunk;
    const bytes = full.subarray(0, used);
    const { stream } = gzip;
    const taken = new Promise<void>((done) => stream.write(bytes, () => done())).then(() => {
      waiting.delete(taken);
      if (full.length === chunkBytes) spare.push(full);
    });
    waiting.add(taken);
    chunk = spare.pop() ?? Buffer.allocUnsafeSlow(chunkBytes);
    used = 0;
    while (waiting.size >= MAX_CHUNKS) await Promise.race(waiting);
    check();
  };

  const endPart = async () => {
    if (!gzip) return;
    const ending = gzip;
    gzip = undefined;
    ending.stream.end();
    await ending.ended;
    while (uploads.size >= MAX_UPLOADS) await Promise.race(uploads);
    check();
    count += 1;
    const part: Part = { key: keyOf(count), bytes: ending.bytes };
    parts.push(part);
    const sent = upload(part.key, Buffer.concat(ending.out, ending.bytes))
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .then(() => void uploads.delete(sent));
    ending.out.length = 0;
    uploads.add(sent);
  };

  return {
    fits: (room) => chunk.length - used >= room,
    makeRoom: async (room) => {
      await flush();
      if (gzip && (gzip.text >= textBytes || gzip.bytes >= gzipBytes)) await endPart();
      check();
      // a row that is larger than a chunk gets one of its own size
      if (chunk.length < room) chunk = Buffer.allocUnsafeSlow(room);
    },
    out: () => chunk,
    at: () => used,
    wrote: (end) => {
      used = end;
    },
    finish: async () => {
      await flush();
      await endPart();
      await Promise.all(uploads);
      check();
      return parts;
    },
    abandon: () => {
      failure ??= { error: new Error("abandoned") };
      gzip?.stream.destroy();
      gzip = undefined;
    },
  };
}
