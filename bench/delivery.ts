import { trackingApiDestination } from "@/lib/connectors/tracking-api/destination";
import { runSync } from "@/lib/engine/run-sync";
import { systemClock } from "@/lib/platform/clock";
import type { ChangedRow } from "@/lib/testing/changes";
import { FakeRunStore } from "@/lib/testing/fake-run-store";
import { FakeSource } from "@/lib/testing/fake-source";
import type { Outcome } from "./main";
import { startSink, type Answers } from "./sink";

const ROWS = 200_000;
const BATCH = 500;
const LATENCY_MS = 50;
const CONNECTIONS = 8;
const columns = [
  { name: "id", type: "integer", kind: "integer" as const },
  { name: "email", type: "varchar(64)", kind: "text" as const },
];
const rows = Array.from({ length: ROWS }, (_, index): ChangedRow => ({
  seq: index + 1,
  key: `k${index + 1}`,
  messageId: (index + 1).toString(16).padStart(32, "0"),
  cells: [String(index + 1), `u${index + 1}@example.com`],
}));

const receivers: Record<string, Answers> = {
  "50 ms": { delay: LATENCY_MS },
  "50 ms, one request in fifty takes 2 s": { delay: LATENCY_MS, slowEvery: 50, slow: 2_000 },
  "50 ms, refuses (429) more than 4 at once": { delay: LATENCY_MS, capacity: 4 },
};

/** Delivery alone, from rows in memory to a receiver that is far, uneven, or soon has too much. */
export async function delivery(): Promise<Outcome> {
  const sink = await startSink();
  try {
    const details: Record<string, { rowsPerSecond: number; requests: number; refused: number }> =
      {};
    for (const [name, answers] of Object.entries(receivers)) {
      await sink.reset(answers);
      const source = new FakeSource(columns, rows);
      source.pageRows = 5_000;
      const destination = trackingApiDestination(
        { url: sink.url, compression: "none" },
        { writeKey: "bench" },
      );
      const began = performance.now();
      await runSync({
        source,
        destination,
        store: new FakeRunStore(),
        selection: { schema: "shop", table: "users", columns: ["id", "email"], keys: ["id"] },
        mapping: {
          columns: columns.map(({ name: column }) => ({ column, traitKey: column })),
          userId: "email",
          anonymousId: null,
        },
        mode: "upsert",
        cursor: null,
        onlyKeys: null,
        deletes: { percent: 10, allowed: 0 },
        rawNumbers: false,
        logDays: 0,
        ids: { connectionId: "bench", sourceId: "bench", runId: "bench" },
        fence: 1,
        refusedBefore: 0,
        clock: systemClock,
        signal: new AbortController().signal,
      });
      const seconds = (performance.now() - began) / 1_000;
      await destination.close();
      const { requests, refused } = await sink.reset();
      details[name] = { rowsPerSecond: Math.round(ROWS / seconds), requests, refused };
    }
    const share = Number(
      (
        (details["50 ms"]?.rowsPerSecond ?? 0) /
        (CONNECTIONS * BATCH * (1_000 / LATENCY_MS))
      ).toFixed(3),
    );
    return {
      goals: [
        {
          id: "P5",
          what: `receiver of ${LATENCY_MS} ms: of what ${CONNECTIONS} requests at once can carry (at least)`,
          goal: 0.85,
          measured: share,
          met: share >= 0.85,
        },
      ],
      details,
    };
  } finally {
    sink.stop();
  }
}
