/** The stages of a run, as people read them. */
export const stageText: Record<string, string> = {
  plan: "Check the mapping",
  extract: "Find the changes in the warehouse",
  load: "Deliver",
  commit: "Save sync state",
};

/** The same while they are under way. */
export const stageNow: Record<string, string> = {
  plan: "Checking the mapping.",
  extract: "Finding the changes in the warehouse.",
  load: "Delivering.",
  commit: "Moving the state in _rudderstack.",
};
