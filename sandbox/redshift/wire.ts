// PostgreSQL's wire protocol 3.0, as far as a proxy must speak it: framing and building messages.

/** One message: its type letter and the whole of its bytes (type, length, body). */
export interface Message {
  type: string;
  bytes: Buffer;
}

/** Builds a message from its type letter and body. */
export function message(type: string, ...body: Buffer[]): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeInt32BE(4 + body.reduce((sum, part) => sum + part.length, 0), 1);
  return Buffer.concat([head, ...body]);
}

export function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`, "utf8");
}

export function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
}

export function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

/** A Query message. */
export const query = (sql: string): Buffer => message("Q", cstring(sql));

/** Parse + Bind + Execute of a statement without parameters, under a name no client uses. */
export function runUnderName(name: string, sql: string): Buffer {
  return Buffer.concat([
    message("C", Buffer.from("S"), cstring(name)),
    message("P", cstring(name), cstring(sql), int16(0)),
    message("B", cstring(name), cstring(name), int16(0), int16(0), int16(0)),
    message("E", cstring(name), int32(0)),
    message("C", Buffer.from("P"), cstring(name)),
  ]);
}

/** The text of a zero-terminated string and the offset after it. */
export function readCstring(bytes: Buffer, from: number): { text: string; next: number } {
  const end = bytes.indexOf(0, from);
  if (end < 0) throw new Error("protocol: unterminated string");
  return { text: bytes.toString("utf8", from, end), next: end + 1 };
}

/** Fields of an ErrorResponse or NoticeResponse: letter → text. */
export type Fields = Record<string, string>;

export function readFields(bytes: Buffer): Fields {
  const fields: Fields = {};
  for (let at = 5; at < bytes.length && bytes[at] !== 0;) {
    const { text, next } = readCstring(bytes, at + 1);
    fields[String.fromCharCode(bytes[at] ?? 0)] = text;
    at = next;
  }
  return fields;
}

export function fieldsMessage(type: "E" | "N", fields: Fields): Buffer {
  const parts = Object.entries(fields).map(([letter, text]) =>
    Buffer.concat([Buffer.from(letter), cstring(text)]),
  );
  return message(type, ...parts, Buffer.from([0]));
}

/** Values of a DataRow in text format. */
export function readRow(bytes: Buffer): (string | null)[] {
  const row: (string | null)[] = [];
  let at = 7;
  for (let left = bytes.readInt16BE(5); left > 0; left--) {
    const length = bytes.readInt32BE(at);
    at += 4;
    row.push(length < 0 ? null : bytes.toString("utf8", at, at + length));
    if (length > 0) at += length;
  }
  return row;
}

/**
 * Cuts a byte stream into messages. Keeps the chunks of an unfinished message as a list, because
 * joining them at every chunk would be quadratic for a 16 MB statement.
 */
export class Framer {
  private chunks: Buffer[] = [];
  private size = 0;

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
  }

  get buffered(): number {
    return this.size;
  }

  private join(): Buffer {
    const joined =
      this.chunks.length === 1 ? (this.chunks[0] as Buffer) : Buffer.concat(this.chunks);
    this.chunks = [joined];
    return joined;
  }

  private take(length: number): Buffer {
    const joined = this.join();
    const head = joined.subarray(0, length);
    this.chunks = length === joined.length ? [] : [joined.subarray(length)];
    this.size -= length;
    return head;
  }

  /** The bytes read so far and not cut off, for handing the socket to TLS. */
  rest(): Buffer {
    return this.take(this.size);
  }

  /** Startup packets carry no type letter. */
  nextStartup(): Buffer | undefined {
    if (this.size < 4) return undefined;
    const length = this.join().readInt32BE(0);
    if (length < 8 || length > 10_000) throw new Error("protocol: bad startup packet");
    return this.size < length ? undefined : this.take(length);
  }

  next(): Message | undefined {
    if (this.size < 5) return undefined;
    const first = this.chunks[0] as Buffer;
    const head = first.length >= 5 ? first : this.join();
    const length = 1 + head.readInt32BE(1);
    if (length < 5) throw new Error("protocol: bad message length");
    if (this.size < length) return undefined;
    const bytes = this.take(length);
    return { type: String.fromCharCode(bytes[0] ?? 0), bytes };
  }
}

/**
 * Walks the backend's stream without copying rows: DataRow and CopyData pass as slices of the chunk
 * they came in (`pass`), all other messages are handed over whole (`handle`).
 */
export class Walker {
  private partial: Buffer | undefined;
  private passing = 0;

  constructor(
    private readonly pass: (bytes: Buffer) => void,
    private readonly handle: (message: Message) => void,
    /** False while the caller wants to see rows too. */
    private readonly passRows: () => boolean,
  ) {}

  push(chunk: Buffer): void {
    let data = chunk;
    if (this.partial) {
      data = Buffer.concat([this.partial, chunk]);
      this.partial = undefined;
    }
    let at = 0;
    let from = 0; // start of the run of passed bytes
    if (this.passing > 0) {
      at = Math.min(this.passing, data.length);
      this.passing -= at;
    }
    while (at < data.length) {
      if (data.length - at < 5) break;
      const length = 1 + data.readInt32BE(at + 1);
      const type = data[at] ?? 0;
      if (type === 0x44 && this.passRows()) {
        const end = at + length;
        if (end > data.length) {
          this.passing = end - data.length;
          at = data.length;
        } else at = end;
        continue;
      }
      if (at > from) this.pass(data.subarray(from, at));
      if (data.length - at < length) {
        this.partial = data.subarray(at);
        return;
      }
      this.handle({ type: String.fromCharCode(type), bytes: data.subarray(at, at + length) });
      at += length;
      from = at;
    }
    if (at > from) this.pass(data.subarray(from, at));
    if (at < data.length) this.partial = data.subarray(at);
  }
}
