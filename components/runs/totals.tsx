import { duration, rows } from "@/lib/format";

const HOUR_MS = 60 * 60 * 1000;

export type Summary = {
  runs: number;
  delivered: number;
  rejected: number;
  medianMs: number | null;
  hours: { hour: Date; delivered: number; rejected: number }[];
};

/** The last 24 hours in four figures and a bar an hour. An hour with rejected rows has its own colour and says so. */
export function Totals({ summary, now }: { summary: Summary; now: Date }) {
  const current = Math.floor(now.getTime() / HOUR_MS) * HOUR_MS;
  const byHour = new Map(summary.hours.map((hour) => [hour.hour.getTime(), hour]));
  const bars = Array.from({ length: 24 }, (_, n) => {
    const at = new Date(current - (23 - n) * HOUR_MS);
    return { at, ...(byHour.get(at.getTime()) ?? { delivered: 0, rejected: 0 }) };
  });
  const most = Math.max(...bars.map(({ delivered }) => delivered), 1);
  return (
    <>
      <dl className="grid grid-cols-2 rounded-xl border border-border bg-surface sm:grid-cols-4 sm:divide-x sm:divide-separator">
        {[
          ["Rows delivered, 24 h", rows(summary.delivered)],
          ["Runs, 24 h", rows(summary.runs)],
          ["Rejected rows", rows(summary.rejected)],
          ["Median run", summary.medianMs === null ? "—" : duration(summary.medianMs)],
        ].map(([title, value]) => (
          <div key={title} className="px-4 py-3">
            <dt className="text-sm text-muted">{title}</dt>
            <dd className="text-2xl font-semibold tracking-tight">{value}</dd>
          </div>
        ))}
      </dl>
      <figure>
        <figcaption className="mb-2 flex justify-between">
          <span className="font-medium">Rows delivered by hour</span>
          <span className="text-sm text-muted">last 24 hours, UTC</span>
        </figcaption>
        <ol className="flex h-28 items-end gap-1" aria-label="Rows delivered by hour">
          {bars.map(({ at, delivered, rejected }) => {
            const text = `${at.toISOString().slice(11, 16)}: ${rows(delivered)} delivered${rejected ? `, ${rows(rejected)} rejected` : ""}`;
            return (
              <li key={at.toISOString()} title={text} className="flex h-full flex-1 items-end">
                <span className="sr-only">{text}</span>
                <span
                  aria-hidden
                  className={`w-full rounded-t-sm ${rejected ? "bg-warning" : "bg-accent"} ${delivered ? "opacity-85" : "opacity-15"}`}
                  style={{ height: `max(2px, ${(delivered / most) * 100}%)` }}
                />
              </li>
            );
          })}
        </ol>
        <div aria-hidden className="mt-1 flex justify-between text-xs text-muted">
          <span>{bars[0]?.at.toISOString().slice(11, 16)}</span>
          <span>{bars[12]?.at.toISOString().slice(11, 16)}</span>
          <span>now</span>
        </div>
      </figure>
    </>
  );
}
