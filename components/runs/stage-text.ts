/** The stages of a run, as people read them. */
export const stageText: Record<string, string> = { plan: "Check the mapping", extract: "Find the changes in the warehouse", load: "Deliver", commit: "Move the state in _rudderstack" };
