// Engine and tracking API against a receiver that fails one request in five, each in its own way.
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { trackingApiDestination } from "@/lib/connectors/tracking-api/destination";
import { runSync } from "@/lib/engine/run-sync";
import { systemClock } from "@/lib/platform/clock";
import type { ChangedRow } from "@/lib/testing/changes";
import { FakeRunStore } from "@/lib/testing/fake-run-store";
import { FakeSource } from "@/lib/testing/fake-source";
import { startReceiver, type Received } from "@/lib/testing/http-receiver";

const ROWS = 20_000;
/** Of a receiver that keeps one waiting. */
const FEW = 5_000;
const EVERY = 5;
const columns = [
  { name: "id", type: "integer", kind: "integer" as const },
  { name: "email", type: "varchar(64)", kind: "text" as const },
];
const rows = Array.from({ length: ROWS }, (_, index): ChangedRow => ({
  seq: index + 1,
  key: `k${index + 1}`,
  messageId: (index + 1).toString(16).padStart(32, "0"),
  cells: [String(index + 1), `u${index + 1}@example.com`],
}));
const never = new AbortController().signal;

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let waits: number[];
beforeEach(async () => {
  receiver = await startReceiver((_, response) => {
    response.end("OK");
  });
  waits = [];
});
afterEach(() => receiver.stop());

const messagesOf = ({ body }: Received) =>
  (JSON.parse(body) as { batch: { messageId: string }[] }).batch.map(({ messageId }) => messageId);

const zipped = gzipSync("no\0");
/** Halved rather than sent again: a batch of one is accepted. */
const isHalved = (what: string) => what === "413";

const faults: [
  what: string,
  keeps: boolean,
  fail: (response: ServerResponse) => void,
  answerTimeoutMs?: number,
][] = [
  [
    "429 with Retry-After",
    false,
    (response) => void response.writeHead(429, { "retry-after": "1" }).end(),
  ],
  ["429", false, (response) => void response.writeHead(429).end()],
  ["500", false, (response) => void response.writeHead(500).end()],
  ["503", false, (response) => void response.writeHead(503).end()],
  ["500 with a zero byte", false, (response) => void response.writeHead(500).end("a\0b")],
  [
    "500 with an emoji across the bound",
    false,
    (response) => void response.writeHead(500).end(`${"x".repeat(999)}😀`),
  ],
  [
    "500 with gzip that nobody asked for",
    false,
    (response) => void response.writeHead(500, { "content-encoding": "gzip" }).end(zipped),
  ],
  ["413", false, (response) => void response.writeHead(413).end("too\0large")],
  ["a reset before it was read", false, (response) => void response.destroy()],
  ["a reset after it was accepted", true, (response) => void response.destroy()],
  ["no answer in time, though it was accepted", true, () => undefined, 1_000],
];

test.each(faults)(
  "%s on one request in five: nothing is lost, and what comes twice is the same message",
  { timeout: 30_000 },
  async (what, keeps, fail, answerTimeoutMs) => {
    const sent = answerTimeoutMs ? rows.slice(0, FEW) : rows;
    const taken: string[] = [];
    let requests = 0;
    receiver.answerWith((request, response) => {
      const isFit = isHalved(what) && messagesOf(request).length === 1;
      const fails = ++requests % EVERY === 0 && !isFit;
      if (!fails || keeps) taken.push(...messagesOf(request));
      if (fails) fail(response);
      else response.end("OK");
    });
    const destination = trackingApiDestination(
      { url: receiver.url, compression: "none" },
      { writeKey: "key" },
      (ms) => Promise.resolve(void waits.push(ms)),
      answerTimeoutMs,
    );
    const store = new FakeRunStore();
    const counts = await runSync({
      source: new FakeSource(columns, sent),
      destination,
      store,
      selection: { schema: "shop", table: "users", columns: ["id", "email"], keys: ["id"] },
      mapping: {
        columns: [
          { column: "id", traitKey: "id" },
          { column: "email", traitKey: "email" },
        ],
        userId: "email",
        anonymousId: null,
      },
      mode: "upsert",
      cursor: null,
      onlyKeys: null,
      deletes: { percent: 10, allowed: 0 },
      rawNumbers: false,
      logDays: 0,
      ids: { connectionId: "conn", sourceId: "src", runId: "run" },
      fence: 1,
      refusedBefore: 0,
      clock: systemClock,
      signal: never,
    });
    await destination.close();
    expect(counts).toEqual({
      read: sent.length,
      delivered: sent.length,
      unchanged: 0,
      rejected: 0,
    });
    expect(new Set(taken).size).toBe(sent.length);
    if (!keeps) expect(taken).toHaveLength(sent.length);
    if (!isHalved(what)) expect(waits.length).toBeGreaterThan(1);
    expect(requests).toBeGreaterThan(EVERY);
    expect(store.rejected.size).toBe(0);
  },
);
