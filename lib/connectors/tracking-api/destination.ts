import { ENVELOPE_BYTES, type EventDestination } from "@/lib/connectors/contract/events";
import { checkReceiver, oneEvent, testEvent } from "@/lib/connectors/http/checks";
import { openReceiver } from "@/lib/connectors/http/client";
import { bodyOf, deliverByHalving, type Envelope } from "@/lib/connectors/http/deliver";
import { openPace } from "@/lib/connectors/http/pace";
import { realDelay, type Delay } from "@/lib/connectors/retry";
import type { TrackingApiConfig, TrackingApiSecret } from "./spec";

/** Segment's HTTP API, which RudderStack's data plane speaks too: at most 500 KB a batch and 32 KB an event. */
const LIMITS = { maxBatchEvents: 500, maxBatchBytes: 500_000, maxEventBytes: 32 * 1024 };
/** A far receiver takes more at once: at 50 ms 8 requests are 80,000 rows/s, 32 are as much as one worker reads. */
const PACE = { start: 8, most: 32 };
const HEAD = Buffer.from('{"batch":[');

/** `POST <url>/v1/batch` with the write key as the user of basic authentication. */
export function trackingApiDestination(
  config: TrackingApiConfig,
  secret: TrackingApiSecret,
  delay: Delay = realDelay,
  answerTimeoutMs?: number,
): EventDestination {
  const base = config.url.replace(/\/+$/, "");
  const url = new URL(`${base}/v1/batch`);
  const credentials = Buffer.from(`${secret.writeKey}:`).toString("base64");
  const receiver = openReceiver(url.origin, {
    // what is entered is the address below which the events go
    enteredAs: (address) => {
      const other = address.replace(/\/v1\/batch$/, "");
      return other === base ? address : other;
    },
    headers: { authorization: `Basic ${credentials}` },
    secrets: [secret.writeKey, credentials],
    connections: PACE.most,
    gzip: config.compression === "gzip",
    answerTimeoutMs,
  });
  const pace = openPace(PACE);
  const envelope = (): Envelope => ({
    head: HEAD,
    tail: Buffer.from(`],"sentAt":"${new Date().toISOString()}"}`),
  });
  return {
    takes: "events",
    limits: {
      ...LIMITS,
      maxBatchBytes: LIMITS.maxBatchBytes - 2 * ENVELOPE_BYTES,
      get concurrency() {
        return pace.limit();
      },
    },
    check: (signal) =>
      checkReceiver(
        receiver,
        "Reaching the data plane",
        { url, body: bodyOf(oneEvent(testEvent(new Date())), [0], envelope()) },
        signal,
      ),
    deliver: (batch, signal) =>
      deliverByHalving(
        batch,
        (events) => receiver.send("POST", url, bodyOf(batch, events, envelope()), signal),
        pace,
        delay,
        signal,
      ),
    close: () => receiver.close(),
  };
}
