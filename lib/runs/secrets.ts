// Where the payloads of rejected rows are sealed and opened, and nowhere else.
import { open, seal } from "@/lib/platform/secret-box";
import { payloadSchema, type Payload } from "@/lib/runs/schema";

/** Bound to its row: moved to another one, it doesn't open. */
const recordId = (runId: string, seq: number) => `${runId}:${seq}`;

export const sealPayload = (runId: string, seq: number, payload: Payload): string =>
  seal(recordId(runId, seq), payload);

export const openPayload = (runId: string, seq: number, sealed: string): Payload =>
  payloadSchema.parse(open(recordId(runId, seq), sealed));
