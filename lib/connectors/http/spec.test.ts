import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { webhookDestination } from "@/lib/connectors/webhook/destination";
import { webhookConfigSchema, webhookSecretSchema } from "@/lib/connectors/webhook/spec";
import {
  trackingApiConfigSchema,
  trackingApiSecretSchema,
} from "@/lib/connectors/tracking-api/spec";
import { batchOf } from "@/lib/testing/changes";
import { respond, startReceiver } from "@/lib/testing/http-receiver";

const url = "https://example.com/hook";
const named = (headerName: string) =>
  webhookConfigSchema.safeParse({ url, body: "single", headerName });
const valued = (headerValue: string) => webhookSecretSchema.safeParse({ headerValue });
const reasonOf = (parsed: { error?: { issues: { message: string; path: PropertyKey[] }[] } }) =>
  parsed.error?.issues.map(({ message, path }) => `${path.join(".")}: ${message}`)[0];

let receiver: Awaited<ReturnType<typeof startReceiver>>;
beforeAll(async () => {
  receiver = await startReceiver(respond(200));
});
afterAll(() => receiver.stop());
const send = async (headerName: string, headerValue: string) => {
  const webhook = webhookDestination(
    { url: receiver.url, body: "single", headerName },
    { headerValue },
  );
  await webhook.deliver(batchOf([{ seq: 1, json: "{}" }]), new AbortController().signal);
  await webhook.close();
  return receiver.received.at(-1)?.headers[headerName.toLowerCase()];
};

describe("the name of a header", () => {
  test.each([
    "Expect",
    "Keep-Alive",
    "Upgrade",
    "Host",
    "Content-Length",
    "Connection",
    "Transfer-Encoding",
    "TE",
    "Trailer",
    "content-type",
    "CONTENT-ENCODING",
    "Proxy-Connection",
  ])("%s is Tidegate's own: refused at the field", (name) => {
    expect(reasonOf(named(name))).toMatch(/^headerName: This header is set by Tidegate itself/);
  });
  test.each(["X-Api-Key", "Authorization", "User-Agent", "Cookie", "Date", "x_y.z", "Via"])(
    "%s arrives, once, with its value",
    async (name) => {
      expect(named(name).success).toBe(true);
      expect(await send(name, "value of it")).toBe("value of it");
    },
  );
  test.each(["X Key", "X-Key:", "Schlüssel", "X-\u200bKey"])("“%s” is none", (name) => {
    expect(reasonOf(named(name))).toMatch(/^headerName: /);
  });
});

describe("the value of a header", () => {
  test.each([
    ["Bearer żółw", /^headerValue: A header can't carry character 8 \(“ż”, U\+017C\)/],
    ["key 😀", /^headerValue: A header can't carry character 5 \(“😀”, U\+1F600\)/],
    ["secret\u200b", /^headerValue: Character 7 can't be seen \(U\+200B\)/],
    ["\ufeffsecret", /^headerValue: Character 1 can't be seen \(U\+FEFF\)/],
    ["a\u00a0b", /^headerValue: Character 2 can't be seen \(U\+00A0\)/],
    ["a\u00adb", /^headerValue: Character 2 can't be seen \(U\+00AD\)/],
    ["a\0", /^headerValue: A header can't carry character 2 \(U\+0000\)/],
    ["a\u007fb", /^headerValue: A header can't carry character 2 \(U\+007F\)/],
    ["a\nb", /^headerValue: A header value is one line/],
  ])("%j is refused at the field", (value, reason) => {
    expect(reasonOf(valued(value))).toMatch(reason);
  });
  test("every character that is taken is carried", async () => {
    const all = Array.from({ length: 0x250 }, (_, code) => String.fromCharCode(code));
    const taken = all.filter((character) => valued(`a${character}b`).success);
    expect(taken.length).toBeGreaterThan(180);
    const text = `a${taken.join("")}b`;
    expect(await send("X-Key", text)).toBe(text);
  });
});

test.each(["https://exam\u200bple.com/hook", "https://example.com/ho\u00adok"])(
  "an address with an invisible character is refused at the field: %j",
  (address) => {
    expect(
      reasonOf(webhookConfigSchema.safeParse({ url: address, body: "single", headerName: "" })),
    ).toMatch(/^url: Character \d+ can't be seen/);
    expect(reasonOf(trackingApiConfigSchema.safeParse({ url: address }))).toMatch(
      /^url: Character/,
    );
  },
);

test("and a write key with one", () => {
  expect(reasonOf(trackingApiSecretSchema.safeParse({ writeKey: "2abc\u200bdef" }))).toMatch(
    /^writeKey: Character 5 can't be seen \(U\+200B\)/,
  );
});
