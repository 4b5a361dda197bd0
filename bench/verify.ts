import { never } from "@/lib/testing/sandbox";
import setUpSandbox from "@/lib/testing/sandbox-setup";
import { toldOf, warehouseFaults, withoutNames, World } from "@/lib/testing/warehouse-faults";
import { checkRedshift } from "@/lib/connectors/redshift/checks";
import type { Goal, Outcome } from "./main";

const LIMIT_MS = 15_000;
const GREEN_ROUNDS = 7;
/** At once: most of them wait for a time limit, and one is not to slow the other. */
const AT_ONCE = 4;

type Found = { fault: string; at: string; ms: number; told: string; serverText: string; asTheOther?: string };

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Each fault of a warehouse's connection: where it is found, in which words, after which time; and the way without a fault. */
export async function verify(): Promise<Outcome> {
  const stopSandbox = await setUpSandbox();
  const world = await World.open();
  try {
    const found: Found[] = [];
    const waiting = [...warehouseFaults];
    const work = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const setting = await next.given(world);
        const began = performance.now();
        const results = await world.verify(setting);
        const ms = Math.round(performance.now() - began);
        const { status, summary, serverText = "" } = toldOf(results, next.at);
        const right = (status === "failed" || status === "warned") && next.says.test(summary);
        found.push({ fault: next.fault, at: right ? next.at : "elsewhere", ms, told: summary, serverText: serverText.slice(0, 120), ...(next.sameAs && { asTheOther: next.sameAs }) });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const { config, secret } = world.warehouse;
    const green: number[] = [];
    for (let round = 0; round < GREEN_ROUNDS; round += 1) {
      const began = performance.now();
      for await (const { status, title } of checkRedshift(config, secret, never)) if (status === "failed") throw new Error(`Without a fault, “${title}” failed.`);
      green.push(performance.now() - began);
    }
    const own = found.filter(({ asTheOther }) => !asTheOther);
    const outcomes = new Set(own.map(({ at, told }) => `${at}: ${withoutNames(told)}`)).size;
    const unknown = found.filter(({ told }) => told === "" || /unknown error|refused a statement/i.test(told)).length;
    const elsewhere = found.filter(({ at }) => at === "elsewhere").length;
    const slowest = Math.max(...found.map(({ ms }) => ms));
    const goals: Goal[] = [
      { id: "outcomes", what: "different outcomes, of so many faults that a server tells apart", goal: own.length, measured: outcomes, met: outcomes === own.length },
      { id: "unknown", what: "faults without words of their own, at most", goal: 0, measured: unknown, met: unknown === 0 },
      { id: "elsewhere", what: "faults found at another link than their own, at most", goal: 0, measured: elsewhere, met: elsewhere === 0 },
      { id: "slowest", what: "ms until the slowest fault is told, at most", goal: LIMIT_MS, measured: slowest, met: slowest <= LIMIT_MS },
    ];
    return { goals, details: { faults: found.toSorted((a, b) => a.at.localeCompare(b.at)), allGreenMs: { rounds: GREEN_ROUNDS, median: Math.round(median(green)), slowest: Math.round(Math.max(...green)) } } };
  } finally {
    await world.close();
    await stopSandbox();
  }
}
