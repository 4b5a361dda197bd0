/** A step of a wizard over a draft of type D. The URL is the position, the draft the memory; this is the order. */
export type Step<D> = {
  id: string;
  title: string;
  appliesTo: (draft: D) => boolean;
  isDone: (draft: D) => boolean;
};

export const stepsFor = <D>(steps: readonly Step<D>[], draft: D): Step<D>[] =>
  steps.filter(({ appliesTo }) => appliesTo(draft));

/** The first step that is not done; the last when all are. */
export function firstOpenStep<D>(steps: readonly Step<D>[], draft: D): Step<D> {
  const visible = stepsFor(steps, draft);
  const open = visible.find(({ isDone }) => !isDone(draft)) ?? visible.at(-1);
  if (!open) throw new Error("A wizard has at least one step.");
  return open;
}

/** A step can be opened when every step before it is done: going back is always possible. */
export function isReachable<D>(steps: readonly Step<D>[], draft: D, id: string): boolean {
  const visible = stepsFor(steps, draft);
  const at = visible.findIndex((step) => step.id === id);
  return at >= 0 && visible.slice(0, at).every(({ isDone }) => isDone(draft));
}

function neighbour<D>(
  steps: readonly Step<D>[],
  draft: D,
  id: string,
  by: 1 | -1,
): Step<D> | undefined {
  const visible = stepsFor(steps, draft);
  return visible[visible.findIndex((step) => step.id === id) + by];
}

/** The id of the step after one; “done” after the last. */
export const nextStep = <D>(steps: readonly Step<D>[], draft: D, id: string): string =>
  neighbour(steps, draft, id, 1)?.id ?? "done";

/** The step to show for one that does not apply to this draft: the next that does. */
export function applicable<D>(steps: readonly Step<D>[], draft: D, id: string): string {
  const at = steps.findIndex((step) => step.id === id);
  return (at < 0 ? undefined : steps.slice(at).find(({ appliesTo }) => appliesTo(draft)))?.id ?? id;
}

export type ShownStep = {
  id: string;
  title: string;
  state: "current" | "done" | "open";
  /** Absent where it can't be opened yet. */
  href?: string;
};

/** The steps of a draft as a wizard shows them, at one of them. */
export const shownSteps = <D>(
  steps: readonly Step<D>[],
  draft: D,
  current: string,
  hrefOf: (id: string) => string,
): ShownStep[] =>
  stepsFor(steps, draft).map(({ id, title, isDone }) => {
    const state = isDone(draft) ? "done" : "open";
    return {
      id,
      title,
      state: id === current ? "current" : state,
      href: isReachable(steps, draft, id) ? hrefOf(id) : undefined,
    };
  });

/** The steps of a wizard that has ended. */
export const endedSteps = <D>(steps: readonly Step<D>[], draft: D): ShownStep[] =>
  stepsFor(steps, draft).map(({ id, title }) => ({ id, title, state: "done" }));
