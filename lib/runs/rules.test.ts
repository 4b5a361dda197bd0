import { expect, test } from "vitest";
import { backoffMs, LEASE_MS, RENEW_MS, SWEEP_MS } from "@/lib/runs/rules";
import { activeStates, canBecome, isOver, runStates } from "@/lib/runs/state";

test("waits grow, have a ceiling, and never undercut what the receiver asked for", () => {
  expect(backoffMs(1, 0, 0)).toBe(2_000);
  expect(backoffMs(3, 0, 0)).toBe(8_000);
  expect(backoffMs(3, 0, 1)).toBe(4_000);
  expect(backoffMs(20, 0, 0)).toBe(300_000);
  expect(backoffMs(1, 60_000, 0)).toBe(60_000);
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
