/** Something that a worker does again and again. It must not matter that another worker does it at the same moment. */
export type Sweep = {
  name: string;
  everyMs: number;
  /** One that takes longer is given up, and begun anew at its next time. */
  deadlineMs: number;
  /** `signal` ends at the deadline, and when the worker stops. */
  sweep(signal: AbortSignal): Promise<void>;
};

class DeadlineReached extends Error {}

/**
 * Runs each sweep at once and then again and again, each by a timer of its own: one that throws or hangs delays no other.
 * What one throws, and that one was given up, goes to `onError`.
 */
export function openSweeps(
  sweeps: readonly Sweep[],
  onError: (name: string, error: unknown) => void,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const timers = new Map<string, NodeJS.Timeout>();
  const underWay = new Set<Promise<void>>();

  const once = async ({ name, deadlineMs, sweep }: Sweep): Promise<void> => {
    const deadline = new AbortController();
    const limit = setTimeout(
      () => deadline.abort(new DeadlineReached(`It did not end within ${deadlineMs / 1000} s.`)),
      deadlineMs,
    );
    const signal = AbortSignal.any([deadline.signal, stopping.signal]);
    const isGivenUp = new Promise<never>((_, giveUp) =>
      signal.addEventListener("abort", () => giveUp(signal.reason), { once: true }),
    );
    try {
      await Promise.race([sweep(signal), isGivenUp]);
    } catch (error) {
      if (!stopping.signal.aborted) onError(name, error);
    } finally {
      clearTimeout(limit);
    }
  };
  const again = async (sweep: Sweep): Promise<void> => {
    await once(sweep);
    if (!stopping.signal.aborted)
      timers.set(
        sweep.name,
        setTimeout(() => begin(sweep), sweep.everyMs),
      );
  };
  const begin = (sweep: Sweep): void => {
    const work = again(sweep).finally(() => underWay.delete(work));
    underWay.add(work);
  };
  for (const sweep of sweeps) begin(sweep);
  return {
    stop: async () => {
      stopping.abort(new Error("The worker stops."));
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all(underWay);
    },
  };
}
