import { compileIdentify } from "@/lib/event/identify";
import { defaultMapping } from "@/lib/event/rules";
import type { ColumnKind } from "@/lib/event/encode";
import type { Goal } from "./main";

const ROWS = 50_000;
const ROUNDS = 7;

const kinds: [name: string, kind: ColumnKind, cell: (n: number) => string | null][] = [
  ["user_id", "bigint", (n) => String(9_007_199_254_740_993n + BigInt(n))],
  ["email", "text", (n) => `person${n}@example.com`],
  ["name", "text", (n) => `Luís “the ${n}th” Gonçalves`],
  ["balance", "decimal", (n) => `${n}.100000000`],
  ["score", "float", (n) => String(n / 7)],
  ["active", "boolean", (n) => (n % 2 ? "t" : "f")],
  ["signed_up", "timestamptz", () => "2026-03-29 01:30:00.123456+01"],
  ["seen", "timestamp", () => "2026-03-29 01:30:00"],
  ["plan", "text", (n) => (n % 3 ? "team" : null)],
  ["attributes", "json", (n) => `{"seats": ${n}, "tags": ["a", "b"]}`],
];

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Rows to event JSON, as production does it, beside the plain way (an object and JSON.stringify) in the same rounds. */
export function events(): { goals: Goal[]; details: Record<string, unknown> } {
  const columns = kinds.map(([name, kind]) => ({ name, kind }));
  const rows = Array.from({ length: ROWS }, (_, n) => kinds.map(([, , cell]) => cell(n)));
  const identify = compileIdentify(columns, defaultMapping(columns), {
    sourceId: "s",
    runId: "r",
    table: "t",
  });
  const row = {
    key: "k",
    messageId: "m",
    originalTimestamp: "2026-01-01T00:00:00.000Z",
    sentAt: "2026-01-01T00:00:00.000Z",
  };
  const time = (work: (cells: (string | null)[]) => string | null) => {
    const began = performance.now();
    let bytes = 0;
    for (const cells of rows) bytes += work(cells)?.length ?? 0;
    return { seconds: (performance.now() - began) / 1000, bytes };
  };
  const plain = (cells: (string | null)[]) =>
    JSON.stringify({
      type: "identify",
      userId: cells[0],
      traits: Object.fromEntries(columns.map(({ name }, at) => [name, cells[at]])),
      ...row,
    });
  const ratios: number[] = [];
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const ours = time((cells) => identify(cells, row));
    ratios.push(time(plain).seconds / ours.seconds);
    rates.push(ROWS / ours.seconds);
  }
  // no goal of its own: the plain way keeps neither types nor digits, so this is a compass, not a race
  return {
    goals: [],
    details: {
      rows: ROWS,
      columns: columns.length,
      rounds: ROUNDS,
      eventsPerSecond: Math.round(median(rates)),
      timesThePlainWay: Number(median(ratios).toFixed(2)),
    },
  };
}
