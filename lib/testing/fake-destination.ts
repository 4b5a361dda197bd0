import type { CheckResult } from "@/lib/connectors/contract/checks";
import type {
  DeliveryResult,
  EventDestination,
  EventBatch,
} from "@/lib/connectors/contract/events";
import { eventsOf, type SentEvent } from "@/lib/testing/changes";

/** Keeps what it accepted. `answer` decides on each batch before it is accepted: it may wait, throw, or reject. */
export class FakeDestination implements EventDestination {
  takes = "events" as const;
  limits = { maxBatchEvents: 5, maxBatchBytes: 100_000, maxEventBytes: 1_000, concurrency: 3 };
  batches: SentEvent[][] = [];
  accepted: SentEvent[] = [];
  inFlight = 0;
  mostInFlight = 0;
  answer: (batch: SentEvent[], signal: AbortSignal) => Promise<DeliveryResult> | DeliveryResult =
    () => ({ rejected: [] });

  async deliver(bytes: EventBatch, signal: AbortSignal): Promise<DeliveryResult> {
    const batch = eventsOf(bytes);
    this.batches.push(batch);
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    try {
      const result = await this.answer(batch, signal);
      const refused = new Set(result.rejected.map(({ seq }) => seq));
      this.accepted.push(...batch.filter(({ seq }) => !refused.has(seq)));
      return result;
    } finally {
      this.inFlight--;
    }
  }
  async *check(): AsyncIterable<CheckResult> {}
  close = async () => undefined;
}
