import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { SyncError } from "@/lib/platform/errors";
import { pageOf, type ChangedRow } from "@/lib/testing/changes";
import { FakeDestination } from "@/lib/testing/fake-destination";
import { FakeRunStore } from "@/lib/testing/fake-run-store";
import { FakeSource } from "@/lib/testing/fake-source";
import { runSync, type SyncJob } from "./run-sync";
import { settledRows } from "./settled";
import { LeaseLost } from "./store";

const columns = [
  { name: "id", type: "integer", kind: "integer" as const },
  { name: "email", type: "varchar(64)", kind: "text" as const },
];
const changed = (seq: number, more: Partial<ChangedRow> = {}): ChangedRow => ({
  seq,
  key: `k${seq}`,
  messageId: seq.toString(16).padStart(32, "0"),
  cells: [String(seq), `u${seq}@example.com`],
  ...more,
});
const rowsOf = (count: number, special: Record<number, Partial<ChangedRow>> = {}) =>
  Array.from({ length: count }, (_, index) => changed(index + 1, special[index + 1]));
const seqs = (events: { seq: number }[]) => events.map(({ seq }) => seq).sort((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

let source: FakeSource;
let destination: FakeDestination;
let store: FakeRunStore;
let now: number;
let controller: AbortController;

const open = (rows: ChangedRow[], unchanged = 0) => {
  source = new FakeSource(columns, rows, unchanged);
  destination = new FakeDestination();
  store = new FakeRunStore();
};
const run = (more: Partial<SyncJob> = {}) =>
  runSync({
    source,
    destination,
    store,
    selection: { schema: "shop", table: "users", columns: ["id", "email"], keys: ["id"] },
    mapping: {
      columns: [
        { column: "id", traitKey: "id" },
        { column: "email", traitKey: "email" },
      ],
      userId: "email",
      anonymousId: null,
    },
    mode: "upsert",
    cursor: null,
    onlyKeys: null,
    deletes: { percent: 10, allowed: 0 },
    rawNumbers: false,
    logDays: 0,
    ids: { connectionId: "conn", sourceId: "src", runId: "run" },
    fence: 1,
    refusedBefore: 0,
    clock: { now: () => new Date((now += 100)) }, // each look at the clock takes a tenth of a second
    signal: controller.signal,
    ...more,
  });

beforeEach(() => {
  now = Date.parse("2026-01-01T00:00:00Z");
  controller = new AbortController();
  open(rowsOf(23), 7);
});

test("a whole run: every row is delivered, the stages are told, the state is moved last", async () => {
  expect(await run()).toEqual({ read: 30, delivered: 23, unchanged: 7, rejected: 0 });
  expect(seqs(destination.accepted)).toEqual(upTo(23));
  expect(store.stages).toEqual(
    ["plan", "extract", "load", "commit"].flatMap((stage) => [
      `${stage} started`,
      `${stage} finished`,
    ]),
  );
  expect(store.last).toEqual({
    read: 30,
    toDeliver: 23,
    unchanged: 7,
    deletes: 0,
    delivered: 23,
    rejected: 0,
    checkpoint: 23,
    beyond: [],
  });
  expect(source.commits).toEqual([[]]);
  expect(source.closed).toBe(1);
});

test("an event carries the row and the run", async () => {
  await run();
  const event = JSON.parse(destination.accepted.find(({ seq }) => seq === 3)!.json) as Record<
    string,
    unknown
  >;
  expect(event).toMatchObject({
    type: "identify",
    userId: "u3@example.com",
    traits: { id: 3, email: "u3@example.com" },
    recordId: "k3",
    context: { sources: { job_id: "src/Syncher", task_id: "users", job_run_id: "run" } },
  });
  expect(event.messageId).toBe(destination.accepted.find(({ seq }) => seq === 3)!.messageId);
});

test("the message id is the change set's own, as a UUID", async () => {
  open([changed(1, { messageId: "0123456789abcdef0123456789abcdef" })]);
  await run();
  expect(destination.accepted[0]!.messageId).toBe("01234567-89ab-cdef-0123-456789abcdef");
});

test("nothing changed: nothing is sent, and the state still moves", async () => {
  open([], 5);
  expect(await run()).toEqual({ read: 5, delivered: 0, unchanged: 5, rejected: 0 });
  expect(destination.batches).toEqual([]);
  expect(source.commits).toEqual([[]]);
});

describe("rows that can't be delivered", () => {
  test("each has a record with a plain reason, and the rest arrives", async () => {
    open(
      [
        changed(1, { invalid: "null-key", key: null }),
        changed(2, { invalid: "duplicate-key" }),
        changed(3, { cells: ["3", null] }),
        changed(4, { cells: ["4", "x".repeat(2_000)] }),
        changed(5),
      ],
      2,
    );
    destination.answer = () => ({ rejected: [] });
    expect(await run()).toEqual({ read: 7, delivered: 1, unchanged: 2, rejected: 4 });
    expect(
      [...store.rejected.values()].map(({ seq, key, column, code }) => ({
        seq,
        key,
        column,
        code,
      })),
    ).toEqual([
      { seq: 1, key: null, column: "id", code: "null-key" },
      { seq: 2, key: "k2", column: "id", code: "duplicate-key" },
      { seq: 3, key: "k3", column: undefined, code: "no-identity" },
      { seq: 4, key: "k4", column: undefined, code: "event-too-large" },
    ]);
    expect(JSON.parse(store.rejected.get(1)!.payload!.text)).toEqual({
      id: "1",
      email: "u1@example.com",
    });
    expect(JSON.parse(store.rejected.get(3)!.payload!.text)).toEqual({ id: "3", email: null });
    expect(JSON.parse(store.rejected.get(4)!.payload!.text)).toMatchObject({
      type: "identify",
      recordId: "k4",
    });
    expect(source.commits).toEqual([[3, 4]]); // the warehouse knows the invalid ones itself
  });
  test("a refusal by the destination is one too", async () => {
    destination.answer = (batch) => ({
      rejected: batch
        .filter(({ seq }) => seq % 10 === 0)
        .map(({ seq }) => ({ seq, reason: "bad email", code: "400" })),
    });
    expect(await run()).toEqual({ read: 30, delivered: 21, unchanged: 7, rejected: 2 });
    expect([...store.rejected.values()]).toMatchObject([
      { seq: 10, key: "k10", reason: "bad email", code: "400" },
      { seq: 20, key: "k20", reason: "bad email", code: "400" },
    ]);
    expect(JSON.parse(store.rejected.get(20)!.payload!.text)).toMatchObject({
      type: "identify",
      recordId: "k20",
      traits: { email: "u20@example.com" },
    });
    expect(source.commits).toEqual([[10, 20]]);
  });
  test("a destination that refuses all of the first thousand stops the run", async () => {
    open(rowsOf(3_000));
    destination.answer = (batch) => ({ rejected: batch.map(({ seq }) => ({ seq, reason: "no" })) });
    await expect(run()).rejects.toMatchObject({ fault: "user-fixable" });
    expect(destination.batches.flat().length).toBeLessThan(1_100);
    expect(source.commits).toEqual([]);
  });
  test.each([1, 2, 5, 30])(
    "a run of %d rows in which nothing was accepted is failed",
    async (n) => {
      open(rowsOf(n));
      destination.answer = (batch) => ({
        rejected: batch.map(({ seq }) => ({ seq, reason: "too large", code: "413" })),
      });
      await expect(run()).rejects.toMatchObject({
        fault: "user-fixable",
        detail: { code: "413", serverText: "too large" },
      });
      expect(store.rejected.size).toBe(n);
      expect(source.commits).toEqual([]);
    },
  );
  test("also when a worker before it had recorded them, and died", async () => {
    open(rowsOf(2));
    destination.answer = (batch) => ({ rejected: batch.map(({ seq }) => ({ seq, reason: "no" })) });
    let saves = 0;
    store.before = (method) => {
      if (method === "progress" && (saves += 1) > 1) throw new Error("the worker died");
    };
    await expect(run()).rejects.toThrow("the worker died");
    expect(store.rejected.size).toBe(2);
    store.before = () => undefined;
    await expect(run()).rejects.toMatchObject({ fault: "user-fixable" });
    expect(source.commits).toEqual([]);
  });
  test("also when a worker before it had settled them all, and died before it could say so", async () => {
    open(rowsOf(2));
    destination.answer = (batch) => ({ rejected: batch.map(({ seq }) => ({ seq, reason: "no" })) });
    await expect(run()).rejects.toMatchObject({ fault: "user-fixable" });
    expect(store.last).toMatchObject({ checkpoint: 2, rejected: 2 });
    await expect(run()).rejects.toMatchObject({
      fault: "user-fixable",
      message: "The destination refused each of 2 events, and accepted none.",
    });
    expect(source.commits).toEqual([]);
  });
  test("but not one in which a single row was accepted, nor the rest of one that delivered before", async () => {
    open(rowsOf(6));
    destination.answer = (batch) => ({
      rejected: batch.filter(({ seq }) => seq > 1).map(({ seq }) => ({ seq, reason: "no" })),
    });
    expect(await run()).toMatchObject({ delivered: 1, rejected: 5 });
  });
  test("nor one whose rows are all bad at the source: nothing was sent that could be refused", async () => {
    open(rowsOf(3).map((row) => ({ ...row, cells: [row.cells[0] ?? null, null] })));
    expect(await run()).toMatchObject({ delivered: 0, rejected: 3 });
    expect(destination.batches).toEqual([]);
  });
  test("unless they may all be ones that it refused before: then each is a rejected row again", async () => {
    open(rowsOf(1_500));
    destination.answer = (batch) => ({ rejected: batch.map(({ seq }) => ({ seq, reason: "no" })) });
    expect(await run({ refusedBefore: 1_500 })).toMatchObject({ delivered: 0, rejected: 1_500 });
    await expect(
      run({
        refusedBefore: 1_499,
        ids: { connectionId: "conn", sourceId: "src", runId: "next" },
        store: new FakeRunStore(),
      }),
    ).rejects.toMatchObject({ fault: "user-fixable" });
  });
  test("a destination that names a row it didn't get fails the run", async () => {
    destination.answer = () => ({ rejected: [{ seq: 999, reason: "?" }] });
    await expect(run()).rejects.toMatchObject({ fault: "terminal" });
    expect(source.commits).toEqual([]);
  });
});

describe("batches", () => {
  test("close by count and by bytes, and as many are in flight as the destination wants", async () => {
    destination.answer = () => new Promise((done) => setImmediate(() => done({ rejected: [] })));
    await run();
    expect(destination.mostInFlight).toBe(3);
    expect(Math.max(...destination.batches.map((batch) => batch.length))).toBe(5);
    open(rowsOf(23));
    destination.limits = { ...destination.limits, maxBatchBytes: 1_200, maxBatchEvents: 100 };
    await run();
    expect(
      Math.max(
        ...destination.batches.map(
          (batch) => batch.reduce((sum, { json }) => sum + Buffer.byteLength(json) + 1, 0) - 1,
        ),
      ),
    ).toBeLessThanOrEqual(1_200);
    expect(seqs(destination.accepted)).toEqual(upTo(23));
  });
  test("a slow one holds back no other, and what is done beyond it is known", async () => {
    let release = () => {};
    destination.answer = (batch) =>
      batch[0]!.seq === 6
        ? new Promise((done) => {
            release = () => done({ rejected: [] });
          })
        : { rejected: [] };
    const done = run();
    while (store.last?.beyond[0]?.[1] !== 23) await new Promise(setImmediate);
    expect(store.last).toMatchObject({ checkpoint: 5, beyond: [[11, 23]], delivered: 18 });
    release();
    await done;
    expect(store.last).toMatchObject({ checkpoint: 23, beyond: [], delivered: 23 });
  });
  test("a destination that takes fewer at once as the run goes on gets fewer", async () => {
    open(rowsOf(100));
    let concurrency = 4;
    let most = 0;
    destination.limits = Object.defineProperty({ ...destination.limits }, "concurrency", {
      get: () => concurrency,
    });
    destination.answer = (batch) => {
      if (batch[0]!.seq > 50) concurrency = 1;
      if (batch[0]!.seq > 75) most = Math.max(most, destination.inFlight);
      return new Promise((answered) => setImmediate(() => answered({ rejected: [] })));
    };
    await run();
    expect(destination.mostInFlight).toBe(4);
    expect(most).toBe(1);
  });
});

describe("a killed worker's successor", () => {
  test("goes on at the checkpoint", async () => {
    destination.answer = (batch) => {
      if (batch[0]!.seq > 10) throw new SyncError("down", "transient");
      return { rejected: [] };
    };
    await expect(run()).rejects.toThrow("down");
    expect(store.last).toMatchObject({ checkpoint: 10, delivered: 10 });
    destination.answer = () => ({ rejected: [] });
    expect(await run({ fence: 2 })).toEqual({ read: 30, delivered: 23, unchanged: 7, rejected: 0 });
    expect(source.readFrom).toEqual([0, 10]);
    expect(new Set(seqs(destination.accepted))).toEqual(new Set(upTo(23)));
  });

  test("doesn't send again what was done beyond a batch that hung", async () => {
    destination.answer = (batch, signal) =>
      batch[0]!.seq === 6
        ? new Promise((_, fail) =>
            signal.addEventListener("abort", () => fail(signal.reason as Error)),
          )
        : { rejected: [] };
    store.before = (method) => {
      if (method === "progress" && store.last?.beyond[0]?.[1] === 23)
        controller.abort(new Error("stopped"));
    };
    const first = run();
    while (store.last?.beyond[0]?.[1] !== 23) await new Promise(setImmediate);
    controller.abort(new Error("stopped"));
    await expect(first).rejects.toThrow("stopped");
    store.before = () => undefined;
    controller = new AbortController();
    destination.answer = () => ({ rejected: [] });
    expect(await run({ fence: 2 })).toEqual({ read: 30, delivered: 23, unchanged: 7, rejected: 0 });
    expect(seqs(destination.accepted)).toEqual(upTo(23));
    expect(seqs(destination.batches.at(-1)!)).toEqual([6, 7, 8, 9, 10]);
  });

  test("doesn't send a row again that was recorded as rejected beyond the checkpoint, nor record it twice", async () => {
    store.rejected.set(3, { seq: 3, key: "k3", reason: "first worker's reason", code: "400" });
    await source.changes(
      {
        selection: { schema: "", table: "", columns: [], keys: [] },
        mode: "upsert",
        cursor: null,
        onlyKeys: null,
        logDays: 0,
        connectionId: "conn",
        runId: "run",
        mappingHash: "",
        fence: 0,
      },
      controller.signal,
    );
    expect(await run()).toEqual({ read: 30, delivered: 22, unchanged: 7, rejected: 1 });
    expect(seqs(destination.accepted)).not.toContain(3);
    expect(store.rejected.get(3)?.reason).toBe("first worker's reason");
    expect(source.commits).toEqual([[3]]);
  });

  test("that finds everything delivered only moves the state", async () => {
    await run();
    source.commits.length = 0;
    destination.batches.length = 0;
    expect(await run({ fence: 2 })).toEqual({ read: 30, delivered: 23, unchanged: 7, rejected: 0 });
    expect(destination.batches).toEqual([]);
    expect(source.commits).toEqual([[]]);
  });

  test("doesn't apply a checkpoint to other rows", async () => {
    store.progresses.push({
      deletes: 0,
      read: 30,
      toDeliver: 23,
      unchanged: 7,
      delivered: 10,
      rejected: 0,
      checkpoint: 10,
      beyond: [],
    });
    await expect(run()).rejects.toMatchObject({
      fault: "terminal",
      message: expect.stringContaining("gone from the warehouse") as string,
    });
    expect(destination.batches).toEqual([]);
  });

  test("counts three billion rows right: the last ones of a run that others brought so far", async () => {
    const billions = 3_000_000_000;
    store.progresses.push({
      deletes: 0,
      read: billions,
      toDeliver: billions,
      unchanged: 0,
      delivered: billions - 3,
      rejected: 1,
      checkpoint: billions - 2,
      beyond: [],
    });
    const changes = source.changes.bind(source);
    source.changes = async (...asked) => ({
      ...(await changes(...asked)),
      counts: {
        read: billions,
        unchanged: 0,
        toDeliver: billions,
        invalid: 0,
        inserts: billions,
        deletes: 0,
        known: 0,
      },
      resumed: true,
      async *read(afterSeq) {
        source.readFrom.push(afterSeq);
        yield pageOf([changed(billions - 1), changed(billions)]);
      },
    });
    expect(await run()).toEqual({
      read: billions,
      delivered: billions - 1,
      unchanged: 0,
      rejected: 1,
    });
    expect(source.readFrom).toEqual([billions - 2]);
    expect(seqs(destination.accepted)).toEqual([billions - 1, billions]);
    expect(store.last).toMatchObject({ delivered: billions - 1, checkpoint: billions });
  });

  const moments = ["plan", "extract", "load", "commit"].flatMap((stage) => [
    `${stage} started`,
    `${stage} finished`,
  ]);
  test.each([
    ...moments,
    "before a save",
    "after a save",
    "before the commit",
    "after the commit",
    "before a rejected row is recorded",
    "after a rejected row is recorded",
  ])("killed at: %s", async (moment) => {
    open(rowsOf(40, { 9: { cells: ["9", null] } }), 2);
    let dead = false;
    const die = () => {
      dead = true;
      throw new Error("killed");
    };
    // a killed worker does nothing any more: what it would still try fails
    store.before = (method, argument) => {
      if (
        dead ||
        argument === moment ||
        (method === "progress" && moment === "before a save" && store.progresses.length === 3) ||
        (method === "reject" && moment === "before a rejected row is recorded")
      )
        die();
    };
    const [progress, reject, changes] = [
      store.progress.bind(store),
      store.reject.bind(store),
      source.changes.bind(source),
    ];
    store.progress = async (saved) => {
      await progress(saved);
      if (moment === "after a save" && store.progresses.length === 3) die();
    };
    store.reject = async (rows) => {
      await reject(rows);
      if (moment === "after a rejected row is recorded") die();
    };
    source.changes = async (...args) => {
      const set = await changes(...args);
      return {
        ...set,
        commit: async (...settled) => {
          if (moment === "before the commit") die();
          await set.commit(...settled);
          if (moment === "after the commit") die();
        },
      };
    };
    destination.answer = async () => {
      await new Promise(setImmediate);
      if (dead) throw new Error("killed");
      return { rejected: [] };
    };
    await expect(run()).rejects.toThrow("killed");
    expect(source.closed).toBe(source.requests.length); // a connection each
    const before = destination.accepted.length;

    dead = false;
    store.before = () => undefined;
    Object.assign(store, { progress, reject });
    source.changes = changes;
    expect(await run({ fence: 2 })).toEqual({ read: 42, delivered: 39, unchanged: 2, rejected: 1 });
    expect(new Set(seqs(destination.accepted))).toEqual(
      new Set(upTo(40).filter((seq) => seq !== 9)),
    );
    expect(destination.accepted.length - 39).toBeLessThanOrEqual(3 * 5);
    expect(new Set(destination.accepted.map(({ messageId }) => messageId)).size).toBe(39);
    expect(source.commits.at(-1)).toEqual([9]);
    expect(before).toBeLessThanOrEqual(39);
  });

  test("wherever workers die, every row is settled once and the counts add up", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 6 }),
        async (deaths, bad) => {
          open(rowsOf(40, { 7: { invalid: "duplicate-key" }, 33: { cells: ["33", null] } }), 3);
          let fence = 0;
          for (const death of [...deaths, Infinity]) {
            let batches = 0;
            destination.answer = (batch) => {
              if (++batches > death) throw new SyncError("killed", "transient");
              return {
                rejected: batch
                  .filter(({ seq }) => bad.includes(seq))
                  .map(({ seq }) => ({ seq, reason: "bad" })),
              };
            };
            const counts = await run({ fence: ++fence }).catch((error: unknown) => {
              if (!(error instanceof SyncError)) throw error;
            });
            if (!counts) continue;
            const rejected = new Set([...bad, 7, 33]).size;
            expect(counts).toEqual({ read: 43, delivered: 40 - rejected, unchanged: 3, rejected });
            break;
          }
          expect(new Set([...seqs(destination.accepted), ...store.rejected.keys()])).toEqual(
            new Set(upTo(40)),
          );
          expect(seqs(destination.accepted).filter((seq) => store.rejected.has(seq))).toEqual([]);
          for (const { checkpoint, beyond, delivered, rejected } of store.progresses)
            expect(delivered + rejected).toBe(settledRows({ seq: checkpoint, beyond }));
          expect(source.commits).toEqual([
            [...new Set([...bad.filter((seq) => seq !== 7), 33])].sort((a, b) => a - b),
          ]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("what ends a run", () => {
  test("counts that don't add up, before the state moves", async () => {
    const changes = source.changes.bind(source);
    source.changes = async (...args) => {
      const set = await changes(...args);
      return { ...set, counts: { ...set.counts, read: 31 } };
    };
    await expect(run()).rejects.toMatchObject({
      fault: "terminal",
      message: expect.stringContaining("31 rows read") as string,
    });
    expect(source.commits).toEqual([]);
  });
  test("a mapping with an error, before the warehouse is asked", async () => {
    await expect(
      run({
        mapping: {
          columns: [
            { column: "id", traitKey: "a" },
            { column: "email", traitKey: "a" },
          ],
          userId: "email",
          anonymousId: null,
        },
      }),
    ).rejects.toMatchObject({ fault: "user-fixable" });
    expect(source.requests).toEqual([]);
  });
  test.each(["stage", "progress", "reject", "checkpoint", "rejections"] as const)(
    "a failure to persist by %s",
    async (method) => {
      open(rowsOf(23, { 2: { invalid: "duplicate-key" } }));
      store.before = (called) => {
        if (called === method) throw new Error("disk full");
      };
      await expect(run()).rejects.toThrow("disk full");
      expect(source.commits).toEqual([]);
    },
  );
  test("a lost lease: nothing more is sent", async () => {
    open(rowsOf(500));
    let saves = 0;
    store.before = (called) => {
      if (called === "progress" && ++saves > 2) throw new LeaseLost();
    };
    await expect(run()).rejects.toBeInstanceOf(LeaseLost);
    expect(destination.accepted.length).toBeLessThan(500);
    expect(source.commits).toEqual([]);
    expect(source.closed).toBe(1);
  });
  test("cancel: what is in flight is stopped, what is settled is saved, the reason is told", async () => {
    destination.answer = (batch, signal) =>
      batch[0]!.seq < 10
        ? { rejected: [] }
        : new Promise((_, fail) => {
            signal.addEventListener("abort", () => fail(signal.reason as Error));
            setImmediate(() => controller.abort(new Error("cancelled by Ada")));
          });
    await expect(run()).rejects.toThrow("cancelled by Ada");
    expect(store.last).toMatchObject({ checkpoint: 10, delivered: 10 });
    expect(destination.inFlight).toBe(0);
    expect(source.commits).toEqual([]);
  });
  test("cancel while the warehouse is reading", async () => {
    source.beforePage = (first, signal) => {
      if (first > 1) {
        controller.abort(new Error("cancelled by Ada"));
        signal.throwIfAborted();
      }
    };
    await expect(run()).rejects.toThrow("cancelled by Ada");
  });
  test("a batch that fails ends the reading and the other batches", async () => {
    open(rowsOf(1_000));
    destination.answer = (batch) => {
      if (batch[0]!.seq === 11) throw new SyncError("no such address", "user-fixable");
      return { rejected: [] };
    };
    await expect(run()).rejects.toThrow("no such address");
    expect(destination.batches.length).toBeLessThan(10);
  });
});

describe("deletes", () => {
  const gone = (seq: number): ChangedRow => ({ ...changed(seq), isDelete: true });
  const mirror = (deletes: SyncJob["deletes"]) => run({ mode: "mirror", deletes });

  test("are delivered as records of what is gone, and counted", async () => {
    open([gone(1), changed(2)], 30);
    expect(await mirror({ percent: 10, allowed: 0 })).toEqual({
      read: 31,
      delivered: 2,
      unchanged: 30,
      rejected: 0,
    });
    expect(store.last).toMatchObject({ deletes: 1, toDeliver: 2 });
    expect(JSON.parse(destination.accepted[0]!.json)).toMatchObject({
      type: "track",
      event: "deleted",
      userId: "u1@example.com",
      properties: { id: "k1" },
      recordId: "k1",
      messageId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-/) as string,
    });
  });

  test("beyond the share stop the run before anything is sent, until somebody allows so many", async () => {
    open([gone(1), gone(2), changed(3)], 17);
    await expect(mirror({ percent: 10, allowed: 0 })).rejects.toMatchObject({
      fault: "user-fixable",
      detail: { code: "DELETE_GUARD" },
      message: expect.stringContaining("delete 2 of 19 delivered rows (10.5 %)") as string,
    });
    expect(destination.accepted).toEqual([]);
    expect(store.last).toMatchObject({ deletes: 2, delivered: 0, checkpoint: 0 });
    expect(source.commits).toEqual([]);
    await expect(mirror({ percent: 10, allowed: 1 })).rejects.toMatchObject({
      detail: { code: "DELETE_GUARD" },
    });
    expect(await mirror({ percent: 10, allowed: 2 })).toMatchObject({ delivered: 3 });
    store = new FakeRunStore();
    expect(await mirror({ percent: 11, allowed: 0 })).toMatchObject({ delivered: 3 });
  });
});
