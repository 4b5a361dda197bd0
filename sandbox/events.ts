// An event receiver with the HTTP interface that RudderStack and Segment share. Events go to a file, so
// that millions cost no memory but eight bytes each; the listing reads pages of it.
import { open, type FileHandle } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { FaultRules, type EventFault } from "./faults";

const maxBody = 500 * 1024;
const maxEvent = 32 * 1024;
const maxPage = 5000;
const types = new Set(["identify", "track", "page", "screen", "group", "alias"]);
const unzip = promisify(gunzip);
const zip = promisify(gzip);

class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Record<string, string> = {},
    /** What is answered where that isn't the message. */
    readonly body: string | Buffer = message,
  ) {
    super(message);
  }
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The kept events: one JSON line each in a file, and where each line begins. */
class EventStore {
  private offsets: number[] = [];
  private size = 0;
  private base = 0;
  private last: Promise<void> = Promise.resolve();

  private constructor(private readonly file: FileHandle) {}

  static async open(path: string): Promise<EventStore> {
    const store = new EventStore(await open(path, "a+"));
    for await (const line of store.file.readLines({ autoClose: false, start: 0 }))
      store.note(Buffer.byteLength(line) + 1);
    return store;
  }

  private note(bytes: number): void {
    this.offsets.push(this.size);
    this.size += bytes;
  }

  get total(): number {
    return this.offsets.length;
  }

  /** Appends all or, when writing fails, none of them. */
  append(writeKey: string, events: Json[]): Promise<void> {
    const at = new Date().toISOString();
    const write = this.last.then(async () => {
      const lines = events.map(
        (event, index) =>
          `${JSON.stringify({ seq: this.base + this.offsets.length + index + 1, receivedAt: at, writeKey, event })}\n`,
      );
      await this.file.write(lines.join(""));
      for (const line of lines) this.note(Buffer.byteLength(line));
    });
    this.last = write.catch(() => undefined); // the caller of this write gets the failure; the next one starts clean
    return write;
  }

  async page(after: number, limit: number): Promise<string[]> {
    const from = Math.max(0, after - this.base);
    const to = Math.min(from + limit, this.offsets.length);
    if (from >= to) return [];
    const start = this.offsets[from] ?? 0;
    const buffer = Buffer.alloc((this.offsets[to] ?? this.size) - start);
    await this.file.read(buffer, 0, buffer.length, start);
    return buffer.toString("utf8").trimEnd().split("\n");
  }

  async clear(): Promise<void> {
    await this.last;
    await this.file.truncate(0);
    this.base = 0;
    this.offsets = [];
    this.size = 0;
  }

  async close(): Promise<void> {
    await this.last;
    await this.file.close();
  }
}

export class EventReceiver {
  readonly faults = new FaultRules<EventFault>();
  private readonly server: Server;

  private constructor(private readonly store: EventStore) {
    this.server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        if (response.headersSent || response.destroyed) return void response.destroy();
        const refusal = error instanceof Refusal ? error : new Refusal(500, String(error));
        response
          .writeHead(refusal.status, {
            "content-type": "text/plain; charset=utf-8",
            ...refusal.headers,
          })
          .end(refusal.body);
      });
    });
  }

  static async start(path: string, port: number): Promise<EventReceiver> {
    const receiver = new EventReceiver(await EventStore.open(path));
    await new Promise<void>((resolve, reject) => {
      receiver.server.once("error", reject);
      receiver.server.listen(port, "127.0.0.1", resolve);
    });
    return receiver;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
    await this.store.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://sandbox");
    const json = (body: string): void =>
      void response.writeHead(200, { "content-type": "application/json" }).end(body);
    if (url.pathname === "/events" && request.method === "GET") {
      const after = Number(url.searchParams.get("after") ?? 0) || 0;
      const limit = Math.min(Number(url.searchParams.get("limit") ?? 1000) || 1000, maxPage);
      const page = await this.store.page(after, limit);
      return json(
        `{"total":${this.store.total},"next":${after + page.length},"events":[${page.join(",")}]}`,
      );
    }
    if (url.pathname === "/events" && request.method === "DELETE") {
      await this.store.clear();
      return json("{}");
    }
    if (url.pathname === "/health") return json('{"server":"UP"}');
    const path = /^\/v1\/(\w+)$/.exec(url.pathname)?.[1];
    if (!path || (path !== "batch" && !types.has(path))) throw new Refusal(404, "Not found");
    if (request.method !== "POST") throw new Refusal(405, "Method not allowed");
    await this.receive(path, request, response);
  }

  private async receive(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = await readBody(request);
    const writeKey = userName(request.headers.authorization);
    const text = body.toString("utf8");
    const fault = this.faults.take(
      (rule) =>
        (rule.writeKey === undefined || rule.writeKey === writeKey) &&
        (rule.contains === undefined || text.includes(rule.contains)),
    );
    if (fault?.delayMs) await wait(fault.delayMs);
    if (fault?.drop === "before") return void request.socket.destroy();
    if (fault?.status) {
      const answer = fault.answer ?? "fault on order";
      throw new Refusal(
        fault.status,
        answer,
        {
          ...(fault.retryAfter && { "retry-after": fault.retryAfter }),
          ...(fault.gzip && { "content-encoding": "gzip" }),
        },
        fault.gzip ? await zip(answer) : answer,
      );
    }

    if (!writeKey) throw new Refusal(401, "Failed to read writeKey from header");
    const events = readEvents(path, text);
    await this.store.append(writeKey, events);
    if (fault?.drop === "after") return void request.socket.destroy();
    response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end("OK");
  }
}

/** The write key is the user name of basic authentication. */
function userName(header: string | undefined): string {
  const encoded = /^Basic\s+(.+)$/i.exec(header ?? "")?.[1];
  return encoded ? (Buffer.from(encoded, "base64").toString("utf8").split(":")[0] ?? "") : "";
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  let tooLarge = false;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBody)
      tooLarge = true; // read on, so that the client gets its answer instead of a reset
    else chunks.push(chunk);
  }
  if (tooLarge) throw new Refusal(413, "Request size exceeds max limit");
  const body = Buffer.concat(chunks);
  const encoding = request.headers["content-encoding"];
  if (!encoding || encoding === "identity") return body;
  if (encoding !== "gzip") throw new Refusal(415, `Content-Encoding ${encoding} is not supported`);
  try {
    return await unzip(body, { maxOutputLength: maxBody });
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal(413, "Request size exceeds max limit");
    throw new Refusal(400, "Body is not valid gzip");
  }
}

/** The events of a request, or the refusal of the whole of it: a batch is taken or refused as one. */
function readEvents(path: string, text: string): Json[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Refusal(400, "Invalid json");
  }
  if (!isObject(parsed)) throw new Refusal(400, "Invalid json");
  let events: Json[];
  if (path === "batch") {
    const batch = parsed["batch"];
    if (!Array.isArray(batch) || batch.length === 0 || !batch.every(isObject))
      throw new Refusal(400, "Empty batch payload");
    events = batch;
  } else events = [{ ...parsed, type: path }];
  for (const event of events) {
    if (!event["userId"] && !event["anonymousId"])
      throw new Refusal(400, "Request neither has anonymousId nor userId");
    if (typeof event["type"] !== "string" || !types.has(event["type"]))
      throw new Refusal(400, "Invalid event type");
    if (Buffer.byteLength(JSON.stringify(event)) > maxEvent)
      throw new Refusal(400, "Event size exceeds max limit of 32 KB");
  }
  return events;
}
