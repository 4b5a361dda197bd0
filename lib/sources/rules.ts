import { Cron } from "croner";
import { identityColumns, IDENTITY_RULE } from "@/lib/connectors/redshift/spec";
import type { Frequency, Schedule } from "@/lib/sources/schema";

const MINUTE_MS = 60_000;

/** The identity columns that a table has, best first; a table without any can't be a source. */
export const identityOf = (columns: readonly { name: string }[]): string[] => identityColumns.filter((wanted) => columns.some(({ name }) => name === wanted));

export const identityProblem = (columns: readonly { name: string }[]): string | null => (identityOf(columns).length ? null : IDENTITY_RULE);

export const frequencyText: Record<Frequency, string> = {
  manual: "Manual",
  "5": "Every 5 minutes",
  "15": "Every 15 minutes",
  "30": "Every 30 minutes",
  "60": "Every hour",
  "180": "Every 3 hours",
  "360": "Every 6 hours",
  "720": "Every 12 hours",
  "1440": "Every 24 hours",
  cron: "Custom (cron)",
};

/** The instant of a wall-clock time in a zone; a time that a clock change skips is the first one after it. */
function instantOf(wall: string, timeZone: string): Date | null {
  return new Cron(`${wall}:00`, { timezone: timeZone, paused: true }).nextRun(new Date(0));
}

/**
 * The cron patterns of a schedule. From three hours on, one pattern for each time of day: each then fires once a
 * day, also on the day when the clock is set back and that hour comes twice (one pattern with several hours would
 * fire in both).
 */
function patternsOf({ frequency, cron, startAt }: Schedule): string[] {
  if (frequency === "cron") return [cron];
  const every = Number(frequency);
  const [hour = 0, minute = 0] = (startAt.split("T")[1] ?? "00:00").split(":").map(Number);
  const first = (hour * 60 + minute) % every;
  return Array.from({ length: 1440 / every }, (_, n) => first + n * every).map((at) => `${at % 60} ${Math.floor(at / 60)} * * *`);
}

const isInterval = (schedule: Schedule): boolean => schedule.frequency !== "cron" && Number(schedule.frequency) <= 60;

/** “Sync Starting At” as an instant, ms: the first slot. Up to an hour, slots are counted in elapsed time from it, so no clock change moves them. */
function anchorOf(schedule: Schedule): number {
  return schedule.startAt ? (instantOf(schedule.startAt, schedule.timeZone)?.getTime() ?? 0) : 0;
}

/** The next `count` runs after `after`. */
export function nextSlots(schedule: Schedule, after: Date, count: number): Date[] {
  if (schedule.frequency === "manual") return [];
  const from = Math.max(after.getTime(), anchorOf(schedule) - 1);
  if (isInterval(schedule)) {
    const step = Number(schedule.frequency) * MINUTE_MS;
    const anchor = anchorOf(schedule);
    const first = anchor + (Math.floor((from - anchor) / step) + 1) * step;
    return Array.from({ length: count }, (_, n) => new Date(first + n * step));
  }
  return patternsOf(schedule)
    .flatMap((pattern) => new Cron(pattern, { timezone: schedule.timeZone, paused: true }).nextRuns(count, new Date(from)))
    .sort((a, b) => a.getTime() - b.getTime())
    .slice(0, count);
}

/** The latest slot that has come by `now`; null before the first. Slots missed meanwhile collapse into this one. */
export function latestSlot(schedule: Schedule, now: Date): Date | null {
  if (schedule.frequency === "manual") return null;
  const begin = anchorOf(schedule);
  if (isInterval(schedule)) {
    const step = Number(schedule.frequency) * MINUTE_MS;
    const anchor = anchorOf(schedule);
    const slot = anchor + Math.floor((now.getTime() - anchor) / step) * step;
    return slot >= begin ? new Date(slot) : null;
  }
  const justAfter = new Date(now.getTime() + 1);
  const slots = patternsOf(schedule).flatMap((pattern) => new Cron(pattern, { timezone: schedule.timeZone, paused: true }).previousRuns(1, justAfter));
  const last = slots.sort((a, b) => b.getTime() - a.getTime())[0];
  return last && last.getTime() >= begin ? last : null;
}

/** Minutes that a zone is ahead of UTC at an instant. */
export function offsetMinutes(at: Date, timeZone: string): number {
  const name = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
  const [, sign, hours, minutes] = /GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
  return sign ? (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) : 0;
}
