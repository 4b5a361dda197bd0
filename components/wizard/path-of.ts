/** A stop on the way that a verification takes: the parts of a check that belong to it. */
export type Stop = { label: string; check: string; parts: readonly string[] };
export type StopState = "passed" | "failed" | "skipped" | "running" | "waiting";

type Known = { id: string; status: string; parts?: readonly { id: string; status: string }[] };

/** Each stop as far as the checks have come; what can't be known any more waits. */
export function pathOf(
  stops: readonly Stop[],
  checks: readonly Known[],
): (Stop & { state: StopState })[] {
  let looking = false; // one stop at a time is being looked at
  return stops.map((stop) => {
    const check = checks.find(({ id }) => id === stop.check);
    const parts = check?.parts?.filter(({ id }) => stop.parts.includes(id)) ?? [];
    const state = (): StopState => {
      if (parts.some(({ status }) => status === "failed")) return "failed";
      if (parts.length === stop.parts.length) {
        if (parts.every(({ status }) => status === "skipped"))
          return check?.status === "failed" ? "waiting" : "skipped";
        return "passed";
      }
      if (looking || check?.status !== "running") return "waiting";
      looking = true;
      return "running";
    };
    return { ...stop, state: state() };
  });
}
