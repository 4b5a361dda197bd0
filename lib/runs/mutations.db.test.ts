import { beforeEach, describe, expect, test } from "vitest";
import { db } from "@/lib/platform/db";
import { SyncError } from "@/lib/platform/errors";
import { LEASE_MS, MAX_ATTEMPTS } from "@/lib/runs/rules";
import {
  findRun,
  findSealedPayload,
  listStatements,
  pageRejected,
  readRejected,
  summarizeRuns,
} from "@/lib/runs/data";
import {
  cancelRun,
  claimRun,
  endStage,
  failOrWait,
  failWithoutReason,
  listRejected,
  progressOf,
  recordRejected,
  renewLease,
  requestRetry,
  requestRun,
  requestSlot,
  saveProgress,
  saveStatements,
  startStage,
  succeed,
  sweepPayloads,
  tryRunNow,
} from "@/lib/runs/mutations";
import { openPayload } from "@/lib/runs/secrets";
import type { Actor } from "@/lib/team/types";
import { useDatabase } from "@/lib/testing/database";
import { makeConnection, makeMember } from "@/prisma/factories/world";

useDatabase();

let actor: Actor;
let connectionId: string;
beforeEach(async () => {
  actor = await makeMember();
  connectionId = await makeConnection(actor.teamId);
});

const at = (ms: number) => ({ now: () => new Date(ms) });
const stateOf = async (id: string) => (await db().run.findUniqueOrThrow({ where: { id } })).state;
const queued = async (): Promise<string> => {
  const requested = await requestRun(actor.teamId, connectionId);
  if (!requested) throw new Error("no run");
  return requested.runId;
};
const taken = async () => {
  const claim = await claimRun(await queued());
  if (!claim) throw new Error("not claimed");
  return claim;
};

test("a connection has one run at a time: asking again gives the one under way", async () => {
  const asked = await Promise.all(
    Array.from({ length: 8 }, () => requestRun(actor.teamId, connectionId)),
  );
  expect(new Set(asked.map((each) => each?.runId)).size).toBe(1);
  expect(asked.filter((each) => each?.isNew)).toHaveLength(1);
});

test("another team's connection is not there", async () => {
  const stranger = await makeMember();
  expect(await requestRun(stranger.teamId, connectionId)).toBeNull();
});

test("a run of three billion rows is kept, read and summed to the row", async () => {
  const billions = 3_000_000_000;
  const claim = await taken();
  const progress = {
    read: billions + 7,
    toDeliver: billions,
    delivered: billions - 1,
    unchanged: 7,
    rejected: 1,
    deletes: billions - 2,
    checkpoint: billions,
    beyond: [],
  };
  expect(await saveProgress(claim, progress)).toBe(true);
  await recordRejected(claim, [{ seq: billions, key: "k", reason: "too long" }]);
  expect(await progressOf(claim.runId)).toMatchObject({ seq: billions, rejected: 1 });
  expect(await succeed(claim)).toBe(true);
  const { beyond: _beyond, ...counts } = progress;
  expect(await findRun(actor.teamId, claim.runId)).toMatchObject({
    read: counts.read,
    delivered: counts.delivered,
    deletes: counts.deletes,
  });
  const page = await pageRejected(actor.teamId, {
    runId: claim.runId,
    search: "",
    code: null,
    after: billions - 1,
  });
  expect(page.rows.map(({ seq }) => seq)).toEqual([billions]);
  const summary = await summarizeRuns(actor.teamId, new Date(0));
  expect(summary).toMatchObject({ delivered: billions - 1, rejected: 1 });
  expect(summary.hours.map(({ delivered }) => delivered)).toEqual([billions - 1]);
});

test("of many workers one takes a run", async () => {
  const runId = await queued();
  const claims = await Promise.all(Array.from({ length: 8 }, () => claimRun(runId)));
  expect(claims.filter(Boolean)).toHaveLength(1);
});

test("a worker that died is followed by another with a higher fence; the first can change nothing any more", async () => {
  const now = Date.now();
  const runId = await queued();
  const first = await claimRun(runId, at(now));
  if (!first) throw new Error("not claimed");
  expect(await claimRun(runId, at(now + LEASE_MS - 1))).toBeNull();
  const second = await claimRun(runId, at(now + LEASE_MS + 1));
  expect(second?.fence).toBeGreaterThan(first.fence);
  expect(await renewLease(first)).toBe("lost");
  expect(
    await saveProgress(first, {
      deletes: 0,
      read: 1,
      toDeliver: 1,
      delivered: 1,
      unchanged: 0,
      rejected: 0,
      checkpoint: 1,
      beyond: [[3, 4]],
    }),
  ).toBe(false);
  expect(await succeed(first)).toBe(false);
  expect(await stateOf(runId)).toBe("running");
});

test("two schedulers at one slot start one run, and the slot never starts another", async () => {
  const slot = new Date("2026-11-20T12:00:00Z");
  const connection = { id: connectionId, teamId: actor.teamId };
  const fired = await Promise.all(Array.from({ length: 8 }, () => requestSlot(connection, slot)));
  const runs = fired.flatMap((outcome) => (typeof outcome === "object" ? [outcome.fired] : []));
  expect(runs).toHaveLength(1);
  const later = new Date("2026-11-20T13:00:00Z");
  expect(await requestSlot(connection, later)).toBe("another");
  const claim = await claimRun(runs[0] ?? "");
  if (!claim) throw new Error("not claimed");
  await succeed(claim);
  expect(await requestSlot(connection, slot)).toBe("has its run");
  expect(await requestSlot(connection, later)).toMatchObject({ fired: expect.any(String) });
});

const HALF = "\uD83D";

test("a reason that holds a zero byte or half of an emoji is kept: of a failure, a wait, a stage, a statement and a row", async () => {
  const foreign = `no\0${HALF}`;
  const claim = await taken();
  await startStage(claim, "load");
  await saveStatements(claim, [
    { sql: `SELECT '${foreign}'`, times: 1, ms: 1, rows: null, state: "done" },
  ]);
  await recordRejected(claim, [
    { seq: 1, key: foreign, column: foreign, reason: foreign, code: foreign },
  ]);
  const passing = new SyncError(foreign, "transient", { serverText: foreign });
  expect(await failOrWait(claim, passing)).toBeGreaterThan(0);
  const again = await claimRun(claim.runId);
  if (!again) throw new Error("not claimed");
  await endStage(again, "load", foreign);
  expect(await failOrWait(again, new Error(foreign))).toBeNull();
  const run = await findRun(actor.teamId, claim.runId);
  expect(run).toMatchObject({ state: "failed", error: { serverText: "no␀\uFFFD" } });
  expect(run?.stages).toMatchObject([{ detail: "no␀\uFFFD" }]);
  expect(await listRejected(claim.runId, [])).toEqual([
    { seq: 1, reason: "no␀\uFFFD", code: "no␀\uFFFD" },
  ]);
});

test("a search for a zero byte finds nothing rather than failing", async () => {
  const claim = await taken();
  await recordRejected(claim, [{ seq: 1, key: "a", reason: "bad" }]);
  const page = await pageRejected(actor.teamId, {
    runId: claim.runId,
    search: "\0",
    code: null,
    after: 0,
  });
  expect(page?.rows).toEqual([]);
});

test("a failure that can't be written ends without its reason, and only for whoever has the run", async () => {
  const claim = await taken();
  await failWithoutReason({ ...claim, fence: claim.fence - 1 });
  expect(await stateOf(claim.runId)).toBe("running");
  await failWithoutReason(claim);
  expect(await db().run.findUniqueOrThrow({ where: { id: claim.runId } })).toMatchObject({
    state: "failed",
    leaseUntil: null,
    error: { message: "The run failed, and why could not be written down." },
  });
});

test("a run whose worker died is cancelled at once, and one that was to be cancelled isn't begun again", async () => {
  const now = Date.now();
  const runId = await queued();
  await claimRun(runId, at(now));
  expect(await cancelRun(actor.teamId, runId, at(now + LEASE_MS + 1))).toBe(true);
  expect(await stateOf(runId)).toBe("cancelled");

  const other = await queued();
  await claimRun(other, at(now));
  expect(await cancelRun(actor.teamId, other, at(now + 1))).toBe(true);
  expect(await stateOf(other)).toBe("running");
  expect(await claimRun(other, at(now + LEASE_MS + 1))).toBeNull();
  expect(await stateOf(other)).toBe("cancelled");
});

test("a passing failure waits for its next try, any other fails with its reason", async () => {
  const claim = await taken();
  const wait = await failOrWait(
    claim,
    new SyncError("The receiver is busy.", "transient", { retryAfterMs: 7_000 }),
  );
  expect(wait).toBeGreaterThanOrEqual(7_000);
  expect(await stateOf(claim.runId)).toBe("waiting");
  const again = await claimRun(claim.runId);
  if (!again) throw new Error("not claimed");
  await failOrWait(
    again,
    new SyncError("The write key is wrong.", "user-fixable", { remedy: "Enter another." }),
  );
  expect(await db().run.findUniqueOrThrow({ where: { id: claim.runId } })).toMatchObject({
    state: "failed",
    error: { message: "The write key is wrong.", remedy: "Enter another." },
  });
});

test("a receiver's wish of an hour is kept, and the sixth try in a row says that no other follows by itself", async () => {
  const HOUR = 3600_000;
  const busy = new SyncError("The receiver asks to send more slowly.", "transient", {
    retryAfterMs: HOUR,
    remedy: "Raise the limit of requests. It is tried again by itself.",
  });
  const runId = await queued();
  const begun = Date.now();
  for (let tries = 1; tries < MAX_ATTEMPTS; tries += 1) {
    const now = at(begun + tries * HOUR);
    const claim = await claimRun(runId, now);
    if (!claim) throw new Error("not claimed");
    expect(await failOrWait(claim, busy, now)).toBe(HOUR);
    expect((await db().run.findUniqueOrThrow({ where: { id: runId } })).retryAt).toEqual(
      new Date(begun + (tries + 1) * HOUR),
    );
  }
  const last = await claimRun(runId);
  if (!last) throw new Error("not claimed");
  expect(await failOrWait(last, busy)).toBeNull();
  const { error } = await db().run.findUniqueOrThrow({ where: { id: runId } });
  expect(JSON.stringify(error)).toContain(
    "It was tried 6 times in a row, and no row got through. Raise the limit of requests.",
  );
  expect(JSON.stringify(error)).not.toContain("by itself");
});

test("a warehouse that is away is waited for, a day, and that is no try; then the run fails and says so", async () => {
  const away = new SyncError("Nothing answers at cluster:5439.", "transient", {
    waitsFor: "warehouse",
  });
  const runId = await queued();
  const begun = Date.now();
  const tryAt = async (ms: number, error: SyncError = away) => {
    const claim = await claimRun(runId, at(begun + ms));
    if (!claim) throw new Error("not claimed");
    return { claim, wait: await failOrWait(claim, error, at(begun + ms)) };
  };
  const HOUR = 3600_000;
  for (let hour = 0; hour < 24; hour += 1)
    expect((await tryAt(hour * HOUR)).wait).toBeLessThanOrEqual(60_000);
  expect(await db().run.findUniqueOrThrow({ where: { id: runId } })).toMatchObject({
    state: "waiting",
    tries: 0,
    attempt: 24,
    error: { waitsFor: "warehouse" },
  });
  expect(await tryRunNow((await makeMember()).teamId, runId)).toBe(false);
  expect(await tryRunNow(actor.teamId, runId, at(begun))).toBe(true);
  expect((await db().run.findUniqueOrThrow({ where: { id: runId } })).retryAt).toEqual(
    new Date(begun),
  );
  expect((await tryAt(24 * HOUR)).wait).toBeNull();
  const { state, error } = await db().run.findUniqueOrThrow({ where: { id: runId } });
  expect(state).toBe("failed");
  expect(error).toMatchObject({
    message: "The warehouse was away for 24 hours. Nothing answers at cluster:5439.",
  });
  expect(await tryRunNow(actor.teamId, runId)).toBe(false);
});

test("once the warehouse has answered the day begins anew, and other failures have all their tries", async () => {
  const away = new SyncError("gone", "transient", { waitsFor: "warehouse" });
  const runId = await queued();
  const claimed = async () => {
    const claim = await claimRun(runId);
    if (!claim) throw new Error("not claimed");
    return claim;
  };
  for (let n = 0; n < 10; n += 1) await failOrWait(await claimed(), away);
  const loading = await claimed();
  await startStage(loading, "load");
  expect((await db().run.findUniqueOrThrow({ where: { id: runId } })).awaySince).toBeNull();
  await failOrWait(loading, new SyncError("busy", "transient"));
  for (let n = 2; n < MAX_ATTEMPTS; n += 1)
    expect(await failOrWait(await claimed(), new SyncError("busy", "transient"))).not.toBeNull();
  expect(await failOrWait(await claimed(), new SyncError("busy", "transient"))).toBeNull();
  expect(await stateOf(runId)).toBe("failed");
});

test("six tries in a row that settled nothing fail a run; one that gets on, or whose worker dies, has all its tries again", async () => {
  const runId = await queued();
  const busy = new SyncError("busy", "transient");
  let now = Date.now();
  const claimed = async () => {
    const claim = await claimRun(runId, at((now += 10 * 60_000)));
    if (!claim) throw new Error("not claimed");
    return claim;
  };
  for (let n = 1; n <= 20; n += 1) {
    const claim = await claimed();
    await saveProgress(claim, {
      deletes: 0,
      read: 100,
      toDeliver: 100,
      delivered: n,
      unchanged: 0,
      rejected: 0,
      checkpoint: n,
      beyond: [],
    });
    expect(await failOrWait(claim, busy, at(now))).toBeLessThanOrEqual(2_000);
  }
  for (let n = 2; n < MAX_ATTEMPTS; n += 1) {
    await claimed(); // dies
    expect(await failOrWait(await claimed(), busy, at(now))).not.toBeNull();
  }
  expect(await failOrWait(await claimed(), busy, at(now))).toBeNull();
  expect(await stateOf(runId)).toBe("failed");
});

test("ten workers in a row that die of a run which gets no further fail it; rows settled, or a try that ended, begin the count anew", async () => {
  const runId = await queued();
  let now = Date.now();
  const die = async (times: number) => {
    let claim = null;
    for (let time = 0; time < times; time += 1)
      claim = await claimRun(runId, at((now += LEASE_MS + 1)));
    return claim;
  };
  const claim = await die(10); // the first takes it, nine follow dead ones
  if (!claim) throw new Error("It was not taken.");
  await saveProgress(claim, {
    read: 2,
    toDeliver: 2,
    delivered: 1,
    unchanged: 0,
    deletes: 0,
    rejected: 0,
    checkpoint: 1,
    beyond: [],
  });
  const later = await die(9);
  expect(later).not.toBeNull();
  await failOrWait(later ?? claim, new SyncError("Nothing answers.", "transient"), at(now));
  now += 3600_000;
  expect(await die(10)).not.toBeNull();
  expect(await die(1)).toBeNull();
  expect(await db().run.findUniqueOrThrow({ where: { id: runId } })).toMatchObject({
    state: "failed",
    error: { message: "10 workers in a row ended while they had this run, and it got no further." },
  });
  expect(await claimRun(runId, at(now + 2 * LEASE_MS))).toBeNull();
});

test("what a stage sent to the warehouse is told with it", async () => {
  const claim = await taken();
  await startStage(claim, "extract");
  const statements = [{ sql: "SELECT 1", times: 1, ms: 3, rows: 1, state: "done" as const }];
  await saveStatements(claim, statements);
  await endStage(claim, "extract");
  await startStage(claim, "load");
  await saveStatements(claim, []);
  expect(await listStatements(actor.teamId, claim.runId)).toMatchObject([
    { stage: "extract", attempt: 1, statements },
  ]);
  expect(await listStatements((await makeMember()).teamId, claim.runId)).toEqual([]);
  expect(await findRun(actor.teamId, claim.runId)).toMatchObject({
    stages: [{ stage: "extract" }, { stage: "load" }],
    stagesBefore: 0,
  });
  for (let n = 1; n <= 50; n += 1)
    await startStage({ ...claim, attempt: n + 1 }, "plan", at(Date.now() + n * 1_000));
  const { stages, stagesBefore } = (await findRun(actor.teamId, claim.runId)) ?? {
    stages: [],
    stagesBefore: 0,
  };
  expect([stages.length, stages.at(-1)?.attempt, stagesBefore]).toEqual([40, 51, 12]);
});

test("a row rejected twice is recorded once", async () => {
  const claim = await taken();
  await recordRejected(claim, [{ seq: 3, key: "a", reason: "too large" }]);
  await recordRejected(claim, [
    { seq: 3, key: "a", reason: "too large" },
    { seq: 5, key: null, reason: "no key", code: "null-key" },
  ]);
  expect((await listRejected(claim.runId, [])).map(({ seq }) => seq)).toEqual([3, 5]);
  expect((await listRejected(claim.runId, ["null-key"])).map(({ seq }) => seq)).toEqual([3]);
});

test("what is settled beyond the checkpoint is remembered", async () => {
  const claim = await taken();
  expect(await progressOf(claim.runId)).toEqual({ seq: 0, beyond: [], rejected: 0 });
  await saveProgress(claim, {
    deletes: 0,
    read: 9,
    toDeliver: 9,
    delivered: 4,
    unchanged: 0,
    rejected: 1,
    checkpoint: 2,
    beyond: [
      [4, 5],
      [8, 8],
    ],
  });
  expect(await progressOf(claim.runId)).toEqual({
    seq: 2,
    beyond: [
      [4, 5],
      [8, 8],
    ],
    rejected: 1,
  });
});

describe("rejected rows", () => {
  const payload = { text: '{"traits":{"email":"ann@example.com"}}', bytes: 38 };

  test("what was to be sent is sealed, opens for its own row alone, and is gone after its time while the row stays", async () => {
    const claim = await taken();
    await recordRejected(claim, [
      { seq: 1, key: "a", reason: "bad", payload },
      { seq: 2, key: "b", reason: "bad" },
    ]);
    const sealed = await findSealedPayload(actor.teamId, claim.runId, 1);
    expect(sealed).not.toContain("ann@example.com");
    expect(openPayload(claim.runId, 1, sealed ?? "")).toEqual(payload);
    expect(() => openPayload(claim.runId, 2, sealed ?? "")).toThrow();
    expect(await findSealedPayload(actor.teamId, claim.runId, 2)).toBeNull();
    expect(await findSealedPayload((await makeMember()).teamId, claim.runId, 1)).toBeNull();
    const days = (n: number) => at(Date.now() + n * 24 * 3600_000);
    await sweepPayloads(days(29));
    expect(await findSealedPayload(actor.teamId, claim.runId, 1)).toBe(sealed);
    await sweepPayloads(days(31));
    expect(await findSealedPayload(actor.teamId, claim.runId, 1)).toBeNull();
    expect((await listRejected(claim.runId, [])).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  test("are searched as they are written, filtered and paged on the server, and read whole for an export", async () => {
    const claim = await taken();
    await recordRejected(
      claim,
      Array.from({ length: 1_201 }, (_, index) => ({
        seq: index + 1,
        key: index % 2 ? `k_${index + 1}` : `k${index + 1}%`,
        reason: 'It\'s "bad"',
        code: index < 3 ? "400" : "409",
      })),
    );
    const page = (more: Partial<Parameters<typeof pageRejected>[1]> = {}) =>
      pageRejected(actor.teamId, { runId: claim.runId, search: "", code: null, after: 0, ...more });
    const first = await page();
    expect(first).toMatchObject({
      total: 1_201,
      next: 25,
      codes: [
        { code: "409", count: 1_198 },
        { code: "400", count: 3 },
      ],
    });
    expect((await page({ after: 25 })).rows[0]?.seq).toBe(26);
    expect(await page({ search: "K_1200" })).toMatchObject({
      total: 1,
      next: null,
      rows: [{ seq: 1_200, key: "k_1200", hasPayload: false }],
    });
    expect((await page({ search: "_" })).total).toBe(600);
    expect((await page({ search: "%" })).total).toBe(601);
    expect((await page({ search: "\\" })).total).toBe(0);
    expect((await page({ search: "'s \"b", code: "400" })).total).toBe(3);
    expect(
      (
        await pageRejected((await makeMember()).teamId, {
          runId: claim.runId,
          search: "",
          code: null,
          after: 0,
        })
      ).total,
    ).toBe(0);
    const all = [];
    for await (const row of readRejected(actor.teamId, claim.runId)) all.push(row.seq);
    expect(all).toEqual(Array.from({ length: 1_201 }, (_, index) => index + 1));
  });

  test("a retry of some is a run of their keys, a retry of all one of every row; a row without a key can't be tried alone", async () => {
    const claim = await taken();
    await recordRejected(claim, [
      { seq: 1, key: "a'b", reason: "bad" },
      { seq: 2, key: "a'b", reason: "bad" },
      { seq: 3, key: null, reason: "no key" },
      { seq: 4, key: "d", reason: "bad" },
    ]);
    expect(await requestRetry(actor.teamId, claim.runId, [1])).toEqual({
      runId: claim.runId,
      isNew: false,
    });
    await succeed(claim);
    expect(await requestRetry(actor.teamId, claim.runId, [1, 3])).toBe("without-key");
    expect(await requestRetry(actor.teamId, claim.runId, [99])).toBe("gone");
    expect(await requestRetry((await makeMember()).teamId, claim.runId, "all")).toBe("gone");
    const retried = async (seqs: number[] | "all") => {
      const asked = await requestRetry(actor.teamId, claim.runId, seqs);
      if (typeof asked === "string") throw new Error(asked);
      const run = await db().run.findUniqueOrThrow({ where: { id: asked.runId } });
      await cancelRun(actor.teamId, run.id);
      return run;
    };
    expect(await retried([1, 2, 4])).toMatchObject({
      trigger: "retry",
      connectionId,
      onlyKeys: ["a'b", "d"],
    });
    expect(await retried("all")).toMatchObject({ trigger: "retry", onlyKeys: null });
  });
});

test("cancelling: at once where no worker has it, else the worker hears of it with its next sign of life", async () => {
  const waiting = await queued();
  expect(await cancelRun(actor.teamId, waiting)).toBe(true);
  expect(await stateOf(waiting)).toBe("cancelled");
  const claim = await taken();
  expect(await cancelRun(actor.teamId, claim.runId)).toBe(true);
  expect(await renewLease(claim)).toBe("cancel");
  const stranger = await makeMember();
  expect(await cancelRun(stranger.teamId, claim.runId)).toBe(false);
});
