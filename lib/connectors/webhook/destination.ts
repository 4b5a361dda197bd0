import type { DestinationConnector } from "@/lib/connectors/contract";
import { checkReceiver, testEvent } from "@/lib/connectors/http/checks";
import { openReceiver } from "@/lib/connectors/http/client";
import { deliverByHalving } from "@/lib/connectors/http/deliver";
import { realDelay, type Delay } from "@/lib/connectors/retry";
import type { WebhookConfig, WebhookSecret } from "./spec";

const MAX_EVENT_BYTES = 32 * 1024;
const CONCURRENCY = 8;

/** Any endpoint: an event is the whole body (`single`), or up to a hundred are under `batch`. */
export function webhookDestination(config: WebhookConfig, secret: WebhookSecret, delay: Delay = realDelay): DestinationConnector {
  const url = new URL(config.url);
  const headers = config.headerName === "" ? {} : { [config.headerName]: secret.headerValue };
  const receiver = openReceiver(url.origin, headers, [secret.headerValue], CONCURRENCY);
  const batched = config.body === "batch";
  // a batch of `single` has one event
  const body = (events: string[]) => (batched ? `{"batch":[${events.join(",")}]}` : events.join(""));
  return {
    limits: { maxBatchEvents: batched ? 100 : 1, maxBatchBytes: 500_000, maxEventBytes: MAX_EVENT_BYTES, concurrency: CONCURRENCY },
    check: (signal) => checkReceiver(receiver, "Reaching the webhook", { url, body: body([testEvent(new Date())]) }, signal),
    deliver: (batch, signal) => deliverByHalving(batch, (events) => receiver.send("POST", url, body(events.map(({ json }) => json)), signal), delay, signal),
    close: () => receiver.close(),
  };
}
