import type { CheckResult, DeliveryResult, DestinationConnector, OutgoingEvent } from "@/lib/connectors/contract";

/** Keeps what it accepted. `answer` decides on each batch before it is accepted: it may wait, throw, or reject. */
export class FakeDestination implements DestinationConnector {
  limits = { maxBatchEvents: 5, maxBatchBytes: 100_000, maxEventBytes: 1_000, concurrency: 3 };
  batches: OutgoingEvent[][] = [];
  accepted: OutgoingEvent[] = [];
  inFlight = 0;
  mostInFlight = 0;
  answer: (batch: OutgoingEvent[], signal: AbortSignal) => Promise<DeliveryResult> | DeliveryResult = () => ({ rejected: [] });

  async deliver(batch: OutgoingEvent[], signal: AbortSignal): Promise<DeliveryResult> {
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
