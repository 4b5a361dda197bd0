import { Cron } from "croner";
import { minutesOf, type Frequency, type Schedule } from "@/lib/schedule/schema";

const MINUTE_MS = 60_000;
const DAY_MIN = 24 * 60;

const frequencyTitles: Record<Frequency, string> = {
  manual: "Manual",
  "5": "Every 5 minutes",
  "15": "Every 15 minutes",
  "30": "Every 30 minutes",
  "60": "Every hour",
  "180": "Every 3 hours",
  "360": "Every 6 hours",
  "720": "Every 12 hours",
  "1440": "Every 24 hours",
  interval: "Another interval",
  cron: "Custom (cron)",
};
/** As the list of choices has it. */
export const frequencyTitle = (frequency: Frequency): string => frequencyTitles[frequency];

/** In a few words, e.g. “Every 45 minutes, not from 22:00 to 06:00”. */
export function scheduleText(schedule: Schedule): string {
  const { frequency, every, unit, cron, quietFrom, quietTo } = schedule;
  const titles = {
    ...frequencyTitles,
    interval: `Every ${every === 1 ? unit.slice(0, -1) : `${every} ${unit}`}`,
    cron: `Cron ${cron}`,
  };
  const often = titles[frequency];
  return frequency !== "manual" && quietFrom
    ? `${often}, not from ${quietFrom} to ${quietTo}`
    : often;
}

// ── Wall clocks ────────────────────────────────────────────────────────────────────────────────────────────────────

/** The instant of a wall-clock time in a zone; a time that a clock change skips is the first one after it. */
function instantOf(wall: string, timeZone: string): Date | null {
  return new Cron(`${wall}:00`, { timezone: timeZone, paused: true }).nextRun(new Date(0));
}

const wallFormats = new Map<string, Intl.DateTimeFormat>();

/** An instant as a zone's wall clock shows it, `2026-11-20T18:30`. */
export function wallClock(at: Date, timeZone: string): string {
  let format = wallFormats.get(timeZone);
  if (!format)
    wallFormats.set(
      timeZone,
      (format = new Intl.DateTimeFormat("sv-SE", {
        timeZone,
        year: "numeric",
        month: "2-digit",
        day: "2-digit",
        hour: "2-digit",
        minute: "2-digit",
      })),
    );
  return format.format(at).replace(" ", "T");
}

/** Minutes that a zone is ahead of UTC at an instant. */
export function offsetMinutes(at: Date, timeZone: string): number {
  const name =
    new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" })
      .formatToParts(at)
      .find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
  const [, sign, hours, minutes] = /GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
  return sign ? (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) : 0;
}

const nextDay = (date: string): string =>
  new Date(Date.parse(`${date}T00:00Z`) + DAY_MIN * MINUTE_MS).toISOString().slice(0, 10);
const dayBefore = (date: string): string =>
  new Date(Date.parse(`${date}T00:00Z`) - DAY_MIN * MINUTE_MS).toISOString().slice(0, 10);

/** The first instant at which a zone's clock shows this time or a later one: the clock change itself, when that skips it. */
function firstFrom(wall: string, timeZone: string): Date | null {
  let at = instantOf(wall, timeZone);
  while (at && wallClock(new Date(at.getTime() - MINUTE_MS), timeZone) >= wall)
    at = new Date(at.getTime() - MINUTE_MS);
  return at;
}

/** The quiet window around an instant; null outside of it. */
export function quietAround(
  { quietFrom, quietTo, timeZone }: Schedule,
  at: Date,
): { from: Date; to: Date } | null {
  if (!quietFrom) return null;
  const [date = "", time = ""] = wallClock(at, timeZone).split("T");
  const overMidnight = quietTo < quietFrom;
  if (overMidnight ? time < quietFrom && time >= quietTo : time < quietFrom || time >= quietTo)
    return null;
  const from = firstFrom(
    `${overMidnight && time < quietTo ? dayBefore(date) : date}T${quietFrom}`,
    timeZone,
  );
  const to = firstFrom(
    `${overMidnight && time >= quietFrom ? nextDay(date) : date}T${quietTo}`,
    timeZone,
  );
  // when an hour comes twice, the window is over after its first end
  return from && to && at < to ? { from, to } : null;
}

// ── Slots ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const period = ({ frequency, every, unit }: Schedule): number =>
  frequency === "interval" ? every * minutesOf[unit] : Number(frequency);

/**
 * Whether slots are counted in elapsed time from the start, so that no clock change moves them: intervals up to an
 * hour, and those that do not divide a day. The others keep their times of day.
 */
const isElapsed = (schedule: Schedule): boolean =>
  schedule.frequency !== "cron" && (period(schedule) <= 60 || DAY_MIN % period(schedule) !== 0);

/** An interval that no clock shows, such as 45 minutes, is counted from the moment it is set, unless a start is given. */
export function anchored(schedule: Schedule, now: Date): Schedule {
  return schedule.frequency === "interval" && schedule.startAt === ""
    ? { ...schedule, startAt: wallClock(now, schedule.timeZone) }
    : schedule;
}

/** “Sync Starting At” as an instant, ms: the first slot. */
function anchorOf({ startAt, timeZone }: Schedule): number {
  return startAt ? (instantOf(startAt, timeZone)?.getTime() ?? 0) : 0;
}

/**
 * The cron patterns of a schedule, one for each time of day: each then fires once a day, also on the day when the
 * clock is set back and that hour comes twice (one pattern with several hours would fire in both).
 */
function patternsOf(schedule: Schedule): Cron[] {
  const { frequency, cron, startAt, timeZone } = schedule;
  const every = period(schedule);
  const [hour = 0, minute = 0] = (startAt.split("T")[1] ?? "00:00").split(":").map(Number);
  const first = (hour * 60 + minute) % every;
  const patterns =
    frequency === "cron"
      ? [cron]
      : Array.from({ length: DAY_MIN / every }, (_, n) => first + n * every).map(
          (at) => `${at % 60} ${Math.floor(at / 60)} * * *`,
        );
  return patterns.map((pattern) => new Cron(pattern, { timezone: timeZone, paused: true }));
}

/** Slots before the quiet window has its say: the first after an instant, and the last at or before one. Null: none. */
type Slots = { after(at: Date): Date | null; upTo(at: Date): Date | null };

function slotsOf(schedule: Schedule): Slots {
  const begin = anchorOf(schedule);
  if (isElapsed(schedule)) {
    const step = period(schedule) * MINUTE_MS;
    return {
      after: (at) =>
        new Date(begin + Math.max(0, Math.floor((at.getTime() - begin) / step) + 1) * step),
      upTo: (at) =>
        at.getTime() < begin
          ? null
          : new Date(begin + Math.floor((at.getTime() - begin) / step) * step),
    };
  }
  const patterns = patternsOf(schedule);
  const sorted = (dates: (Date | null | undefined)[]) =>
    dates
      .filter((date) => date !== null && date !== undefined)
      .sort((a, b) => a.getTime() - b.getTime());
  return {
    after: (at) =>
      sorted(
        patterns.map((pattern) => pattern.nextRun(new Date(Math.max(at.getTime(), begin - 1)))),
      )[0] ?? null,
    upTo: (at) => {
      const last = sorted(
        patterns.map((pattern) => pattern.previousRuns(1, new Date(at.getTime() + 1))[0]),
      ).at(-1);
      return last && last.getTime() >= begin ? last : null;
    },
  };
}

/** The next `count` runs after `after`. Slots in the quiet window become one run at its end. */
export function nextSlots(schedule: Schedule, after: Date, count: number): Date[] {
  if (schedule.frequency === "manual") return [];
  const slots = slotsOf(schedule);
  const runs: Date[] = [];
  const before = quietAround(schedule, after)?.from;
  let at = before ? new Date(before.getTime() - 1) : after;
  while (runs.length < count) {
    const slot = slots.after(at);
    if (!slot) break;
    const run = quietAround(schedule, slot)?.to ?? slot;
    if (run > after) runs.push(run);
    at = run;
  }
  return runs;
}

/** The latest run that was due by `now`; null before the first. Slots missed meanwhile collapse into this one. */
export function latestSlot(schedule: Schedule, now: Date): Date | null {
  if (schedule.frequency === "manual") return null;
  const slots = slotsOf(schedule);
  let slot = slots.upTo(now);
  const quiet = slot && quietAround(schedule, slot);
  if (quiet && quiet.to <= now) return quiet.to;
  if (quiet) slot = slots.upTo(new Date(quiet.from.getTime() - 1));
  return slot && (quietAround(schedule, slot)?.to ?? slot);
}
