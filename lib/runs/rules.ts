import { startOf } from "@/lib/platform/foreign-text";
import { runErrorSchema, type StatementRecord } from "@/lib/runs/schema";

/** How often in a row a run that fails for a passing reason, and settles no row meanwhile, is tried before it fails for good. */
export const MAX_ATTEMPTS = 6;

/** How many workers in a row may die of a run that settles no row meanwhile: then it is the run, and not the machines. */
export const MAX_DEATHS = 10;

/** Of how many rejected rows a run keeps what was to be sent: enough to see what is wrong, and no copy of the table. */
export const PAYLOADS_KEPT = 10_000;

const FIRST_MS = 2_000;
const LONGEST_MS = 5 * 60_000;
/** A receiver that asks for more is asked again after a day. */
const LONGEST_WISH_MS = 24 * 3600_000;

/**
 * How long a run waits after its `attempt`th try (1 is the first): doubling from 2 s to 5 min, less up to a half by
 * chance so that many runs don't come back at once; the other side's own wish (Retry-After) if that is longer, up to a day.
 */
export function backoffMs(attempt: number, wishMs = 0, chance = Math.random()): number {
  const full = Math.min(FIRST_MS * 2 ** (attempt - 1), LONGEST_MS);
  return Math.max(Math.round(full * (1 - chance / 2)), Math.min(wishMs, LONGEST_WISH_MS));
}

const MAX_STATEMENTS = 30;
const MAX_STATEMENT_LENGTH = 4_000;

/** What a stage has sent so far, with one statement more or known better. Of those that differ in their numbers alone there is one record. */
export function withStatement(
  records: readonly StatementRecord[],
  { sql, ms, rows, state }: Omit<StatementRecord, "times">,
): StatementRecord[] {
  const shape = shapeOf(sql);
  const at = records.findIndex((record) => shapeOf(record.sql) === shape);
  const text = sql.length > MAX_STATEMENT_LENGTH ? `${startOf(sql, MAX_STATEMENT_LENGTH)} …` : sql;
  const known = records[at];
  if (!known)
    return records.length < MAX_STATEMENTS
      ? [...records, { sql: text, times: 1, ms, rows, state }]
      : [...records];
  const begins = state === "running";
  return records.with(at, {
    sql: text,
    times: known.times + (begins ? 1 : 0),
    ms: known.ms + ms,
    rows: rows === null ? known.rows : (known.rows ?? 0) + rows,
    state,
  });
}
const shapeOf = (sql: string): string => sql.slice(0, MAX_STATEMENT_LENGTH).replaceAll(/\d+/g, "#");

/** Whether what a run ended its last attempt with is that the warehouse was away. */
export const waitsForWarehouse = (error: unknown): boolean =>
  runErrorSchema.safeParse(error).data?.waitsFor === "warehouse";

const AWAY_LEAST_MS = 5_000;
const AWAY_MOST_MS = 60_000;

/** How long until a run looks again for a warehouse that has been away for so long: at most a minute, since a cluster that resumes is waited for. */
export const awayWaitMs = (awayMs: number, chance = Math.random()): number =>
  Math.round(Math.min(AWAY_MOST_MS, Math.max(AWAY_LEAST_MS, awayMs / 4)) * (1 - chance / 4));

/** A worker holds a run this long without a sign of life; it renews far more often. A killed worker's run is taken over after this and one sweep: within 30 s. */
export const LEASE_MS = 15_000;
export const RENEW_MS = 3_000;
/** How often workers fire slots and look for runs that nobody has. */
export const SWEEP_MS = 3_000;

/** How many rows were settled when. */
export type Sample = { at: number; done: number };
const RATE_OVER_MS = 10_000;
const RATE_LEAST_MS = 1_000;

/** The samples of the last ten seconds, and the one before those. */
export function withSample(samples: readonly Sample[], sample: Sample): Sample[] {
  const first = samples.findLastIndex(({ at }) => at <= sample.at - RATE_OVER_MS);
  return [...samples.slice(Math.max(first, 0)), sample];
}

/** Rows a second over the last ten; null while that can't be said. */
export function rateOf(samples: readonly Sample[]): number | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.at - first.at < RATE_LEAST_MS) return null;
  return ((last.done - first.done) / (last.at - first.at)) * 1_000;
}
