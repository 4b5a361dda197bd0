import { expect, test } from "vitest";
import { identityProblem, latestSlot, nextSlots, offsetMinutes } from "@/lib/sources/rules";
import { scheduleSchema, type Schedule } from "@/lib/sources/schema";

const schedule = (changes: Partial<Schedule>): Schedule => ({ frequency: "60", cron: "", startAt: "", timeZone: "Europe/Berlin", ...changes });
const iso = (dates: Date[]) => dates.map((date) => date.toISOString());

test("the identity rule is the seed's, word for word", () => {
  expect(identityProblem([{ name: "id" }, { name: "e_mail" }])).toBe("Your table must include one of the following columns - email, user_id, or anonymous_id.");
  expect(identityProblem([{ name: "anonymous_id" }])).toBeNull();
});

test("manual never runs by itself", () => {
  expect(nextSlots(schedule({ frequency: "manual" }), new Date(), 5)).toEqual([]);
  expect(latestSlot(schedule({ frequency: "manual" }), new Date())).toBeNull();
});

test("nothing runs before “Sync Starting At”, and the start itself is the first slot", () => {
  const s = schedule({ frequency: "30", startAt: "2026-07-01T12:10" }); // 10:10 UTC
  expect(latestSlot(s, new Date("2026-07-01T10:09:59Z"))).toBeNull();
  expect(iso(nextSlots(s, new Date("2026-06-01T00:00:00Z"), 2))).toEqual(["2026-07-01T10:10:00.000Z", "2026-07-01T10:40:00.000Z"]);
  expect(latestSlot(s, new Date("2026-07-01T10:10:00Z"))?.toISOString()).toBe("2026-07-01T10:10:00.000Z");
});

test("a daily slot keeps its wall-clock time over both clock changes, once a day", () => {
  const s = schedule({ frequency: "1440", startAt: "2026-01-01T02:30" });
  expect(iso(nextSlots(s, new Date("2026-10-23T12:00:00Z"), 4))).toEqual(["2026-10-24T00:30:00.000Z", "2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z", "2026-10-27T01:30:00.000Z"]);
  expect(nextSlots(s, new Date("2026-03-28T12:00:00Z"), 2).map((d) => d.toISOString().slice(0, 10))).toEqual(["2026-03-29", "2026-03-30"]);
});

test("every 3 hours there is one run for each time of day on the day that has 25 hours", () => {
  const s = schedule({ frequency: "180", startAt: "2026-01-01T02:00" });
  const day = nextSlots(s, new Date("2026-10-24T22:00:00Z"), 20).filter((d) => d < new Date("2026-10-25T23:00:00Z"));
  expect(day).toHaveLength(8);
});

test("up to an hour the distance is elapsed time, whatever the clocks do", () => {
  const slots = nextSlots(schedule({ frequency: "15" }), new Date("2026-03-29T00:50:00Z"), 4);
  expect(iso(slots)).toEqual(["2026-03-29T01:00:00.000Z", "2026-03-29T01:15:00.000Z", "2026-03-29T01:30:00.000Z", "2026-03-29T01:45:00.000Z"]);
});

test("slots missed while nothing ran collapse into the latest", () => {
  const s = schedule({ frequency: "180", startAt: "2026-05-01T00:00", timeZone: "UTC" });
  expect(latestSlot(s, new Date("2026-05-03T17:59:00Z"))?.toISOString()).toBe("2026-05-03T15:00:00.000Z");
});

test("cron follows its zone; a bad expression and an unknown zone are refused by the field", () => {
  const s = schedule({ frequency: "cron", cron: "30 2 * * 1", timeZone: "America/Sao_Paulo" });
  expect(iso(nextSlots(s, new Date("2026-11-20T00:00:00Z"), 1))).toEqual(["2026-11-23T05:30:00.000Z"]);
  const bad = scheduleSchema.safeParse(schedule({ frequency: "cron", cron: "61 * * * *" }));
  expect(bad.error?.issues[0]?.path).toEqual(["cron"]);
  expect(scheduleSchema.safeParse(schedule({ timeZone: "Mars/Olympus" })).success).toBe(false);
});

test.each([["* * * * *", false], ["*/5 * * * *", true], ["0,4 3 * * *", false], ["0,5 3 * * *", true], ["0 0 30 2 *", false], ["0 3 * *", false]])("cron “%s” is taken: %s", (cron, taken) => {
  expect(scheduleSchema.safeParse(schedule({ frequency: "cron", cron })).success).toBe(taken);
});

test("the offset of a zone is known at each instant, to mark the clock change", () => {
  expect(offsetMinutes(new Date("2026-07-01T00:00:00Z"), "Europe/Berlin")).toBe(120);
  expect(offsetMinutes(new Date("2026-12-01T00:00:00Z"), "Europe/Berlin")).toBe(60);
  expect(offsetMinutes(new Date("2026-12-01T00:00:00Z"), "Asia/Kathmandu")).toBe(345);
  expect(offsetMinutes(new Date("2026-12-01T00:00:00Z"), "UTC")).toBe(0);
});
