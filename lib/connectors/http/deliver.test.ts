import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SyncError } from "@/lib/platform/errors";
import { isStorable, storable } from "@/lib/platform/foreign-text";
import { batchOf } from "@/lib/testing/changes";
import { respond, startReceiver, type Received } from "@/lib/testing/http-receiver";
import { trackingApiDestination } from "@/lib/connectors/tracking-api/destination";
import { webhookDestination } from "@/lib/connectors/webhook/destination";
import { parseRetryAfter } from "./client";

const WRITE_KEY = "wk-very-secret";
const never = new AbortController().signal;
const eventOf = (seq: number) => ({
  seq,
  json: JSON.stringify({ type: "identify", userId: `u${seq}`, messageId: `m${seq}` }),
});
const events = (count: number) =>
  batchOf(Array.from({ length: count }, (_, index) => eventOf(index + 1)));
const idsOf = ({ body }: Received): string[] =>
  (JSON.parse(body) as { batch: { userId: string }[] }).batch.map(({ userId }) => userId);

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let waits: number[];
let destination: ReturnType<typeof trackingApiDestination>;
const delay = (ms: number, signal: AbortSignal) => {
  waits.push(ms);
  signal.throwIfAborted();
  return Promise.resolve();
};
const failureOf = async (work: Promise<unknown>): Promise<SyncError> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SyncError)) throw new Error(`expected a SyncError, got ${String(error)}`);
  return error;
};

beforeEach(async () => {
  receiver = await startReceiver(respond(200, "OK"));
  waits = [];
  destination = trackingApiDestination(
    { url: receiver.url, compression: "none" },
    { writeKey: WRITE_KEY },
    delay,
  );
});
afterEach(async () => {
  await destination.close();
  await receiver.stop();
});

/** Accepts a batch only when every event of it is good. */
const refuseOf =
  (bad: (userId: string) => boolean, status = 400) =>
  (request: Received, response: Parameters<ReturnType<typeof respond>>[1]) => {
    const refused = idsOf(request).filter(bad);
    response
      .writeHead(refused.length > 0 ? status : 200)
      .end(refused.length > 0 ? `invalid: ${refused[0]}` : "OK");
  };

test("a batch is one request to /v1/batch with the write key as user", async () => {
  expect(await destination.deliver(events(3), never)).toEqual({ rejected: [] });
  expect(receiver.received).toHaveLength(1);
  const [request] = receiver.received;
  expect(request).toMatchObject({
    method: "POST",
    path: "/v1/batch",
    headers: {
      "content-type": "application/json",
      authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString("base64")}`,
    },
  });
  expect(idsOf(request!)).toEqual(["u1", "u2", "u3"]);
  expect(JSON.parse(request!.body)).toMatchObject({
    sentAt: expect.stringMatching(/Z$/) as string,
  });
});

test("with gzip the body is a fraction, and says that it is", async () => {
  const zipping = trackingApiDestination(
    { url: receiver.url, compression: "gzip" },
    { writeKey: WRITE_KEY },
    delay,
  );
  await zipping.deliver(events(50), never);
  await zipping.close();
  const [{ headers, bytes } = { headers: {}, bytes: Buffer.alloc(0) }] = receiver.received;
  expect(headers["content-encoding"]).toBe("gzip");
  const text = gunzipSync(bytes).toString("utf8");
  expect(
    (JSON.parse(text) as { batch: { userId: string }[] }).batch.map(({ userId }) => userId),
  ).toEqual(events(50).seqs.map((seq) => `u${seq}`));
  expect(bytes.length * 3).toBeLessThan(text.length);
});

test("a path in the address is kept", async () => {
  const prefixed = trackingApiDestination(
    { url: `${receiver.url}/plane/`, compression: "none" },
    { writeKey: WRITE_KEY },
    delay,
  );
  await prefixed.deliver(events(1), never);
  await prefixed.close();
  expect(receiver.received[0]?.path).toBe("/plane/v1/batch");
});

describe("what passes is tried again", () => {
  test("429: after the pause the receiver asks for", async () => {
    receiver.answerWith((request, response) =>
      receiver.received.length < 3
        ? respond(429, "slow down", { "retry-after": "7" })(request, response)
        : respond(200)(request, response),
    );
    expect(await destination.deliver(events(2), never)).toEqual({ rejected: [] });
    expect(waits).toEqual([7000, 7000]);
  });
  test("500, then accepted", async () => {
    receiver.answerWith((request, response) =>
      respond(receiver.received.length < 2 ? 500 : 200)(request, response),
    );
    await destination.deliver(events(2), never);
    expect(receiver.received.map(({ body }) => body.replace(/"sentAt":"[^"]+"/, ""))).toEqual(
      [receiver.received[0]!.body, receiver.received[0]!.body].map((body) =>
        body.replace(/"sentAt":"[^"]+"/, ""),
      ),
    );
    expect(waits).toHaveLength(1);
  });
  test("a connection that is reset, then accepted", async () => {
    receiver.answerWith((request, response) => {
      if (receiver.received.length < 2) response.destroy();
      else respond(200)(request, response);
    });
    expect(await destination.deliver(events(2), never)).toEqual({ rejected: [] });
  });
  test("500 for ever: a transient failure after six tries", async () => {
    receiver.answerWith(respond(503, "down"));
    expect(await failureOf(destination.deliver(events(2), never))).toMatchObject({
      fault: "transient",
      detail: { code: "503", serverText: "down" },
    });
    expect(receiver.received).toHaveLength(6);
  });
  test.each([429, 503])(
    "a pause of more than a minute is the job's, after %d: it is told when to come back",
    async (status) => {
      receiver.answerWith(respond(status, "", { "retry-after": "3600" }));
      expect(await failureOf(destination.deliver(events(1), never))).toMatchObject({
        fault: "transient",
        detail: {
          retryAfterMs: 3_600_000,
          remedy: "It is tried again by itself, after the pause that the receiver asks for.",
        },
      });
      expect(receiver.received).toHaveLength(1);
    },
  );
});

describe("what the user must mend stops the run", () => {
  test.each([
    [401, "key"],
    [403, "key"],
    [404, "address"],
    [307, "another address"],
  ])("%d", async (status, word) => {
    receiver.answerWith(
      respond(status, `no, ${WRITE_KEY}!`, { location: "https://elsewhere.example/v1/batch" }),
    );
    const error = await failureOf(destination.deliver(events(5), never));
    expect(error).toMatchObject({
      fault: "user-fixable",
      message: expect.stringContaining(word) as string,
    });
    expect(JSON.stringify(error.detail)).not.toContain(WRITE_KEY);
    expect(receiver.received).toHaveLength(1); // a redirect isn't followed either
  });
});

describe("a redirect names the whole address to enter", () => {
  const remedyOf = async (of: ReturnType<typeof webhookDestination>) => {
    const { detail } = await failureOf(of.deliver(events(1), never));
    await of.close();
    return detail.remedy;
  };
  const webhook = () =>
    webhookDestination(
      { url: `${receiver.url}/a/hook`, body: "single", headerName: "" },
      { headerValue: "" },
      delay,
    );
  test.each([
    ["/hook/", "/hook/"],
    ["b?c=d", "/a/b?c=d"],
    ["//other.example/x", "http://other.example/x"],
    ["https://user:word@other.example/x", "https://other.example/x"],
  ])("webhook, to %s", async (location, address) => {
    receiver.answerWith(respond(308, "", { location }));
    const whole = address.startsWith("/") ? receiver.url + address : address;
    expect(await remedyOf(webhook())).toBe(
      `Redirects aren't followed. Enter the final address: ${whole}`,
    );
  });
  test("none is named: then none is said", async () => {
    receiver.answerWith(respond(308));
    expect(await remedyOf(webhook())).toBe("Redirects aren't followed. Enter the final address.");
  });
  test("tracking API: as it is entered, without what is appended to it", async () => {
    const open = () =>
      trackingApiDestination(
        { url: `${receiver.url}/old`, compression: "none" },
        { writeKey: WRITE_KEY },
        delay,
      );
    receiver.answerWith(respond(308, "", { location: "/new/v1/batch" }));
    expect(await remedyOf(open())).toMatch(new RegExp(`: ${receiver.url}/new$`));
    receiver.answerWith(respond(308, "", { location: "/old/v1/batch/" }));
    expect(await remedyOf(open())).toMatch(new RegExp(`: ${receiver.url}/old/v1/batch/$`));
  });
});

describe("a refused batch", () => {
  test.each([400, 413, 422])(
    "%d: the bad event is found, the others are delivered once",
    async (status) => {
      receiver.answerWith(refuseOf((id) => id === "u137", status));
      expect(await destination.deliver(events(500), never)).toEqual({
        rejected: [{ seq: 137, reason: "invalid: u137", code: String(status) }],
      });
      expect(receiver.received.length).toBeLessThan(2 * Math.ceil(Math.log2(500)) + 2);
      const accepted = receiver.received
        .filter((request) => !idsOf(request).includes("u137"))
        .flatMap(idsOf);
      expect(accepted.sort()).toEqual(
        events(500)
          .seqs.map((seq) => `u${seq}`)
          .filter((id) => id !== "u137")
          .sort(),
      );
    },
  );
  test("many bad events in a row are each rejected, and the good ones still delivered once", async () => {
    receiver.answerWith(refuseOf((id) => Number(id.slice(1)) <= 20));
    const { rejected } = await destination.deliver(events(200), never);
    expect(rejected.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    const accepted = receiver.received
      .filter((request) => idsOf(request).every((id) => Number(id.slice(1)) > 20))
      .flatMap(idsOf);
    expect(accepted).toHaveLength(180);
    expect(new Set(accepted).size).toBe(180);
  });
  test("a receiver that refuses every event stops the run after few requests", async () => {
    receiver.answerWith(refuseOf(() => true));
    expect(await failureOf(destination.deliver(events(500), never))).toMatchObject({
      fault: "user-fixable",
      message: expect.stringContaining("refuses every event") as string,
      detail: { serverText: expect.stringContaining("invalid") as string },
    });
    expect(receiver.received.length).toBeLessThan(40);
  });
  test("events that were all refused before are rejected one by one, however many", async () => {
    receiver.answerWith(refuseOf(() => true));
    expect(
      (await destination.deliver({ ...events(100), expectRefusals: true }, never)).rejected,
    ).toHaveLength(100);
  });
  test("a small batch that is refused whole is rejected row by row", async () => {
    receiver.answerWith(refuseOf(() => true));
    expect((await destination.deliver(events(5), never)).rejected.map(({ seq }) => seq)).toEqual([
      1, 2, 3, 4, 5,
    ]);
  });
  test.each<[string, string | Buffer, string]>([
    ["a zero byte", "bad\0row", "bad␀row"],
    ["an emoji at the bound", `${"x".repeat(999)}😀!`, `${"x".repeat(999)}…`],
    ["an emoji across the bound of bytes", `${"é".repeat(700)}${"😀".repeat(900)}`, ""],
    ["bytes that are no text", Buffer.from([0x61, 0xff, 0x00, 0xed, 0xa0, 0xbd]), ""],
    ["gzip that nobody asked for", gzipSync("not a user id\0"), "not a user id␀"],
    ["a broken gzip", Buffer.from([0x1f, 0x8b, 0, 1, 2]), ""],
  ])("a reason that holds %s can be stored", async (_, body, reason) => {
    receiver.answerWith((__, response) => void response.writeHead(400).end(body));
    const { rejected } = await destination.deliver(events(1), never);
    const [row] = rejected;
    expect(isStorable(row?.reason ?? "\0")).toBe(true);
    expect(row?.reason.length).toBeLessThanOrEqual(1_000);
    if (reason) expect(row?.reason).toBe(reason);
  });
  test("a secret that lies across the bound is hidden whole", async () => {
    receiver.answerWith(respond(400, `${"x".repeat(995)}${WRITE_KEY}`));
    const { rejected } = await destination.deliver(events(1), never);
    expect(rejected[0]?.reason).toBe(`${"x".repeat(995)}***`);
  });
  test("an answer without text still has a reason", async () => {
    receiver.answerWith(respond(400));
    expect(await destination.deliver(events(1), never)).toEqual({
      rejected: [{ seq: 1, reason: "The receiver refused it with HTTP 400.", code: "400" }],
    });
  });
});

test("cancelling ends a request that hangs, with the reason of the cancel", async () => {
  const controller = new AbortController();
  receiver.answerWith(() => controller.abort(new Error("cancelled by Ada"))); // never answers
  await expect(destination.deliver(events(1), controller.signal)).rejects.toThrow(
    "cancelled by Ada",
  );
});

describe("webhook", () => {
  const open = (body: "single" | "batch", headerName = "") =>
    webhookDestination(
      { url: `${receiver.url}/hook?x=1`, body, headerName },
      { headerValue: "header-secret" },
      delay,
    );
  test("single: the body is the event, with the secret header", async () => {
    const webhook = open("single", "X-Token");
    expect(webhook.limits.maxBatchEvents).toBe(1);
    await webhook.deliver(events(1), never);
    await webhook.close();
    expect(receiver.received[0]).toMatchObject({
      path: "/hook?x=1",
      body: eventOf(1).json,
      headers: { "x-token": "header-secret" },
    });
  });
  test("batch: up to a hundred under one key", async () => {
    const webhook = open("batch");
    expect(webhook.limits.maxBatchEvents).toBe(100);
    await webhook.deliver(events(2), never);
    await webhook.close();
    expect(JSON.parse(receiver.received[0]!.body)).toEqual({
      batch: [1, 2].map((seq) => JSON.parse(eventOf(seq).json) as unknown),
    });
  });
});

describe("checks", () => {
  const check = async (of = destination) => {
    const results = [];
    for await (const result of of.check(never)) results.push(result);
    return results;
  };
  test("a receiver that accepts", async () => {
    expect(await check()).toMatchObject([
      { id: "reachable", title: "Reaching the data plane", status: "passed" },
      { id: "accepts-event", title: "Test event accepted", status: "passed" },
    ]);
    expect(JSON.parse(receiver.received[1]!.body)).toMatchObject({
      batch: [
        {
          type: "identify",
          anonymousId: "tidegate-connection-test",
          traits: { tidegate_connection_test: true },
        },
      ],
    });
  });
  test.each([
    [401, "key"],
    [404, "no such address"],
    [400, "refused the test event"],
    [500, "fault of its own"],
  ])("%d to the event", async (status, words) => {
    receiver.answerWith((request, response) =>
      respond(request.method === "POST" ? status : 200, "text of the receiver")(request, response),
    );
    expect((await check())[1]).toMatchObject({
      status: "failed",
      summary: expect.stringContaining(words) as string,
      serverText: "text of the receiver",
      remedy: { text: expect.any(String) as string },
    });
  });
  test.each([400, 401, 500])(
    "%d with what can't be stored: it can be all the same",
    async (status) => {
      receiver.answerWith((request, response) =>
        respond(request.method === "POST" ? status : 200, `no\0${"x".repeat(996)}😀`)(
          request,
          response,
        ),
      );
      const results = await check();
      expect(results[1]).toMatchObject({
        status: "failed",
        serverText: expect.stringContaining("no␀x") as string,
      });
      expect(storable(results)).toBe(results);
    },
  );
  test("nothing there: the second is not run, because of the first", async () => {
    await receiver.stop();
    expect(await check()).toMatchObject([
      { status: "failed", summary: expect.stringContaining("refuses the connection") as string },
      { status: "skipped", summary: "Not run because “Reaching the data plane” failed." },
    ]);
    receiver = await startReceiver(respond(200));
  });
  test("no such host", async () => {
    const lost = trackingApiDestination(
      { url: "http://no-such-host.invalid", compression: "none" },
      { writeKey: WRITE_KEY },
      delay,
    );
    const [first] = await check(lost);
    await lost.close();
    expect(first).toMatchObject({
      status: "failed",
      summary: expect.stringMatching(/no host named|lost/) as string,
    });
  });
});

test.each([
  ["120", 120_000],
  ["3600", 3_600_000],
  ["86400", 86_400_000],
  ["604800", 86_400_000],
  ["1.5", 1_500],
  [" 30 ", 30_000],
  ["Wed, 21 Oct 2026 07:28:00 GMT", 60_000],
  ["Wed, 21 Oct 2026 08:27:00 GMT", 3_600_000],
  ["Wed, 28 Oct 2026 07:28:00 GMT", 86_400_000],
  ["Wed, 21 Oct 2020 07:28:00 GMT", 0],
  ["soon", undefined],
  [undefined, undefined],
])("Retry-After: %s", (header, ms) => {
  expect(parseRetryAfter(header, Date.parse("2026-10-21T07:27:00Z"))).toBe(ms);
});
