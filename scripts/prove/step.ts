// A step of the proof: a name, the shapes that it covers (ids of docs/redshift-sql.md), and a function that throws a
// readable difference. Steps don't depend on each other: one that fails says nothing about the next.
import { messageOf, SyncError } from "@/lib/platform/errors";
import type { World } from "./world";

export type Step = {
  name: string;
  shapes: string[];
  run(world: World): Promise<void>;
};

export type Outcome = {
  name: string;
  shapes: string[];
  result: "held" | "failed" | "skipped";
  /** Why it failed or was skipped; not yet without secrets. */
  because: string;
  seconds: number;
};

/** Thrown by a step that can't be tried here: that is no failure. */
export class Skipped extends Error {}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof SyncError)) return messageOf(error);
  const { code, serverText } = error.detail;
  return [error.message, code && `[${code}]`, serverText].filter(Boolean).join(" ");
};

/** Runs all steps in their order, whatever becomes of each. After an abort the others are skipped. */
export async function runSteps(
  steps: readonly Step[],
  world: World,
  tell: (outcome: Outcome) => void,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { name, shapes, run } of steps) {
    const began = performance.now();
    let result: Outcome["result"] = "held";
    let because = "";
    try {
      if (world.signal.aborted) throw new Skipped("The proof was interrupted.");
      await run(world);
    } catch (error) {
      const wasStopped = world.signal.aborted && !(error instanceof Skipped);
      result = error instanceof Skipped || wasStopped ? "skipped" : "failed";
      because = wasStopped ? "The proof was interrupted." : reasonOf(error);
    }
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    const outcome = { name, shapes, result, because, seconds };
    outcomes.push(outcome);
    tell(outcome);
  }
  return outcomes;
}
