import { cn } from "@/components/ui/cn";
import { plural } from "@/lib/format";
import { nextSlots, offsetMinutes, quietAround, wallClock } from "@/lib/schedule/rules";
import type { Schedule } from "@/lib/schedule/schema";

const HOUR_MS = 60 * 60 * 1000;
/** What the line spans: a day, a week or a month, whichever shows at least two runs. */
const spans = [
  { hours: 24, title: "24 hours", every: 6 },
  { hours: 7 * 24, title: "7 days", every: 24 },
  { hours: 31 * 24, title: "31 days", every: 7 * 24 },
] as const;
const MOST_RUNS = 300;

/** The next runs on a line of time, in the schedule's zone: its quiet windows shaded, a clock change marked. */
export function RunTimeline({
  schedule,
  now,
  runs,
}: {
  schedule: Schedule;
  now: Date;
  runs: Date[];
}) {
  const second = (runs[1] ?? runs[0] ?? now).getTime() - now.getTime();
  const span = spans.find(({ hours }) => second <= hours * HOUR_MS) ?? spans[2];
  const length = span.hours * HOUR_MS;
  const place = (at: Date): number => ((at.getTime() - now.getTime()) / length) * 100;
  const shown = nextSlots(schedule, now, MOST_RUNS).filter((run) => place(run) <= 100);
  const hours = Array.from(
    { length: span.hours + 1 },
    (_, n) => new Date(Math.ceil(now.getTime() / HOUR_MS) * HOUR_MS + n * HOUR_MS),
  );
  const marks = hours.filter(
    (hour) => place(hour) <= 97 && isMark(wallClock(hour, schedule.timeZone), span.every),
  );
  const changes = hours.filter(
    (hour, at) =>
      at > 0 &&
      place(hour) <= 100 &&
      offsetMinutes(hour, schedule.timeZone) !==
        offsetMinutes(hours[at - 1] ?? hour, schedule.timeZone),
  );
  const quiet = windows(schedule, now, length);
  return (
    <figure className="mt-3">
      <div
        role="img"
        aria-label={`${plural(shown.length, "run")} in the next ${span.title}${quiet.length ? `, none from ${schedule.quietFrom} to ${schedule.quietTo}` : ""}${changes.length ? ", over a clock change" : ""}`}
        className="relative h-9 overflow-hidden rounded-lg bg-default"
      >
        {quiet.map(({ from, to }) => (
          <span
            key={from.getTime()}
            className="absolute inset-y-0 bg-[repeating-linear-gradient(135deg,var(--border)_0_2px,transparent_2px_7px)]"
            style={{
              left: `${Math.max(0, place(from))}%`,
              width: `${Math.min(100, place(to)) - Math.max(0, place(from))}%`,
            }}
          />
        ))}
        {changes.map((at) => (
          <span
            key={at.getTime()}
            className="absolute inset-y-0 border-l-2 border-dashed border-warning"
            style={{ left: `${place(at)}%` }}
          />
        ))}
        {shown.map((run) => (
          <span
            key={run.getTime()}
            className={cn(
              "absolute inset-y-2 w-0.5 rounded-full bg-accent",
              shown.length > 100 && "w-px",
            )}
            style={{ left: `calc(${place(run)}% - 1px)` }}
          />
        ))}
      </div>
      <figcaption aria-hidden className="relative mt-1 h-4 text-xs text-muted">
        <span className="absolute left-0">now</span>
        {marks.map(
          (mark) =>
            place(mark) > 13 && (
              <span
                key={mark.getTime()}
                className="absolute -translate-x-1/2 whitespace-nowrap"
                style={{ left: `${Math.min(place(mark), 94)}%` }}
              >
                {label(mark, schedule.timeZone, span.every)}
              </span>
            ),
        )}
      </figcaption>
      {quiet.length > 0 && (
        <p className="mt-1 text-xs text-muted">
          Shaded: quiet, nothing starts. What falls into it runs once, when it ends.
        </p>
      )}
    </figure>
  );
}

/** Every so many hours of the wall clock; from a day on at midnight, from a week on on Mondays. */
function isMark(wall: string, every: number): boolean {
  if (every < 24) return Number(wall.slice(11, 13)) % every === 0;
  return (
    wall.slice(11, 13) === "00" &&
    (every === 24 || new Date(`${wall.slice(0, 10)}T00:00Z`).getUTCDay() === 1)
  );
}

const label = (at: Date, timeZone: string, every: number): string => {
  if (every < 24) return wallClock(at, timeZone).slice(11);
  return new Intl.DateTimeFormat("en-GB", {
    timeZone,
    ...(every === 24 ? { weekday: "short" } : { day: "numeric", month: "short" }),
  }).format(at);
};

/** The quiet windows that lie in what is shown. */
function windows(schedule: Schedule, now: Date, length: number): { from: Date; to: Date }[] {
  const found: { from: Date; to: Date }[] = [];
  for (let at = now.getTime(); at < now.getTime() + length; at += HOUR_MS / 2) {
    const window = quietAround(schedule, new Date(at));
    if (window && !found.some(({ from }) => from.getTime() === window.from.getTime()))
      found.push(window);
  }
  return found;
}
