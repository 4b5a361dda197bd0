import { expect, test } from "vitest";
import type { Rejection, TableDestination } from "@/lib/connectors/contract";
import { rowsOf } from "@/lib/testing/changes";
import { FakeRunStore } from "@/lib/testing/fake-run-store";
import { FakeSource } from "@/lib/testing/fake-source";
import { runSync } from "./run-sync";

const columns = [{ name: "id", type: "integer", kind: "integer" as const }, { name: "note", type: "varchar(8)", kind: "text" as const }];
const row = (seq: number, note: string | null, more = {}) => ({ seq, key: `k${seq}`, messageId: "0".repeat(32), cells: [String(seq), note], ...more });

/** A table that refuses notes of more than three letters: those beginning with x when they are staged, the others when it loads them. */
function pickyTable(): { destination: TableDestination; loaded: number[] } {
  const loaded: number[] = [];
  const destination: TableDestination = {
    takes: "rows",
    batch: { rows: 3, ms: 60_000 },
    async *check() {},
    openLoad: () => {
      let staged: number[] = [];
      let late: Rejection[] = [];
      return {
        prepare: async () => ({ seq: 0, loaded: 0, deleted: 0, rejected: 0 }),
        stage: async (page) => {
          const rows = rowsOf(page, columns.length);
          const long = rows.filter(({ cells }) => (cells[1]?.length ?? 0) > 3).map(({ seq, key, cells }) => ({ seq, key, column: "note", reason: "too long", isEarly: cells[1]?.startsWith("x") ?? false }));
          late = [...late, ...long.filter(({ isEarly }) => !isEarly)];
          staged = [...staged, ...rows.map(({ seq }) => seq).filter((seq) => !long.some((each) => each.seq === seq))];
          return long.filter(({ isEarly }) => isEarly);
        },
        commit: async ({ seq, rejectedSoFar, onRejected }) => {
          await onRejected(late);
          loaded.push(...staged);
          const rejected = rejectedSoFar + late.length;
          [staged, late] = [[], []];
          return { checkpoint: { seq, loaded: loaded.length, deleted: 0, rejected }, parts: 1, bytes: 1, copyMs: 0, upsertMs: 0, cut: 0 };
        },
        cleanup: async () => undefined,
      };
    },
    forget: async () => undefined,
    close: async () => undefined,
  };
  return { destination, loaded };
}

test("rows that a table refuses are rejected with what they were to be loaded as; the others are loaded", async () => {
  const { destination, loaded } = pickyTable();
  const store = new FakeRunStore();
  const source = new FakeSource(columns, [row(1, "a"), row(2, "xlong"), row(3, "b", { invalid: "duplicate-key" }), row(4, null), row(5, "along"), row(6, "c")]);
  source.pageRows = 4;
  const counts = await runSync({
    source, destination, store, mode: "upsert", cursor: null, onlyKeys: null, deletes: { percent: 10, allowed: 0 },
    selection: { schema: "shop", table: "notes", columns: ["id", "note"], keys: ["id"] },
    mapping: { columns: columns.map(({ name }) => ({ column: name, traitKey: name })), userId: null, anonymousId: null },
    ids: { connectionId: "conn", sourceId: "src", runId: "run" }, fence: 1, refusedBefore: 0, rawNumbers: false, logDays: 0, clock: { now: () => new Date(0) }, signal: new AbortController().signal,
  });
  expect(counts).toEqual({ read: 6, delivered: 3, unchanged: 0, rejected: 3 });
  expect(loaded).toEqual([1, 4, 6]);
  const payload = (seq: number) => store.rejected.get(seq)?.payload?.text;
  expect(payload(2)).toBe('{"id":"2","note":"xlong"}');
  expect(payload(3)).toBe('{"id":"3","note":"b"}');
  expect(store.rejected.get(5)).toMatchObject({ key: "k5", column: "note", reason: "too long" }); // its page is gone by then
});
