import { afterEach, expect, test, vi } from "vitest";
import { listDueSlots } from "@/lib/connections/data";
import { setEnabled, setNextRun } from "@/lib/connections/mutations";
import { fireSlots } from "@/lib/jobs/schedule";
import type { Clock } from "@/lib/platform/clock";
import { db } from "@/lib/platform/db";
import { log } from "@/lib/platform/log";
import { useDatabase } from "@/lib/testing/database";
import { claimRun, renewLease, requestRun, succeed, type Claim } from "@/lib/runs/mutations";
import { nextSlots } from "@/lib/schedule/rules";
import { manualSchedule, type Schedule } from "@/lib/schedule/schema";
import { makeConnection, makeMember, makeSource } from "@/prisma/factories/world";

useDatabase();

const at = (iso: string) => ({ now: () => new Date(iso) });

test("slots missed collapse into one run; none from before the connection existed", async () => {
  const actor = await makeMember();
  const sourceId = await makeSource(actor.teamId, {
    schedule: { ...manualSchedule, frequency: "15" },
  });
  const id = await makeConnection(actor.teamId, {
    sourceId,
    createdAt: new Date("2026-11-20T10:01:00Z"),
  });
  const runs = () => db().run.count({ where: { connectionId: id } });
  await fireSlots(at("2026-11-20T10:14:59Z"));
  expect(await runs()).toBe(0);
  await fireSlots(at("2026-11-20T13:07:00Z"));
  await fireSlots(at("2026-11-20T13:08:00Z"));
  expect(await runs()).toBe(1);
  expect(
    (await db().run.findFirstOrThrow({ where: { connectionId: id } })).slot?.toISOString(),
  ).toBe("2026-11-20T13:00:00.000Z");
});

test("fifty times two schedulers at the same moment: one run a slot", async () => {
  const actor = await makeMember();
  const sourceId = await makeSource(actor.teamId, {
    schedule: { ...manualSchedule, frequency: "5" },
  });
  const id = await makeConnection(actor.teamId, {
    sourceId,
    createdAt: new Date("2026-01-01T00:00:00Z"),
  });
  for (let round = 0; round < 50; round += 1) {
    const clock = at(new Date(Date.UTC(2026, 5, 1, 0, round * 5, 1)).toISOString());
    await Promise.all([fireSlots(clock), fireSlots(clock)]);
    await db().run.updateMany({
      where: { connectionId: id, state: "queued" },
      data: { state: "succeeded" },
    });
  }
  expect(await db().run.count({ where: { connectionId: id } })).toBe(50);
});

async function takeAll(clock: Clock): Promise<Claim[]> {
  const claims: Claim[] = [];
  for (let claim = await claimRun(null, clock); claim; claim = await claimRun(null, clock))
    claims.push(claim);
  return claims;
}

const HOUR_MS = 3600_000;
const TICK_MS = 10 * 60_000;

test.each([
  ["Europe/Berlin", "2026-03-29T00:00:00Z", "an hour is skipped"],
  ["Europe/Berlin", "2026-10-24T22:00:00Z", "an hour comes twice"],
  ["America/Sao_Paulo", "2018-11-04T00:00:00Z", "midnight is skipped"],
  ["America/Sao_Paulo", "2018-02-17T23:00:00Z", "an hour before midnight comes twice"],
])(
  "the worker's clock an hour fast, then an hour slow, two schedulers, a restart, and in %s from %s %s: one run a slot",
  async (timeZone, from) => {
    const begin = Date.parse(from);
    const actor = await makeMember();
    const schedule = {
      ...manualSchedule,
      frequency: "60" as const,
      timeZone,
      startAt: "2018-01-01T00:15",
    };
    const sourceId = await makeSource(actor.teamId, { schedule });
    const connectionId = await makeConnection(actor.teamId, {
      sourceId,
      createdAt: new Date(begin),
    });
    const wrong = (hours: number) => {
      if (hours > 5 && hours < 9) return HOUR_MS;
      return hours > 12 && hours < 16 ? -HOUR_MS : 0;
    };
    for (let hours = 0; hours <= 26; hours += TICK_MS / HOUR_MS) {
      if (hours > 19 && hours < 19.8) continue; // nobody runs: the slot in between comes late
      const clock = { now: () => new Date(begin + hours * HOUR_MS + wrong(hours)) };
      await Promise.all([fireSlots(clock), fireSlots(clock)]);
      await db().run.updateMany({
        where: { connectionId, state: "queued" },
        data: { state: "succeeded" },
      });
    }
    const fired = (
      await db().run.findMany({
        where: { connectionId },
        select: { slot: true },
        orderBy: { slot: "asc" },
      })
    ).map(({ slot }) => slot);
    expect(fired).toEqual(
      nextSlots(schedule, new Date(begin), 26).filter(
        (slot) => slot.getTime() <= begin + 26 * HOUR_MS,
      ),
    );
    expect(fired.length).toBeGreaterThanOrEqual(25);
  },
);

test("fifty rounds of two workers at one slot: one fires it, one takes it, and the other gets nothing", async () => {
  const actor = await makeMember();
  const sourceId = await makeSource(actor.teamId, {
    schedule: { ...manualSchedule, frequency: "5" },
  });
  const connectionId = await makeConnection(actor.teamId, {
    sourceId,
    createdAt: new Date("2026-01-01T00:00:00Z"),
  });
  for (let round = 0; round < 50; round += 1) {
    const clock = at(new Date(Date.UTC(2026, 6, 1, 0, round * 5, 1)).toISOString());
    const work = async () => {
      await fireSlots(clock);
      return takeAll(clock);
    };
    const claims = (await Promise.all([work(), work()]))
      .flat()
      .filter((claim) => claim.connectionId === connectionId);
    expect(claims).toHaveLength(1);
    expect(await succeed(claims[0]!)).toBe(true);
  }
  expect(await db().run.count({ where: { connectionId } })).toBe(50);
});

const everyQuarter = { ...manualSchedule, frequency: "15" as const };
const nextRunAt = async (id: string) =>
  (await db().connection.findUniqueOrThrow({ where: { id } })).nextRunAt;

afterEach(() => void vi.useRealTimers());

/** A connection that has been looked at once: at 10:01 of a day on which it runs every quarter of an hour. */
async function makeScheduled(schedule: Schedule = everyQuarter) {
  const actor = await makeMember();
  const sourceId = await makeSource(actor.teamId, { schedule });
  const id = await makeConnection(actor.teamId, {
    sourceId,
    createdAt: new Date("2025-03-01T10:01:00Z"),
  });
  await fireSlots(at("2025-03-01T10:01:00Z"));
  return { actor, id };
}

test("only what is due is looked at: nothing until the next slot, and a connection that runs only when asked never again", async () => {
  const { id } = await makeScheduled();
  const { id: manual } = await makeScheduled(manualSchedule);
  expect(await nextRunAt(id)).toEqual(new Date("2025-03-01T10:15:00Z"));
  expect(await nextRunAt(manual)).toBeNull();
  const ours = async (iso: string) =>
    (await listDueSlots(at(iso))).filter((due) => due.id === id || due.id === manual);
  expect(await ours("2025-03-01T10:14:59Z")).toEqual([]);
  expect(await ours("2025-03-01T10:15:00Z")).toMatchObject([{ id }]);
});

test("a slot that comes while a run is not over waits for it, and the later ones collapse into it", async () => {
  const { actor, id } = await makeScheduled();
  await requestRun(actor.teamId, id);
  await fireSlots(at("2025-03-01T10:15:00Z"));
  await fireSlots(at("2025-03-01T10:46:00Z"));
  expect(await db().run.count({ where: { connectionId: id } })).toBe(1);
  await db().run.updateMany({ where: { connectionId: id }, data: { state: "succeeded" } });
  await fireSlots(at("2025-03-01T10:50:00Z"));
  const slots = await db().run.findMany({
    where: { connectionId: id, trigger: "schedule" },
    select: { slot: true },
  });
  expect(slots).toEqual([{ slot: new Date("2025-03-01T10:45:00Z") }]);
  expect(await nextRunAt(id)).toEqual(new Date("2025-03-01T11:00:00Z"));
});

test("a switched-off connection isn't looked at; switched on again it has the run it missed", async () => {
  const { actor, id } = await makeScheduled();
  await setEnabled(actor, id, false);
  await fireSlots(at("2025-03-01T12:03:00Z"));
  expect(await db().run.count({ where: { connectionId: id } })).toBe(0);
  await setEnabled(actor, id, true);
  await fireSlots(at("2025-03-01T12:04:00Z"));
  expect(await db().run.count({ where: { connectionId: id } })).toBe(1);
});

test("a schedule that was saved while its slot was being fired is looked at again", async () => {
  const { id } = await makeScheduled();
  const before = await nextRunAt(id);
  await db().connection.update({ where: { id }, data: { nextRunAt: new Date(0) } });
  await setNextRun(id, before!, new Date("2025-03-01T10:30:00Z"));
  expect(await nextRunAt(id)).toEqual(new Date(0));
});

test("a schedule that can't be read delays no other", async () => {
  const { actor, id } = await makeScheduled();
  vi.spyOn(log, "error").mockImplementation(() => undefined);
  const broken = await makeConnection(actor.teamId, {
    createdAt: new Date("2025-03-01T09:00:00Z"),
  });
  await db().source.updateMany({
    where: { connections: { some: { id: broken } } },
    data: { schedule: { frequency: "whenever" } },
  });
  await fireSlots(at("2025-03-01T10:15:00Z"));
  expect(await db().run.count({ where: { connectionId: id } })).toBe(1);
  await db().connection.delete({ where: { id: broken } });
});

test("a worker whose clock is a minute ahead fires no slot early and takes over no lease that is held", async () => {
  const { actor, id } = await makeScheduled();
  const soon = new Date(Date.now() + 30_000);
  await db().connection.update({ where: { id }, data: { nextRunAt: soon } });
  const other = await makeConnection(actor.teamId);
  const requested = await requestRun(actor.teamId, other);
  const claim = await claimRun(requested?.runId ?? "");
  if (!claim) throw new Error("not claimed");
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
  await fireSlots();
  expect(await db().run.count({ where: { connectionId: id } })).toBe(0);
  expect(await claimRun(claim.runId)).toBeNull();
  expect(await renewLease(claim)).toBe("held");
  vi.setSystemTime(Date.now() - 120_000); // a minute behind: its own lease is no shorter
  expect(await renewLease(claim)).toBe("held");
  expect(await claimRun(claim.runId)).toBeNull();
});
