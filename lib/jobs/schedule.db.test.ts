import { expect, test } from "vitest";
import { fireSlots } from "@/lib/jobs/schedule";
import { db } from "@/lib/platform/db";
import { useDatabase } from "@/lib/testing/database";
import { manualSchedule } from "@/lib/schedule/schema";
import { makeConnection, makeMember, makeSource } from "@/prisma/factories/world";

useDatabase();

const at = (iso: string) => ({ now: () => new Date(iso) });

test("slots missed collapse into one run; none from before the connection existed", async () => {
  const actor = await makeMember();
  const sourceId = await makeSource(actor.teamId, { schedule: { ...manualSchedule, frequency: "15" } });
  const id = await makeConnection(actor.teamId, { sourceId, createdAt: new Date("2026-11-20T10:01:00Z") });
  const runs = () => db().run.count({ where: { connectionId: id } });
  await fireSlots(at("2026-11-20T10:14:59Z"));
  expect(await runs()).toBe(0);
  await fireSlots(at("2026-11-20T13:07:00Z"));
  await fireSlots(at("2026-11-20T13:08:00Z"));
  expect(await runs()).toBe(1);
  expect((await db().run.findFirstOrThrow({ where: { connectionId: id } })).slot?.toISOString()).toBe("2026-11-20T13:00:00.000Z");
});

test("fifty times two schedulers at the same moment: one run a slot", async () => {
  const actor = await makeMember();
  const sourceId = await makeSource(actor.teamId, { schedule: { ...manualSchedule, frequency: "5" } });
  const id = await makeConnection(actor.teamId, { sourceId, createdAt: new Date("2026-01-01T00:00:00Z") });
  for (let round = 0; round < 50; round += 1) {
    const clock = at(new Date(Date.UTC(2026, 5, 1, 0, round * 5, 1)).toISOString());
    await Promise.all([fireSlots(clock), fireSlots(clock)]);
    await db().run.updateMany({ where: { connectionId: id, state: "queued" }, data: { state: "succeeded" } });
  }
  expect(await db().run.count({ where: { connectionId: id } })).toBe(50);
});
