import { expect, test } from "vitest";
import { fireSlots } from "@/lib/jobs/schedule";
import { db } from "@/lib/platform/db";
import { useDatabase } from "@/lib/testing/database";
import { claimRun, listDueRuns, succeed } from "@/lib/runs/mutations";
import { nextSlots } from "@/lib/schedule/rules";
import { manualSchedule } from "@/lib/schedule/schema";
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
    const wrong = (hours: number) =>
      hours > 5 && hours < 9 ? HOUR_MS : hours > 12 && hours < 16 ? -HOUR_MS : 0;
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
      return Promise.all((await listDueRuns(clock)).map(({ id }) => claimRun(id)));
    };
    const claims = (await Promise.all([work(), work()]))
      .flat()
      .filter((claim) => claim?.connectionId === connectionId);
    expect(claims).toHaveLength(1);
    expect(await succeed(claims[0]!)).toBe(true);
  }
  expect(await db().run.count({ where: { connectionId } })).toBe(50);
});
