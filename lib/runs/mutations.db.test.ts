import { beforeEach, expect, test } from "vitest";
import { db } from "@/lib/platform/db";
import { SyncError } from "@/lib/platform/errors";
import { LEASE_MS } from "@/lib/runs/rules";
import { cancelRun, claimRun, failOrWait, recordRejected, rejectedSeqs, renewLease, requestRun, requestSlot, saveProgress, succeed } from "@/lib/runs/mutations";
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
  const asked = await Promise.all(Array.from({ length: 8 }, () => requestRun(actor.teamId, connectionId)));
  expect(new Set(asked.map((each) => each?.runId)).size).toBe(1);
  expect(asked.filter((each) => each?.isNew)).toHaveLength(1);
});

test("another team's connection is not there", async () => {
  const stranger = await makeMember();
  expect(await requestRun(stranger.teamId, connectionId)).toBeNull();
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
  expect(await saveProgress(first, { read: 1, toDeliver: 1, delivered: 1, unchanged: 0, rejected: 0, checkpoint: 1, beyond: [[3, 4]] })).toBe(false);
  expect(await succeed(first)).toBe(false);
  expect(await stateOf(runId)).toBe("running");
});

test("two schedulers at one slot start one run, and the slot never starts another", async () => {
  const slot = new Date("2026-11-20T12:00:00Z");
  const connection = { id: connectionId, teamId: actor.teamId };
  const fired = await Promise.all(Array.from({ length: 8 }, () => requestSlot(connection, slot)));
  const [runId] = fired.filter((id) => id !== null);
  expect(fired.filter((id) => id !== null)).toHaveLength(1);
  const claim = await claimRun(runId ?? "");
  if (!claim) throw new Error("not claimed");
  await succeed(claim);
  expect(await requestSlot(connection, slot)).toBeNull();
});

test("a passing failure waits for its next try, any other fails with its reason", async () => {
  const claim = await taken();
  const wait = await failOrWait(claim, new SyncError("The receiver is busy.", "transient", { retryAfterMs: 7_000 }));
  expect(wait).toBeGreaterThanOrEqual(7_000);
  expect(await stateOf(claim.runId)).toBe("waiting");
  const again = await claimRun(claim.runId);
  if (!again) throw new Error("not claimed");
  await failOrWait(again, new SyncError("The write key is wrong.", "user-fixable", { remedy: "Enter another." }));
  expect(await db().run.findUniqueOrThrow({ where: { id: claim.runId } })).toMatchObject({ state: "failed", error: { message: "The write key is wrong.", remedy: "Enter another." } });
});

test("a row rejected twice is recorded once", async () => {
  const claim = await taken();
  await recordRejected(claim, [{ seq: 3, key: "a", reason: "too large" }]);
  await recordRejected(claim, [{ seq: 3, key: "a", reason: "too large" }, { seq: 5, key: null, reason: "no key", code: "null-key" }]);
  expect(await rejectedSeqs(claim.runId, [])).toEqual([3, 5]);
  expect(await rejectedSeqs(claim.runId, ["null-key"])).toEqual([3]);
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
