import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openSweeps } from "@/lib/jobs/sweeps";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const every = { everyMs: 1_000, deadlineMs: 5_000 };

test("one that throws and one that hangs delay no other, and are begun again", async () => {
  const errors: string[] = [];
  const counts = { throwing: 0, hanging: 0, fine: 0 };
  const signals: AbortSignal[] = [];
  const sweeps = openSweeps(
    [
      {
        name: "throwing",
        ...every,
        sweep: async () => {
          counts.throwing += 1;
          throw new Error("no");
        },
      },
      {
        name: "hanging",
        ...every,
        sweep: (signal) => {
          counts.hanging += 1;
          signals.push(signal);
          return new Promise(() => undefined);
        },
      },
      { name: "fine", ...every, sweep: async () => void (counts.fine += 1) },
    ],
    (name, error) => errors.push(`${name}: ${error instanceof Error ? error.message : ""}`),
  );
  await vi.advanceTimersByTimeAsync(6_500);
  expect(counts).toEqual({ throwing: 7, hanging: 2, fine: 7 });
  expect(errors.filter((line) => line === "throwing: no")).toHaveLength(7);
  expect(errors).toContain("hanging: It did not end within 5 s.");
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  await sweeps.stop();
});

test("stop ends what is under way by its signal, says nothing of it, and begins nothing more", async () => {
  const errors: string[] = [];
  let begun = 0;
  const sweeps = openSweeps(
    [
      {
        name: "long",
        ...every,
        sweep: (signal) => {
          begun += 1;
          return new Promise((_, fail) =>
            signal.addEventListener("abort", () => fail(new Error("ended"))),
          );
        },
      },
      { name: "short", ...every, sweep: async () => void (begun += 1) },
    ],
    (name) => errors.push(name),
  );
  await vi.advanceTimersByTimeAsync(0);
  await sweeps.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(begun).toBe(2);
  expect(errors).toEqual([]);
});
