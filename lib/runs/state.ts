/**
 * The states of a run. `queued` → a worker takes it → `running` → over. A transient failure makes it `waiting` until
 * its next try; a worker that stops in good order puts it back to `queued`; one that dies loses its lease, and
 * another worker takes the run from `running` to `running` with a higher fence.
 */
export const runStates = [
  "queued",
  "running",
  "waiting",
  "succeeded",
  "failed",
  "cancelled",
] as const;
export type RunState = (typeof runStates)[number];

const next: Record<RunState, readonly RunState[]> = {
  queued: ["running", "cancelled"],
  running: ["running", "queued", "waiting", "succeeded", "failed", "cancelled"],
  waiting: ["running", "cancelled"],
  succeeded: [],
  failed: [],
  cancelled: [],
};

export const canBecome = (from: RunState, to: RunState): boolean => next[from].includes(to);

/** A connection has at most one of these; the database enforces it (index run_one_active). */
export const activeStates = runStates.filter((state) => next[state].length > 0);

export const isOver = (state: RunState): boolean => next[state].length === 0;

export const isRunState = (text: string): text is RunState =>
  (runStates as readonly string[]).includes(text);

export const stateText: Record<RunState, string> = {
  queued: "Queued",
  running: "Running",
  waiting: "Waiting to try again",
  succeeded: "Succeeded",
  failed: "Failed",
  cancelled: "Cancelled",
};
