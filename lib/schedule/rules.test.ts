import fc from "fast-check";
import { expect, test } from "vitest";
import {
  anchored,
  latestSlot,
  nextSlots,
  offsetMinutes,
  quietAround,
  scheduleText,
  wallClock,
} from "@/lib/schedule/rules";
import { manualSchedule, scheduleSchema, type Schedule } from "@/lib/schedule/schema";

const schedule = (changes: Partial<Schedule>): Schedule => ({
  ...manualSchedule,
  frequency: "60",
  timeZone: "Europe/Berlin",
  ...changes,
});
const iso = (dates: Date[]) => dates.map((date) => date.toISOString());

test("manual never runs by itself", () => {
  expect(nextSlots(schedule({ frequency: "manual" }), new Date(), 5)).toEqual([]);
  expect(latestSlot(schedule({ frequency: "manual" }), new Date())).toBeNull();
});

test("nothing runs before “Sync Starting At”, and the start itself is the first slot", () => {
  const s = schedule({ frequency: "30", startAt: "2026-07-01T12:10" }); // 10:10 UTC
  expect(latestSlot(s, new Date("2026-07-01T10:09:59Z"))).toBeNull();
  expect(iso(nextSlots(s, new Date("2026-06-01T00:00:00Z"), 2))).toEqual([
    "2026-07-01T10:10:00.000Z",
    "2026-07-01T10:40:00.000Z",
  ]);
  expect(latestSlot(s, new Date("2026-07-01T10:10:00Z"))?.toISOString()).toBe(
    "2026-07-01T10:10:00.000Z",
  );
});

test("a daily slot keeps its wall-clock time over both clock changes, once a day", () => {
  const s = schedule({ frequency: "1440", startAt: "2026-01-01T02:30" });
  expect(iso(nextSlots(s, new Date("2026-10-23T12:00:00Z"), 4))).toEqual([
    "2026-10-24T00:30:00.000Z",
    "2026-10-25T00:30:00.000Z",
    "2026-10-26T01:30:00.000Z",
    "2026-10-27T01:30:00.000Z",
  ]);
  expect(
    nextSlots(s, new Date("2026-03-28T12:00:00Z"), 2).map((d) => d.toISOString().slice(0, 10)),
  ).toEqual(["2026-03-29", "2026-03-30"]);
});

test("every 3 hours there is one run for each time of day on the day that has 25 hours", () => {
  const s = schedule({ frequency: "180", startAt: "2026-01-01T02:00" });
  const day = nextSlots(s, new Date("2026-10-24T22:00:00Z"), 20).filter(
    (d) => d < new Date("2026-10-25T23:00:00Z"),
  );
  expect(day).toHaveLength(8);
});

test("up to an hour the distance is elapsed time, whatever the clocks do", () => {
  const slots = nextSlots(schedule({ frequency: "15" }), new Date("2026-03-29T00:50:00Z"), 4);
  expect(iso(slots)).toEqual([
    "2026-03-29T01:00:00.000Z",
    "2026-03-29T01:15:00.000Z",
    "2026-03-29T01:30:00.000Z",
    "2026-03-29T01:45:00.000Z",
  ]);
});

test("slots missed while nothing ran collapse into the latest", () => {
  const s = schedule({ frequency: "180", startAt: "2026-05-01T00:00", timeZone: "UTC" });
  expect(latestSlot(s, new Date("2026-05-03T17:59:00Z"))?.toISOString()).toBe(
    "2026-05-03T15:00:00.000Z",
  );
});

test("cron follows its zone; a bad expression and an unknown zone are refused by the field", () => {
  const s = schedule({ frequency: "cron", cron: "30 2 * * 1", timeZone: "America/Sao_Paulo" });
  expect(iso(nextSlots(s, new Date("2026-11-20T00:00:00Z"), 1))).toEqual([
    "2026-11-23T05:30:00.000Z",
  ]);
  const bad = scheduleSchema.safeParse(schedule({ frequency: "cron", cron: "61 * * * *" }));
  expect(bad.error?.issues[0]?.path).toEqual(["cron"]);
  expect(scheduleSchema.safeParse(schedule({ timeZone: "Mars/Olympus" })).success).toBe(false);
});

test.each([
  ["* * * * *", false],
  ["*/5 * * * *", true],
  ["0,4 3 * * *", false],
  ["0,5 3 * * *", true],
  ["0 0 30 2 *", false],
  ["0 3 * *", false],
])("cron “%s” is taken: %s", (cron, taken) => {
  expect(scheduleSchema.safeParse(schedule({ frequency: "cron", cron })).success).toBe(taken);
});

test("the offset of a zone is known at each instant, to mark the clock change", () => {
  expect(offsetMinutes(new Date("2026-07-01T00:00:00Z"), "Europe/Berlin")).toBe(120);
  expect(offsetMinutes(new Date("2026-12-01T00:00:00Z"), "Europe/Berlin")).toBe(60);
  expect(offsetMinutes(new Date("2026-12-01T00:00:00Z"), "Asia/Kathmandu")).toBe(345);
  expect(offsetMinutes(new Date("2026-12-01T00:00:00Z"), "UTC")).toBe(0);
});

test("an interval that divides no day is counted from its start, over a clock change too", () => {
  const s = schedule({
    frequency: "interval",
    every: 5,
    unit: "hours",
    startAt: "2026-10-24T20:00",
  }); // 18:00 UTC
  expect(iso(nextSlots(s, new Date("2026-10-24T00:00:00Z"), 4))).toEqual([
    "2026-10-24T18:00:00.000Z",
    "2026-10-24T23:00:00.000Z",
    "2026-10-25T04:00:00.000Z",
    "2026-10-25T09:00:00.000Z",
  ]);
  expect(latestSlot(s, new Date("2026-10-24T17:59:59Z"))).toBeNull();
  expect(latestSlot(s, new Date("2026-10-25T08:59:00Z"))?.toISOString()).toBe(
    "2026-10-25T04:00:00.000Z",
  );
});

test("without a start, an interval begins when it is set", () => {
  const now = new Date("2026-11-20T18:07:40Z");
  const s = anchored(schedule({ frequency: "interval", every: 45 }), now);
  expect(s.startAt).toBe("2026-11-20T19:07");
  expect(iso(nextSlots(s, now, 2))).toEqual([
    "2026-11-20T18:52:00.000Z",
    "2026-11-20T19:37:00.000Z",
  ]);
  expect(anchored(schedule({ frequency: "60" }), now).startAt).toBe("");
});

test("every two hours keeps its times of day", () => {
  const s = schedule({
    frequency: "interval",
    every: 2,
    unit: "hours",
    startAt: "2026-01-01T01:30",
  });
  const times = nextSlots(s, new Date("2026-10-24T20:00:00Z"), 24).map((at) =>
    wallClock(at, "Europe/Berlin").slice(11),
  );
  expect(new Set(times)).toEqual(
    new Set([
      "01:30",
      "03:30",
      "05:30",
      "07:30",
      "09:30",
      "11:30",
      "13:30",
      "15:30",
      "17:30",
      "19:30",
      "21:30",
      "23:30",
    ]),
  );
});

test.each([
  [4, "minutes", false],
  [5, "minutes", true],
  [45, "minutes", true],
  [5, "hours", true],
  [31, "days", true],
  [32, "days", false],
  [1.5, "hours", false],
] as const)("every %s %s is taken: %s", (every, unit, taken) => {
  expect(scheduleSchema.safeParse(schedule({ frequency: "interval", every, unit })).success).toBe(
    taken,
  );
});

test("what falls into the quiet window runs once, at its end", () => {
  const s = schedule({ frequency: "60", quietFrom: "22:00", quietTo: "06:00", timeZone: "UTC" });
  expect(iso(nextSlots(s, new Date("2026-11-20T20:30:00Z"), 3))).toEqual([
    "2026-11-20T21:00:00.000Z",
    "2026-11-21T06:00:00.000Z",
    "2026-11-21T07:00:00.000Z",
  ]);
  expect(iso(nextSlots(s, new Date("2026-11-20T23:30:00Z"), 1))).toEqual([
    "2026-11-21T06:00:00.000Z",
  ]);
  expect(latestSlot(s, new Date("2026-11-21T05:59:00Z"))?.toISOString()).toBe(
    "2026-11-20T21:00:00.000Z",
  );
  expect(latestSlot(s, new Date("2026-11-21T06:00:00Z"))?.toISOString()).toBe(
    "2026-11-21T06:00:00.000Z",
  );
});

test("a daily slot inside the window is not lost", () => {
  const s = schedule({
    frequency: "1440",
    startAt: "2026-01-01T02:00",
    quietFrom: "01:00",
    quietTo: "05:00",
    timeZone: "UTC",
  });
  expect(iso(nextSlots(s, new Date("2026-11-20T03:00:00Z"), 2))).toEqual([
    "2026-11-20T05:00:00.000Z",
    "2026-11-21T05:00:00.000Z",
  ]);
});

test("half a quiet window, or one that leaves no time to run, is refused at its field", () => {
  const path = (changes: Partial<Schedule>) =>
    scheduleSchema.safeParse(schedule(changes)).error?.issues[0]?.path;
  expect(path({ quietFrom: "22:00" })).toEqual(["quietTo"]);
  expect(path({ quietTo: "22:00" })).toEqual(["quietFrom"]);
  expect(path({ quietFrom: "22:00", quietTo: "22:00" })).toEqual(["quietTo"]);
  expect(path({ quietFrom: "23:00", quietTo: "21:01" })).toEqual(["quietTo"]);
  expect(path({ quietFrom: "23:00", quietTo: "21:00" })).toBeUndefined();
  expect(path({ quietFrom: "24:00", quietTo: "01:00" })).toEqual(["quietFrom"]);
});

test("whatever the schedule, runs ahead and the latest run agree, none is in the quiet window, none comes twice", () => {
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([h, m]) => `${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}`);
  const anySchedule = fc.record({
    frequency: fc.constantFrom("5", "60", "180", "1440", "interval", "cron"),
    every: fc.integer({ min: 1, max: 50 }),
    unit: fc.constantFrom("hours", "minutes"),
    quiet: fc.option(fc.tuple(time, time), { nil: undefined }),
    timeZone: fc.constantFrom(
      "UTC",
      "Europe/Berlin",
      "America/Sao_Paulo",
      "Asia/Kathmandu",
      "Australia/Lord_Howe",
    ),
    startAt: fc.constantFrom("", "2026-10-20T02:30", "2026-03-20T13:15"),
  });
  // around the clock changes of both halves of the year
  const anyInstant = fc
    .constantFrom(
      "2026-03-29T00:00Z",
      "2026-10-24T22:00Z",
      "2026-04-04T15:00Z",
      "2026-10-03T15:00Z",
    )
    .chain((near) =>
      fc
        .integer({ min: -600, max: 600 })
        .map((minutes) => new Date(Date.parse(near) + minutes * 60_000)),
    );
  fc.assert(
    fc.property(
      anySchedule,
      anyInstant,
      ({ quiet: [quietFrom, quietTo] = ["", ""], ...rest }, now) => {
        const judged = scheduleSchema.safeParse(
          schedule({ ...rest, cron: "10 1,2,3 * * *", quietFrom, quietTo }),
        );
        fc.pre(judged.success);
        if (!judged.success) return;
        const runs = nextSlots(judged.data, now, 6);
        let before = now;
        for (const run of runs) {
          expect(run.getTime()).toBeGreaterThan(before.getTime());
          expect(quietAround(judged.data, run)).toBeNull();
          expect(latestSlot(judged.data, run)).toEqual(run);
          expect(
            latestSlot(judged.data, new Date(run.getTime() - 1))?.getTime() ?? 0,
          ).toBeLessThanOrEqual(before.getTime());
          before = run;
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("a schedule in a few words", () => {
  expect(scheduleText(schedule({ frequency: "interval", every: 45 }))).toBe("Every 45 minutes");
  expect(
    scheduleText(
      schedule({
        frequency: "interval",
        every: 1,
        unit: "days",
        quietFrom: "22:00",
        quietTo: "06:00",
      }),
    ),
  ).toBe("Every day, not from 22:00 to 06:00");
  expect(scheduleText(schedule({ frequency: "cron", cron: "30 2 * * 1" }))).toBe("Cron 30 2 * * 1");
});
