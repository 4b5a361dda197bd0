// Tidegate killed over and over: BENCH_FAULTS=events (rows to a receiver) or load (rows into a table) runs one part alone.
// BENCH_KILLS: kills of the worker; BENCH_OTHER_KILLS: of everything else.
import { eventFaults } from "./faults-events";
import { loadFaults } from "./faults-load";
import type { Outcome } from "./main";

const parts: Record<string, () => Promise<Outcome>> = { events: eventFaults, load: loadFaults };

export async function faults(): Promise<Outcome> {
  const only = process.env.BENCH_FAULTS;
  if (only !== undefined && !(only in parts))
    throw new Error(`BENCH_FAULTS is one of ${Object.keys(parts).join(", ")}, or isn't set.`);
  const outcome: Outcome = { goals: [], details: {} };
  for (const [name, part] of Object.entries(parts)) {
    if (only !== undefined && name !== only) continue;
    const { goals, details } = await part();
    outcome.goals.push(...goals);
    outcome.details[name] = details;
  }
  return outcome;
}
