"use client";
import { useMemo } from "react";
import { RunTimeline } from "@/components/sources/run-timeline";
import { useInBrowser } from "@/components/ui/use-in-browser";
import { dateTime, plural, utc } from "@/lib/format";
import { anchored, nextSlots, offsetMinutes } from "@/lib/schedule/rules";
import { scheduleSchema, type Schedule } from "@/lib/schedule/schema";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Every five minutes, on the day that has 25 hours. */
const MOST_A_DAY = 300;

/** What a schedule comes to: a picture, runs a day, the next five in its zone and in UTC, with clock changes marked. */
export function NextRuns({ schedule, serverless }: { schedule: Schedule; serverless: boolean }) {
  const inBrowser = useInBrowser();
  const known = useMemo(() => {
    const judged = scheduleSchema.safeParse(schedule);
    if (!inBrowser || !judged.success) return null;
    const now = new Date();
    const set = anchored(judged.data, now);
    const runs = nextSlots(set, now, 5);
    const [first] = runs;
    const day = first
      ? nextSlots(set, new Date(first.getTime() - 1), MOST_A_DAY).filter(
          (run) => run.getTime() < first.getTime() + DAY_MS,
        )
      : [];
    return { schedule: set, now, runs, aDay: day.length };
  }, [schedule, inBrowser]);
  const { runs, aDay } = known ?? { runs: [], aDay: 0 };
  return (
    <section aria-labelledby="next-runs">
      <div className="flex items-baseline justify-between">
        <h2 id="next-runs" className="font-medium">
          Next runs
        </h2>
        {aDay > 1 && <span className="text-sm text-muted">{aDay} a day</span>}
      </div>
      {known && runs.length > 0 ? (
        <RunTimeline schedule={known.schedule} now={known.now} runs={runs} />
      ) : (
        <p className="mt-2 text-sm text-muted">
          {schedule.frequency === "manual"
            ? "No scheduled runs."
            : "Fill in the schedule to see them."}
        </p>
      )}
      <ol aria-label="Next runs" className="mt-2 divide-y divide-separator">
        {runs.map((run, at) => {
          const before = runs[at - 1];
          const shift = before
            ? offsetMinutes(run, schedule.timeZone) - offsetMinutes(before, schedule.timeZone)
            : 0;
          return (
            <li key={run.toISOString()} className="py-2 text-sm">
              {shift !== 0 && (
                <p className="text-xs text-warning">
                  The clocks go {shift > 0 ? "forward" : "back"} by {Math.abs(shift)} minutes before
                  this run.
                </p>
              )}
              <p className="flex flex-wrap justify-between gap-x-4">
                <span>{dateTime(run, schedule.timeZone)}</span>
                <span className="text-muted">{utc(run)}</span>
              </p>
            </li>
          );
        })}
      </ol>
      {serverless && aDay > 0 && (
        <p className="mt-2 text-sm text-muted">
          This is Redshift Serverless: it bills at least 60 seconds each time it is woken.{" "}
          {plural(aDay, "run")} a day can cost up to {plural(aDay, "minute")} of its base capacity a
          day, also when nothing has changed.
        </p>
      )}
    </section>
  );
}
