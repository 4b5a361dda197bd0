// The proof from the arguments to the exit code: what it will do, the question, the steps, the clean-up, the report.
import { writeFileSync } from "node:fs";
import { messageOf } from "@/lib/platform/errors";
import { cleanUp } from "./clean-up";
import { factsOf, type Facts } from "./facts";
import { planOf, prepare } from "./prepare";
import { closingLines, lineOf, maskOf, reportOf } from "./report";
import { readSettings, SettingsWrong, type Terminal } from "./settings";
import { runSteps, type Outcome, type Step } from "./step";
import { openWorld } from "./world";

const isWanted = ({ name, shapes }: Step, only: string[] | null): boolean =>
  only === null || only.some((word) => shapes.includes(word) || name.includes(word));

/** 0: no step failed and nothing is left behind. 1: else. 2: the settings can't be used. */
export async function prove(
  args: string[],
  steps: readonly Step[],
  terminal: Terminal,
  signal: AbortSignal,
  now: Date,
): Promise<number> {
  const { print, ask } = terminal;
  let settings;
  try {
    settings = await readSettings(args, terminal);
  } catch (error) {
    if (!(error instanceof SettingsWrong)) throw error;
    print(error.message);
    return 2;
  }
  const chosen = steps.filter((step) => isWanted(step, settings.only));
  if (chosen.length === 0) {
    print("No step has such a name or shape.");
    return 2;
  }
  const world = openWorld(settings, signal);
  const mask = maskOf(world);
  for (const line of planOf(world)) print(line);
  if (settings.isAsked && !/^y(es)?$/i.test((await ask("Go on? [y/N] ")).trim())) {
    print("Nothing was done.");
    return 1;
  }
  let facts: Facts = [];
  let outcomes: Outcome[] = [];
  try {
    facts = await factsOf(world);
    await prepare(world);
    outcomes = await runSteps(chosen, world, (outcome) => print(mask(lineOf(outcome))));
  } catch (error) {
    const because = messageOf(error);
    outcomes = [{ name: "preparation", shapes: [], result: "failed", because, seconds: 0 }];
    print(mask(lineOf(outcomes[0]!)));
  }
  const left = await cleanUp(world);
  for (const line of closingLines(outcomes, left)) print(line);
  const at = now.toISOString().slice(0, 10);
  const file = settings.out ?? `tidegate-proof-${at}.md`;
  writeFileSync(file, reportOf(facts, outcomes, left, mask, at));
  print(`The report is ${file}.`);
  const isProven = outcomes.every(({ result }) => result !== "failed") && left.length === 0;
  return isProven && !signal.aborted ? 0 : 1;
}
