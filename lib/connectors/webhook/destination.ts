import type { EventDestination } from "@/lib/connectors/contract/events";
import { checkReceiver, oneEvent, testEvent } from "@/lib/connectors/http/checks";
import { openReceiver } from "@/lib/connectors/http/client";
import { bodyOf, deliverByHalving, type Envelope } from "@/lib/connectors/http/deliver";
import { openPace } from "@/lib/connectors/http/pace";
import { realDelay, type Delay } from "@/lib/connectors/retry";
import type { WebhookConfig, WebhookSecret } from "./spec";

const MAX_EVENT_BYTES = 32 * 1024;
/** Somebody's own endpoint: it is asked for more at once with more care than a service made for it. */
const PACE = { start: 8, most: 16 };
const NOTHING = Buffer.alloc(0);

/** Any endpoint: an event is the whole body (`single`), or up to a hundred are under `batch`. */
export function webhookDestination(
  config: WebhookConfig,
  secret: WebhookSecret,
  delay: Delay = realDelay,
): EventDestination {
  const url = new URL(config.url);
  const headers = config.headerName === "" ? {} : { [config.headerName]: secret.headerValue };
  const receiver = openReceiver(url.origin, {
    headers,
    secrets: [secret.headerValue],
    connections: PACE.most,
  });
  const pace = openPace(PACE);
  const batched = config.body === "batch";
  // a batch of `single` has one event, which is the whole body
  const envelope: Envelope = batched
    ? { head: Buffer.from('{"batch":['), tail: Buffer.from("]}") }
    : { head: NOTHING, tail: NOTHING };
  return {
    takes: "events",
    limits: {
      maxBatchEvents: batched ? 100 : 1,
      maxBatchBytes: 500_000,
      maxEventBytes: MAX_EVENT_BYTES,
      get concurrency() {
        return pace.limit();
      },
    },
    check: (signal) =>
      checkReceiver(
        receiver,
        "Reaching the webhook",
        { url, body: bodyOf(oneEvent(testEvent(new Date())), [0], envelope) },
        signal,
      ),
    deliver: (batch, signal) =>
      deliverByHalving(
        batch,
        (events) => receiver.send("POST", url, bodyOf(batch, events, envelope), signal),
        pace,
        delay,
        signal,
      ),
    close: () => receiver.close(),
  };
}
