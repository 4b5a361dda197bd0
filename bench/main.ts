// npm run bench -- [name] [--json]: each benchmark prints a table and, with --json, one object
// { bench, machine, goals: [{ id, what, goal, measured, met }], details }.
import { cpus, totalmem } from "node:os";
import { delivery } from "./delivery";
import { events } from "./events";
import { faults } from "./faults";
import { idle } from "./idle";
import { lists } from "./lists";
import { load } from "./load";
import { model } from "./model";
import { security } from "./security";
import { smallRuns } from "./small-runs";
import { starts } from "./starts";
import { sync } from "./sync";
import { ui } from "./ui";
import { verify } from "./verify";

export type Goal = { id: string; what: string; goal: number; measured: number; met: boolean };
export type Outcome = { goals: Goal[]; details: Record<string, unknown> };

const benches: Record<string, () => Outcome | Promise<Outcome>> = {
  delivery,
  events,
  faults,
  idle,
  lists,
  load,
  model,
  security,
  "small-runs": smallRuns,
  starts,
  sync,
  ui,
  verify,
};

// benchmarks have warehouses and receivers of their own on this machine
process.env.NETWORK_ALLOW ??= "127.0.0.1,[::1]";

async function main(args: string[]): Promise<void> {
  const asJson = args.includes("--json");
  const wanted = args.filter((arg) => !arg.startsWith("--"));
  const unknown = wanted.find((name) => !(name in benches));
  if (unknown)
    throw new Error(
      `There is no benchmark ${unknown}. There is: ${Object.keys(benches).join(", ")}.`,
    );
  for (const [name, bench] of Object.entries(benches)) {
    if (wanted.length && !wanted.includes(name)) continue;
    const { goals, details } = await bench();
    const machine = {
      cores: cpus().length,
      cpu: cpus()[0]?.model,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    };
    if (asJson) console.log(JSON.stringify({ bench: name, machine, goals, details }));
    else {
      console.log(`${name} (${machine.cores} cores, Node ${machine.node})`);
      console.table(goals);
      console.log(details);
    }
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
