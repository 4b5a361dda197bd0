// A whole run's load, as the engine does it: prepared, staged, committed, and cleaned up whatever happens.
import type { Rejection } from "@/lib/connectors/contract/events";
import type { TableLoad } from "@/lib/connectors/contract/rows";
import { pageOf, type ChangedRow } from "@/lib/testing/changes";
import { never } from "@/lib/testing/sandbox";

export type LoadOutcome = { loaded: number; deleted: number; rejected: Rejection[]; parts: number };

/** Loads the rows in one batch and says what came of them. */
export async function runLoad(load: TableLoad, batch: ChangedRow[]): Promise<LoadOutcome> {
  const rejected: Rejection[] = [];
  try {
    for (;;) {
      rejected.length = 0;
      const at = await load.prepare(never);
      if (at.seq >= batch.at(-1)!.seq) return { ...at, rejected, parts: 0 };
      rejected.push(...(await load.stage(pageOf(batch.filter(({ seq }) => seq > at.seq)), never)));
      const report = await load.commit(
        {
          seq: batch.at(-1)!.seq,
          rejectedSoFar: rejected.length,
          onRejected: async (more) => void rejected.push(...more),
        },
        never,
      );
      if (report !== "again") return { ...report.checkpoint, rejected, parts: report.parts };
    }
  } finally {
    await load.cleanup();
  }
}
