// Rows as a change set would have them, put into a table by the product's load.
import { randomUUID } from "node:crypto";
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import type { Rejection } from "@/lib/connectors/contract/events";
import type { LoadCheckpoint, LoadRequest } from "@/lib/connectors/contract/rows";
import type { LoadOptions } from "@/lib/connectors/redshift/spec";
import { pageOf, type ChangedRow } from "@/lib/testing/changes";
import type { World } from "./world";

export const row = (
  seq: number,
  cells: (string | null)[],
  more: Partial<ChangedRow> = {},
): ChangedRow => ({ seq, key: cells[0] ?? null, messageId: "0".repeat(32), cells, ...more });

export type Target = {
  table: string;
  load(
    rows: ChangedRow[],
    more?: Partial<LoadRequest>,
    options?: Partial<LoadOptions>,
  ): Promise<LoadCheckpoint & { rejections: Rejection[] }>;
  request(more?: Partial<LoadRequest>): LoadRequest;
};

/** A table that the product makes, in the schema of the proof's targets. */
export function targetTable(world: World, columns: ColumnInfo[]): Target {
  const table = `to_${randomUUID().slice(0, 8)}`;
  const connectionId = world.newConnection();
  let fence = 0;
  const request = (more: Partial<LoadRequest> = {}): LoadRequest => ({
    connectionId,
    runId: randomUUID(),
    fence: ++fence,
    table,
    columns,
    order: [],
    keys: ["id"],
    oneRowPerKey: true,
    ...more,
  });
  return {
    table,
    request,
    load: async (rows, more = {}, options = {}) => {
      const { signal } = world;
      const destination = world.destination(options);
      const load = destination.openLoad(request(more));
      const rejections: Rejection[] = [];
      try {
        for (;;) {
          rejections.length = 0;
          const at = await load.prepare(signal);
          const rest = rows.filter(({ seq }) => seq > at.seq);
          if (rest.length === 0) return { ...at, rejections };
          rejections.push(...(await load.stage(pageOf(rest), signal)));
          const report = await load.commit(
            {
              seq: rows.at(-1)?.seq ?? 0,
              rejectedSoFar: rejections.length,
              onRejected: async (refused) => void rejections.push(...refused),
            },
            signal,
          );
          if (report !== "again") return { ...report.checkpoint, rejections };
        }
      } finally {
        await load.cleanup();
        await destination.close();
      }
    },
  };
}
