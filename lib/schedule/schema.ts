import { Cron } from "croner";
import { z } from "zod";

/** "manual", minutes between runs, "interval" (any other distance), or "cron". */
export const frequencies = [
  "manual",
  "5",
  "15",
  "30",
  "60",
  "180",
  "360",
  "720",
  "1440",
  "interval",
  "cron",
] as const;
export type Frequency = (typeof frequencies)[number];

const isTimeZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

const CLOSEST_MIN = 5;
const FARTHEST_MIN = 31 * 24 * 60;
/** More than a day of runs at that distance: two that are too close show up among them. */
const RUNS_LOOKED_AT = 300;

const cronProblem = (expression: string): string | null => {
  if (expression.trim().split(/\s+/).length !== 5)
    return "Write five fields: minute, hour, day of month, month, day of week.";
  try {
    const runs = new Cron(expression, { paused: true, timezone: "UTC" }).nextRuns(RUNS_LOOKED_AT);
    if (runs.length === 0) return "This expression never comes true.";
    return runs.some(
      (run, at) => at > 0 && run.getTime() - (runs[at - 1]?.getTime() ?? 0) < CLOSEST_MIN * 60_000,
    )
      ? "This runs more often than every 5 minutes. Leave at least 5 minutes between two runs."
      : null;
  } catch {
    return "This is not a cron expression. Example: 30 2 * * 1 is every Monday at 02:30.";
  }
};

export const intervalUnits = ["minutes", "hours", "days"] as const;
export const minutesOf = { minutes: 1, hours: 60, days: 1440 } as const;

const minuteOfDay = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

const timeOfDay = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d)?$/, "Enter a time of day.");

/** When a source runs by itself. What it means is in rules.ts. */
export const scheduleSchema = z
  .object({
    frequency: z.enum(frequencies),
    cron: z.string().trim().max(100),
    /** Of "interval": every `every` `unit`. */
    every: z.coerce
      .number("Enter a number.")
      .int("Enter a whole number.")
      .min(1, "Enter a number above zero.")
      .max(100_000)
      .default(45),
    unit: z.enum(intervalUnits).default("minutes"),
    /** Wall-clock time in `timeZone`, `2026-11-20T18:30`; empty: now. */
    startAt: z.string().regex(/^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})?$/, "Enter a date and a time."),
    timeZone: z.string().refine(isTimeZone, "Choose a time zone."),
    /** Wall-clock times in `timeZone` between which nothing starts; may go over midnight. Both empty: none. */
    quietFrom: timeOfDay.default(""),
    quietTo: timeOfDay.default(""),
  })
  .superRefine((schedule, context) => {
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    const cron = schedule.frequency === "cron" ? cronProblem(schedule.cron) : null;
    if (cron) wrong("cron", cron);
    const minutes = schedule.every * minutesOf[schedule.unit];
    if (schedule.frequency === "interval" && minutes < CLOSEST_MIN)
      wrong("every", "Leave at least 5 minutes between two runs.");
    if (schedule.frequency === "interval" && minutes > FARTHEST_MIN)
      wrong("every", "Run at least every 31 days, or choose Manual.");
    if (schedule.startAt && Number.isNaN(Date.parse(`${schedule.startAt}Z`)))
      wrong("startAt", "This date does not exist.");
    if (schedule.quietFrom && !schedule.quietTo)
      wrong("quietTo", "Enter when it ends, or leave both empty.");
    if (schedule.quietTo && !schedule.quietFrom)
      wrong("quietFrom", "Enter when it begins, or leave both empty.");
    // a clock change may take an hour of them away
    if (
      schedule.quietFrom &&
      schedule.quietTo &&
      (minuteOfDay(schedule.quietFrom) - minuteOfDay(schedule.quietTo) + 1440) % 1440 < 120
    )
      wrong("quietTo", "Leave at least two hours of the day in which it may run.");
  });
export type Schedule = z.infer<typeof scheduleSchema>;

/** Runs only when someone asks for it; what the wizard's other choices begin with. */
export const manualSchedule: Schedule = {
  frequency: "manual",
  cron: "",
  every: 45,
  unit: "minutes",
  startAt: "",
  timeZone: "UTC",
  quietFrom: "",
  quietTo: "",
};
