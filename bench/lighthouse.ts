import runLighthouse, { desktopConfig } from "lighthouse";
import type { Goal } from "./main";

const RUNS = 3;
const log = (line: string) => process.stderr.write(`${line}\n`);
const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"] as const;
/** The console is for those who are signed in: no search engine sees it, so that score is told without a goal. */
const goals: Partial<Record<(typeof CATEGORIES)[number], number>> = {
  performance: 95,
  accessibility: 100,
  "best-practices": 100,
};

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Lighthouse's four scores of each page, signed in; the median of three runs as on a desk, where this console is used. */
export async function lighthouse(
  port: number,
  web: string,
  pages: string[],
  cookie: string,
): Promise<{ goals: Goal[]; details: Record<string, unknown> }> {
  const scores: Record<string, Record<string, number>> = {};
  const failing: Record<string, string[]> = {};
  for (const path of pages) {
    const runs: Record<string, number[]> = {};
    for (let run = 0; run < RUNS; run += 1) {
      const result = await runLighthouse(
        `${web}${path}`,
        {
          port,
          output: "json",
          logLevel: "error",
          onlyCategories: [...CATEGORIES],
          extraHeaders: { cookie },
        },
        desktopConfig,
      );
      for (const category of CATEGORIES)
        (runs[category] ??= []).push(
          Math.round((result?.lhr.categories[category]?.score ?? 0) * 100),
        );
      if (run === 0 && result)
        failing[path] = Object.values(result.lhr.audits)
          .filter(
            ({ score, scoreDisplayMode }) =>
              score !== null &&
              score < 0.9 &&
              ["binary", "numeric", "metricSavings"].includes(scoreDisplayMode),
          )
          .map(({ id, displayValue }) => `${id} ${displayValue ?? ""}`.trim());
    }
    log(
      `lighthouse ${path}: ${CATEGORIES.map((category) => `${category} ${median(runs[category] ?? [])}`).join(", ")}`,
    );
    scores[path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, "…")] = Object.fromEntries(
      CATEGORIES.map((category) => [category, median(runs[category] ?? [])]),
    );
  }
  return {
    goals: Object.entries(goals).map(([category, goal]) => {
      const lowest = Math.min(...Object.values(scores).map((of) => of[category] ?? 0));
      return {
        id: `lighthouse-${category}`,
        what: `Lighthouse ${category}: the lowest of ${pages.length} pages (each the median of ${RUNS})`,
        goal,
        measured: lowest,
        met: lowest >= goal,
      };
    }),
    details: { scores, failing },
  };
}
