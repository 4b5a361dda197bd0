import { never } from "@/lib/testing/sandbox";
import setUpSandbox from "@/lib/testing/sandbox-setup";
import { toldOf, warehouseFaults, withoutNames, World } from "@/lib/testing/warehouse-faults";
import { checkRedshift } from "@/lib/connectors/redshift/checks/checks";
import { openRedshift } from "@/lib/connectors/redshift/session/client";
import type { RedshiftConfig, RedshiftSecret } from "@/lib/connectors/redshift/spec";
import type { Goal, Outcome } from "./main";

const LIMIT_MS = 15_000;
const GREEN_ROUNDS = 7;
const TRIPS = 50;
const TRIP_LIMIT_MS = 10;
/** At once: most of them wait for a time limit, and one is not to slow the other. */
const AT_ONCE = 4;

type Found = {
  fault: string;
  at: string;
  ms: number;
  told: string;
  serverText: string;
  asTheOther?: string;
};

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

type Login = { config: RedshiftConfig; secret: RedshiftSecret };

/** How long the verification takes when nothing is wrong. */
async function greenMs({
  config,
  secret,
}: Login): Promise<{ rounds: number; median: number; slowest: number }> {
  const green: number[] = [];
  for (let round = 0; round < GREEN_ROUNDS; round += 1) {
    const began = performance.now();
    for await (const { status, title } of checkRedshift(config, secret, never))
      if (status === "failed") throw new Error(`Without a fault, “${title}” failed.`);
    green.push(performance.now() - began);
  }
  return {
    rounds: GREEN_ROUNDS,
    median: Math.round(median(green)),
    slowest: Math.round(Math.max(...green)),
  };
}

async function roundTripMs({ config, secret }: Login): Promise<number> {
  const session = await openRedshift(config, secret, { statementTimeoutMs: LIMIT_MS }, never);
  const trips: number[] = [];
  for (let round = 0; round < TRIPS; round += 1) {
    const began = performance.now();
    await session.query("SELECT 1", never);
    trips.push(performance.now() - began);
  }
  await session.close();
  return Number(median(trips).toFixed(2));
}

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
        found.push({
          fault: next.fault,
          at: right ? next.at : "elsewhere",
          ms,
          told: summary,
          serverText: serverText.slice(0, 120),
          ...(next.sameAs && { asTheOther: next.sameAs }),
        });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const straight = world.warehouse;
    const bastion = await world.ssh();
    const through = {
      config: { ...straight.config, tunnel: { ...bastion.tunnel, hostKey: bastion.hostKey } },
      secret: { ...straight.secret, tunnel: bastion.secret },
    };
    const tunnelTrip = await roundTripMs(through);
    const own = found.filter(({ asTheOther }) => !asTheOther);
    const outcomes = new Set(own.map(({ at, told }) => `${at}: ${withoutNames(told)}`)).size;
    const unknown = found.filter(
      ({ told }) => told === "" || /unknown error|refused a statement/i.test(told),
    ).length;
    const elsewhere = found.filter(({ at }) => at === "elsewhere").length;
    const slowest = Math.max(...found.map(({ ms }) => ms));
    const goals: Goal[] = [
      {
        id: "outcomes",
        what: "different outcomes, of so many faults that a server tells apart",
        goal: own.length,
        measured: outcomes,
        met: outcomes === own.length,
      },
      {
        id: "unknown",
        what: "faults without words of their own, at most",
        goal: 0,
        measured: unknown,
        met: unknown === 0,
      },
      {
        id: "elsewhere",
        what: "faults found at another link than their own, at most",
        goal: 0,
        measured: elsewhere,
        met: elsewhere === 0,
      },
      {
        id: "slowest",
        what: "ms until the slowest fault is told, at most",
        goal: LIMIT_MS,
        measured: slowest,
        met: slowest <= LIMIT_MS,
      },
      // small packets that wait for each other's acknowledgement cost 40 ms and more
      {
        id: "tunnel-round-trip",
        what: "ms for a statement through an SSH tunnel on this machine, at most",
        goal: TRIP_LIMIT_MS,
        measured: tunnelTrip,
        met: tunnelTrip <= TRIP_LIMIT_MS,
      },
    ];
    return {
      goals,
      details: {
        faults: found.toSorted((a, b) => a.at.localeCompare(b.at)),
        allGreenMs: { straight: await greenMs(straight), throughTunnel: await greenMs(through) },
        roundTripMs: { straight: await roundTripMs(straight), throughTunnel: tunnelTrip },
      },
    };
  } finally {
    await world.close();
    await stopSandbox();
  }
}
