import { describe, expect, test } from "vitest";
import {
  awayWaitMs,
  backoffMs,
  LEASE_MS,
  rateOf,
  RENEW_MS,
  SWEEP_MS,
  withSample,
  withStatement,
  type Sample,
} from "@/lib/runs/rules";
import type { StatementRecord } from "@/lib/runs/schema";
import { activeStates, canBecome, isOver, runStates } from "@/lib/runs/state";

test("waits grow, have a ceiling, and never undercut what the receiver asked for", () => {
  expect(backoffMs(1, 0, 0)).toBe(2_000);
  expect(backoffMs(3, 0, 0)).toBe(8_000);
  expect(backoffMs(3, 0, 1)).toBe(4_000);
  expect(backoffMs(20, 0, 0)).toBe(300_000);
  expect(backoffMs(1, 60_000, 0)).toBe(60_000);
  expect(backoffMs(1, 3_600_000, 0)).toBe(3_600_000);
  expect(backoffMs(6, 86_400_000, 1)).toBe(86_400_000);
  expect(backoffMs(1, 90_000_000, 0)).toBe(86_400_000);
});

test("a killed worker's run is taken over within 30 s, and a living one never loses it to one late renewal", () => {
  expect(LEASE_MS + SWEEP_MS).toBeLessThan(30_000);
  expect(RENEW_MS * 3).toBeLessThan(LEASE_MS);
});

test("what is over stays over, and everything else can still be cancelled", () => {
  for (const state of runStates) {
    if (isOver(state)) expect(runStates.filter((to) => canBecome(state, to))).toEqual([]);
    else expect(canBecome(state, "cancelled")).toBe(true);
  }
  expect(activeStates).toEqual(["queued", "running", "waiting"]);
});

test("a long statement is cut between characters", () => {
  const long = `${"x".repeat(3_999)}😀${"y".repeat(10)}`;
  const [record] = withStatement([], { sql: long, ms: 0, rows: null, state: "running" });
  expect(record?.sql).toBe(`${"x".repeat(3_999)} …`);
});

describe("the warehouse's statements of a stage", () => {
  const done = (sql: string, ms = 1, rows: number | null = null) => ({
    sql,
    ms,
    rows,
    state: "done" as const,
  });
  const begun = (sql: string) => ({ sql, ms: 0, rows: null, state: "running" as const });
  test("pages of a table are one record, with how often, how long and how many rows in all", () => {
    let records: StatementRecord[] = [];
    for (const page of [1, 2, 3]) {
      records = withStatement(records, begun(`SELECT * FROM t WHERE seq > ${page * 5000}`));
      records = withStatement(
        records,
        done(`SELECT * FROM t WHERE seq > ${page * 5000}`, 20, 5_000),
      );
    }
    records = withStatement(records, begun("COMMIT"));
    expect(records).toEqual([
      { sql: "SELECT * FROM t WHERE seq > 15000", times: 3, ms: 60, rows: 15_000, state: "done" },
      { sql: "COMMIT", times: 1, ms: 0, rows: null, state: "running" },
    ]);
  });
  test("however many and however long, what is kept is bounded", () => {
    let records: StatementRecord[] = [];
    for (let n = 0; n < 200; n += 1) records = withStatement(records, begun("x".repeat(n * 100)));
    expect(records.length).toBeLessThanOrEqual(30);
    expect(withStatement([], begun("y".repeat(1_000_000)))[0]!.sql.length).toBeLessThan(5_000);
    expect(withStatement(records, begun("z".repeat(1_000_000)))).toHaveLength(30);
  });
});

test("a warehouse that is away is looked for often at first, then every minute", () => {
  expect(awayWaitMs(0, 0)).toBe(5_000);
  expect(awayWaitMs(100_000, 0)).toBe(25_000);
  expect(awayWaitMs(24 * 3600_000, 0)).toBe(60_000);
  expect(awayWaitMs(24 * 3600_000, 1)).toBe(45_000);
});

test("the rate is that of the last ten seconds: a receiver that stalls is seen", () => {
  let samples: Sample[] = [];
  expect(rateOf(samples)).toBeNull();
  samples = withSample(samples, { at: 0, done: 0 });
  expect(rateOf(samples)).toBeNull();
  for (let second = 1; second <= 20; second += 1)
    samples = withSample(samples, { at: second * 1_000, done: second * 500 });
  expect(rateOf(samples)).toBe(500);
  expect(samples.length).toBeLessThan(15);
  for (let second = 21; second <= 31; second += 1)
    samples = withSample(samples, { at: second * 1_000, done: 10_000 });
  expect(rateOf(samples)).toBe(0);
});
