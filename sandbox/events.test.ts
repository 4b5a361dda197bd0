import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runningSandbox } from "./testing/running";

const sandbox = runningSandbox();
const key = `Basic ${Buffer.from("write-key:").toString("base64")}`;

async function send(
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(sandbox.endpoints.events.url + path, {
    method: "POST",
    body: typeof body === "string" ? body : new Uint8Array(body),
    headers: { authorization: key, "content-type": "application/json", ...headers },
  });
}
const batch = (events: unknown[]): string => JSON.stringify({ batch: events });
const identify = (userId: string, traits: object = {}): object => ({
  type: "identify",
  userId,
  messageId: `m-${userId}`,
  traits,
});

interface Page {
  total: number;
  next: number;
  events: { seq: number; writeKey: string; event: { userId: string; type: string } }[];
}
const list = async (query = ""): Promise<Page> =>
  (await (await fetch(sandbox.endpoints.events.listUrl + query)).json()) as Page;

beforeEach(async () => void (await fetch(sandbox.endpoints.events.listUrl, { method: "DELETE" })));
afterEach(() => sandbox.control("PUT", "/events/faults", []));

describe("receiving", () => {
  test("a batch, a single identify and a gzip body are kept in order", async () => {
    expect((await send("/v1/batch", batch([identify("a"), identify("é🎉")]))).status).toBe(200);
    expect((await send("/v1/identify", JSON.stringify({ userId: "c" }))).status).toBe(200);
    expect(
      (await send("/v1/batch", gzipSync(batch([identify("d")])), { "content-encoding": "gzip" }))
        .status,
    ).toBe(200);
    const page = await list();
    expect(
      page.events.map(({ seq, writeKey, event }) => [seq, writeKey, event.userId, event.type]),
    ).toEqual([
      [1, "write-key", "a", "identify"],
      [2, "write-key", "é🎉", "identify"],
      [3, "write-key", "c", "identify"],
      [4, "write-key", "d", "identify"],
    ]);
  });

  test("20,000 events are listed in pages", async () => {
    for (let from = 0; from < 20_000; from += 1000)
      await send(
        "/v1/batch",
        batch(Array.from({ length: 1000 }, (_, n) => identify(`u${from + n}`))),
      );
    const seen: string[] = [];
    for (let after = 0; ;) {
      const page = await list(`?after=${after}&limit=3000`);
      if (page.events.length === 0) break;
      seen.push(...page.events.map(({ event }) => event.userId));
      after = page.next;
    }
    expect(seen).toEqual(Array.from({ length: 20_000 }, (_, n) => `u${n}`));
  });

  test.each([
    ["no write key", "/v1/batch", batch([identify("a")]), { authorization: "" }, 401],
    [
      "no userId and no anonymousId: the whole batch",
      "/v1/batch",
      batch([identify("a"), { type: "identify" }]),
      {},
      400,
    ],
    ["not JSON", "/v1/batch", "{", {}, 400],
    ["an empty batch", "/v1/batch", batch([]), {}, 400],
    [
      "a body over 500 KB",
      "/v1/batch",
      batch([identify("a", { x: "y".repeat(520_000) })]),
      {},
      413,
    ],
    [
      "an event over 32 KB",
      "/v1/batch",
      batch([identify("a", { x: "y".repeat(33_000) })]),
      {},
      400,
    ],
    ["another path", "/v2/batch", batch([identify("a")]), {}, 404],
  ])("refuses %s", async (_, path, body, headers, status) => {
    expect((await send(path, body, headers)).status).toBe(status);
    expect((await list()).total).toBe(0);
  });

  test("a gzip bomb is refused", async () => {
    expect(
      (await send("/v1/batch", gzipSync("x".repeat(50_000_000)), { "content-encoding": "gzip" }))
        .status,
    ).toBe(413);
  });
});

describe("faults on order", () => {
  const order = (rules: unknown[]): Promise<unknown> =>
    sandbox.control("PUT", "/events/faults", rules);

  test("a status with Retry-After, twice", async () => {
    await order([{ status: 429, retryAfter: "2", times: 2 }]);
    const first = await send("/v1/batch", batch([identify("a")]));
    expect([first.status, first.headers.get("retry-after")]).toEqual([429, "2"]);
    expect((await send("/v1/batch", batch([identify("a")]))).status).toBe(429);
    expect((await send("/v1/batch", batch([identify("a")]))).status).toBe(200);
  });

  test("an answer of any text, zipped where that is wanted", async () => {
    const text = `a\0b${"x".repeat(996)}😀`;
    await order([
      { status: 413, answer: text, times: 1 },
      { status: 500, answer: text, gzip: true, times: 1 },
    ]);
    const plain = await send("/v1/batch", batch([identify("a")]));
    expect([plain.status, await plain.text()]).toEqual([413, text]);
    const zipped = await send("/v1/batch", batch([identify("a")]));
    expect([zipped.status, zipped.headers.get("content-encoding")]).toEqual([500, "gzip"]);
    expect(await zipped.text()).toBe(text);
  });

  test("400 for what contains a text, 401 for one write key", async () => {
    await order([
      { status: 400, contains: "poison" },
      { status: 401, writeKey: "other" },
    ]);
    expect((await send("/v1/batch", batch([identify("poison")]))).status).toBe(400);
    expect((await send("/v1/batch", batch([identify("fine")]))).status).toBe(200);
    expect(
      (
        await send("/v1/batch", batch([identify("fine")]), {
          authorization: `Basic ${btoa("other:")}`,
        })
      ).status,
    ).toBe(401);
  });

  test("the answer lost before and after the events are kept", async () => {
    await order([{ drop: "before", times: 1 }]);
    await expect(send("/v1/batch", batch([identify("a")]))).rejects.toThrow();
    expect((await list()).total).toBe(0);
    await order([{ drop: "after", times: 1 }]);
    await expect(send("/v1/batch", batch([identify("a")]))).rejects.toThrow();
    expect((await list()).total).toBe(1);
  });
});

test("the control API wants its token", async () => {
  expect((await fetch(`${sandbox.endpoints.control.url}/statements`)).status).toBe(401);
});
