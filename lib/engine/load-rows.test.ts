import { expect, test } from "vitest";
import type { Rejection } from "@/lib/connectors/contract/events";
import type { TableDestination } from "@/lib/connectors/contract/rows";
import type { Clock } from "@/lib/platform/clock";
import { rowsOf } from "@/lib/testing/changes";
import { FakeRunStore } from "@/lib/testing/fake-run-store";
import { FakeSource } from "@/lib/testing/fake-source";
import { runSync, type SyncJob } from "./run-sync";

const columns = [
  { name: "id", type: "integer", kind: "integer" as const },
  { name: "note", type: "varchar(8)", kind: "text" as const },
];
const row = (seq: number, note: string | null, more = {}) => ({
  seq,
  key: `k${seq}`,
  messageId: "0".repeat(32),
  cells: [String(seq), note],
  ...more,
});

/** A table that refuses notes of more than three letters: those beginning with x when they are staged, the others when it loads them. */
function pickyTable(
  batch: TableDestination["batch"] = { rows: 3, ms: 60_000 },
  at = 0,
): { destination: TableDestination; loaded: number[]; commits: number[] } {
  const loaded: number[] = [];
  const commits: number[] = [];
  const destination: TableDestination = {
    takes: "rows",
    batch,
    async *check() {},
    survey: async () => ({ isAsLeft: true }),
    openLoad: () => {
      let staged: number[] = [];
      let late: Rejection[] = [];
      return {
        prepare: async () => ({ seq: at, loaded: at, deleted: 0, rejected: 0 }),
        stage: async (page) => {
          const rows = rowsOf(page, columns.length);
          const long = rows
            .filter(({ cells }) => (cells[1]?.length ?? 0) > 3)
            .map(({ seq, key, cells }) => ({
              seq,
              key,
              column: "note",
              reason: "too long",
              isEarly: cells[1]?.startsWith("x") ?? false,
            }));
          late = [...late, ...long.filter(({ isEarly }) => !isEarly)];
          staged = [
            ...staged,
            ...rows.map(({ seq }) => seq).filter((seq) => !long.some((each) => each.seq === seq)),
          ];
          return long.filter(({ isEarly }) => isEarly);
        },
        commit: async ({ seq, rejectedSoFar, onRejected }) => {
          await onRejected(late);
          commits.push(seq);
          loaded.push(...staged);
          const rejected = rejectedSoFar + late.length;
          [staged, late] = [[], []];
          return {
            checkpoint: { seq, loaded: loaded.length, deleted: 0, rejected },
            parts: 1,
            bytes: 1,
            copyMs: 0,
            upsertMs: 0,
            cut: 0,
          };
        },
        cleanup: async () => undefined,
      };
    },
    forget: async () => undefined,
    close: async () => undefined,
  };
  return { destination, loaded, commits };
}

/** A run of these notes, first and upserting. */
const job = (
  source: FakeSource,
  destination: TableDestination,
  store: FakeRunStore,
  clock: Clock = { now: () => new Date(0) },
): SyncJob => ({
  source,
  destination,
  store,
  mode: "upsert",
  cursor: null,
  onlyKeys: null,
  deletes: { percent: 10, allowed: 0 },
  selection: { schema: "shop", table: "notes", columns: ["id", "note"], keys: ["id"] },
  mapping: {
    columns: columns.map(({ name }) => ({ column: name, traitKey: name })),
    userId: null,
    anonymousId: null,
  },
  ids: { connectionId: "conn", sourceId: "src", runId: "run" },
  fence: 1,
  refusedBefore: 0,
  rawNumbers: false,
  logDays: 0,
  clock,
  signal: new AbortController().signal,
});

test("rows that a table refuses are rejected with what they were to be loaded as; the others are loaded", async () => {
  const { destination, loaded } = pickyTable();
  const store = new FakeRunStore();
  const source = new FakeSource(columns, [
    row(1, "a"),
    row(2, "xlong"),
    row(3, "b", { invalid: "duplicate-key" }),
    row(4, null),
    row(5, "along"),
    row(6, "c"),
  ]);
  source.pageRows = 4;
  const counts = await runSync(job(source, destination, store));
  expect(counts).toEqual({ read: 6, delivered: 3, unchanged: 0, rejected: 3 });
  expect(loaded).toEqual([1, 4, 6]);
  const payload = (seq: number) => store.rejected.get(seq)?.payload?.text;
  expect(payload(2)).toBe('{"id":"2","note":"xlong"}');
  expect(payload(3)).toBe('{"id":"3","note":"b"}');
  expect(store.rejected.get(5)).toMatchObject({ key: "k5", column: "note", reason: "too long" }); // its page is gone by then
});

/** Commits of rows that come in pages of two, each page so many minutes after the one before. */
async function commitsAt(minutes: number[], batch: TableDestination["batch"]): Promise<number[]> {
  const { destination, loaded, commits } = pickyTable(batch);
  const rows = minutes.flatMap((_, page) => [row(2 * page + 1, "a"), row(2 * page + 2, "b")]);
  const source = new FakeSource(columns, rows);
  source.pageRows = 2;
  let now = Date.parse("2026-11-20T12:00:00Z");
  source.beforePage = (first) => {
    now += minutes[(first - 1) / 2]! * 60_000;
  };
  await runSync(job(source, destination, new FakeRunStore(), { now: () => new Date(now) }));
  expect(loaded).toEqual(rows.map(({ seq }) => seq));
  return commits;
}

test("a batch is committed every so many minutes of the engine's clock, counted from the commit before, or when it has its rows", async () => {
  const ms = 15 * 60_000;
  expect(await commitsAt([0, 5, 5, 4, 1, 0], { rows: 1_000, ms })).toEqual([10, 12]); // a quarter of an hour is over with the fifth page
  expect(await commitsAt([1, 16, 1, 1, 20, 14, 1], { rows: 1_000, ms })).toEqual([4, 10, 14]); // each batch has its own quarter
  expect(await commitsAt([0, 0, 0, 0, 15, 0, 0], { rows: 4, ms })).toEqual([4, 8, 10, 14]); // four rows, four rows, then the clock
  expect(await commitsAt([0, 0, 0], { rows: 1_000, ms })).toEqual([6]);
});

test("a worker that dies after the source's state has moved: the next one, which finds no columns any more, ends the run", async () => {
  const { destination, loaded } = pickyTable();
  const swept: number[] = [];
  destination.sweep = async (_, fence) => void swept.push(fence);
  const source = new FakeSource(columns, [
    row(1, "a"),
    row(2, "xlong"),
    row(3, "b", { invalid: "duplicate-key" }),
    row(4, "along"),
    row(5, "c"),
  ]);
  const store = new FakeRunStore();
  store.before = (_, argument) => {
    if (argument === "commit finished") throw new Error("killed");
  };
  await expect(runSync(job(source, destination, store))).rejects.toThrow("killed");
  store.before = () => undefined;
  const { changes } = source;
  source.changes = async (...all) => ({ ...(await changes.apply(source, all)), columns: [] });
  destination.openLoad = () => {
    throw new Error("there is nothing left to load");
  };
  expect(await runSync({ ...job(source, destination, store), fence: 2 })).toEqual({
    read: 5,
    delivered: 2,
    unchanged: 0,
    rejected: 3,
  });
  expect(loaded).toEqual([1, 5]);
  expect(swept).toEqual([2]); // the one that died may have left files
});

test("a run that finds nothing to load still removes what others left", async () => {
  const { destination } = pickyTable();
  const swept: unknown[] = [];
  destination.sweep = async (...all) => void swept.push(all.slice(0, 2));
  expect(
    await runSync(job(new FakeSource(columns, [], 7), destination, new FakeRunStore())),
  ).toEqual({ read: 7, delivered: 0, unchanged: 7, rejected: 0 });
  expect(swept).toEqual([["conn", 1]]);
});

test("a change set that had to be made anew is not gone on with from where the target says that the old one had come", async () => {
  const { destination, loaded } = pickyTable(undefined, 2);
  await expect(
    runSync(
      job(
        new FakeSource(columns, [row(1, "a"), row(2, "b"), row(3, "c")]),
        destination,
        new FakeRunStore(),
      ),
    ),
  ).rejects.toThrow("gone from the warehouse");
  expect(loaded).toEqual([]);
});
