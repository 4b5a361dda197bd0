import { duration, plural, rows, utc } from "@/lib/format";
import { isOver, stateText, type RunState } from "@/lib/runs/state";

export type ChartedRun = {
  id: string;
  state: RunState;
  delivered: number;
  rejected: number;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
};

const BAR = 8;
const STEP = 10;
const HEIGHT = 56;
/** Room above the bars for the mark of a failed run. */
const MARK = 10;

const tookOf = ({ startedAt, finishedAt }: ChartedRun): number =>
  startedAt && finishedAt ? finishedAt.getTime() - startedAt.getTime() : 0;
const medianOf = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Duration, rows and failures of the last runs, oldest at the left: a failed one is hatched and crossed, so that colour says nothing alone. The same is told in words. */
export function RunCharts({ runs }: { runs: ChartedRun[] }) {
  const over = runs
    .filter(({ state }) => isOver(state))
    .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  if (over.length === 0) return null;
  const failed = over.filter(({ state }) => state === "failed").length;
  const rejected = over.reduce((sum, run) => sum + run.rejected, 0);
  const charts = [
    {
      title: "Duration",
      value: tookOf,
      text: duration,
      says: `median ${duration(medianOf(over.map(tookOf)))}`,
      colour: "fill-accent",
    },
    {
      title: "Rows delivered",
      value: (run: ChartedRun) => run.delivered,
      text: rows,
      says: `${rows(over.reduce((sum, run) => sum + run.delivered, 0))} in all`,
      colour: "fill-accent",
    },
    {
      title: "Failures",
      value: (run: ChartedRun) => run.rejected,
      text: (value: number) => `${rows(value)} rejected`,
      says: `${failed} failed, ${rejected === 1 ? "1 row" : `${rows(rejected)} rows`} rejected`,
      colour: "fill-warning",
    },
  ];
  return (
    <section aria-labelledby="run-charts" className="mb-8">
      <h2
        id="run-charts"
        className="mb-2 flex flex-wrap items-baseline justify-between gap-x-4 font-medium"
      >
        The last {plural(over.length, "run")}
        {failed > 0 && <span className="text-sm font-normal text-muted">✕ failed</span>}
      </h2>
      <div className="grid gap-x-8 gap-y-4 rounded-xl border border-border bg-surface px-4 py-3 lg:grid-cols-3">
        {charts.map((chart) => (
          <Chart key={chart.title} runs={over} {...chart} />
        ))}
      </div>
    </section>
  );
}

function barClass(state: string, colour: string): string {
  if (state === "failed") return "stroke-danger";
  return state === "cancelled" ? "fill-muted opacity-50" : colour;
}

function Chart({
  runs,
  title,
  value,
  text,
  says,
  colour,
}: {
  runs: ChartedRun[];
  title: string;
  value: (run: ChartedRun) => number;
  text: (value: number) => string;
  says: string;
  colour: string;
}) {
  const most = Math.max(...runs.map(value), 1);
  const hatch = `hatch-${title.replaceAll(" ", "-").toLowerCase()}`;
  const width = Math.max(runs.length, 30) * STEP;
  const last = runs.at(-1);
  return (
    <figure className="min-w-0">
      <figcaption className="mb-1 flex flex-wrap justify-between gap-x-3 text-sm">
        <span>{title}</span>
        <span className="text-muted tabular-nums">{says}</span>
      </figcaption>
      <svg
        role="img"
        aria-label={`${title} of the last ${plural(runs.length, "run")}: ${says}${last ? `, the last one ${text(value(last))}, ${stateText[last.state].toLowerCase()}` : ""}.`}
        viewBox={`0 0 ${width} ${HEIGHT + MARK}`}
        className="block h-auto w-full"
      >
        <pattern
          id={hatch}
          width="4"
          height="4"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <rect width="2" height="4" className="fill-danger" />
        </pattern>
        <line
          x1="0"
          x2={width}
          y1={HEIGHT + MARK - 0.5}
          y2={HEIGHT + MARK - 0.5}
          className="stroke-border"
        />
        {runs.map((run, index) => {
          const isFailed = run.state === "failed";
          const height = Math.max((value(run) / most) * HEIGHT, value(run) > 0 || isFailed ? 3 : 1);
          const x = width - (runs.length - index) * STEP + (STEP - BAR) / 2;
          const y = HEIGHT + MARK - height;
          return (
            <g key={run.id}>
              <title>{`${utc(run.createdAt)}: ${text(value(run))}, ${stateText[run.state].toLowerCase()}`}</title>
              <rect
                x={x - 1}
                y={0}
                width={STEP}
                height={HEIGHT + MARK}
                className="fill-transparent"
              />
              <rect
                x={x}
                y={y}
                width={BAR}
                height={height}
                rx="1"
                className={barClass(run.state, colour)}
                fill={isFailed ? `url(#${hatch})` : undefined}
              />
              {isFailed && (
                <path
                  d={`M${x + 1} ${y - 8}l6 6m0 -6l-6 6`}
                  className="fill-none stroke-danger"
                  strokeWidth="1.5"
                />
              )}
            </g>
          );
        })}
      </svg>
    </figure>
  );
}
