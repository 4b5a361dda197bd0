// Everything is killed while rows are delivered as events, and the receiver's journal says what came.
import { db } from "@/lib/platform/db";
import { openReceiver, type EventLane, type Receiver } from "./faults-receiver";
import { openFaultsWorld, underFire, type Ended, type FaultsWorld } from "./faults-world";
import type { Goal, Outcome } from "./main";

const KILLS = {
  worker: Number(process.env.BENCH_KILLS ?? 50),
  others: Number(process.env.BENCH_OTHER_KILLS ?? 20),
};
const LANES = 4;
const WORKERS = 2;
const ROWS = 10_000;
/** On average; the receiver takes half to one and a half of it. */
const LATENCY_MS = 400;
/** What may come twice: ten requests in flight (eight at first, one more a round), and two acknowledged since the last save. */
const IN_FLIGHT_ROWS = (10 + 2) * 500;
const RESUMED_MS = 30_000;
const SYNCS = 20;
const SWAPPED_SYNCS = Number(process.env.BENCH_SWAPPED ?? 100);

/** What became of the runs while something was killed over and over. */
type Tally = {
  what: string;
  kills: number;
  runs: number;
  failed: number;
  interrupted: number;
  lost: number;
  twice: number;
  twiceAtMostOfARun: number;
  otherMessages: number;
  wronglySucceeded: number;
  wrongAfter: number;
  slowestResumeMs: number;
  reasons: string[];
};
const emptyTally = (what: string): Tally => ({
  what,
  kills: 0,
  runs: 0,
  failed: 0,
  interrupted: 0,
  lost: 0,
  twice: 0,
  twiceAtMostOfARun: 0,
  otherMessages: 0,
  wronglySucceeded: 0,
  wrongAfter: 0,
  slowestResumeMs: 0,
  reasons: [],
});

/** Counts a run that has ended; one that failed is followed by another, which must be right. */
async function judge(
  world: FaultsWorld,
  receiver: Receiver,
  lane: EventLane,
  ended: Ended,
  tally: Tally,
): Promise<void> {
  tally.runs += 1;
  if (ended.attempts > 1) tally.interrupted += 1;
  let last = ended;
  const heardFirst = receiver.heard(lane);
  if (ended.state === "succeeded" && heardFirst.lost > 0) tally.wronglySucceeded += 1;
  if (ended.state === "failed") {
    tally.failed += 1;
    tally.reasons.push(ended.error ?? "no reason");
    for (let tries = 0; last.state !== "succeeded" && tries < 5; tries += 1)
      last = await world.run(lane.connectionId);
  }
  const heard = receiver.heard(lane);
  if (last.state !== "succeeded" || heard.lost > 0) tally.wrongAfter += 1;
  tally.lost += heard.lost;
  tally.twice += heard.twice;
  tally.twiceAtMostOfARun = Math.max(
    tally.twiceAtMostOfARun,
    heard.twice / Math.max(1, last.attempts - 1),
  );
  tally.otherMessages += heard.otherMessages;
}

/** From a kill until the run it hit was taken over: between the attempts of each run, of the kills there the last that can have been it. */
async function slowestResume(since: Date, kills: Date[]): Promise<number> {
  const plans = await db().runStage.findMany({
    where: { stage: "plan", startedAt: { gte: since } },
    orderBy: [{ runId: "asc" }, { attempt: "asc" }],
  });
  let slowest = 0;
  for (const [index, plan] of plans.entries()) {
    const before = plans[index - 1];
    if (!before || before.runId !== plan.runId) continue;
    const hit = kills.find((at) => at > before.startedAt && at < plan.startedAt); // the first: never too kind
    if (hit) slowest = Math.max(slowest, plan.startedAt.getTime() - hit.getTime());
  }
  return slowest;
}

/** A share of commits is refused as Redshift does when two transactions met (1023). */
async function conflicts(world: FaultsWorld, receiver: Receiver, tally: Tally): Promise<number> {
  let most = 0;
  await world.warehouseFaults([
    {
      match: "COMMIT",
      probability: 0.3,
      error: {
        code: "XX000",
        message: "1023",
        detail: "Serializable isolation violation on table - 1",
      },
    },
  ]);
  const [lane] = receiver.lanes;
  for (let n = 0; lane && n < SYNCS; n += 1) {
    await world.warehouseFaults([]);
    await receiver.change(lane);
    await world.warehouseFaults([
      {
        match: "COMMIT",
        probability: 0.3,
        error: {
          code: "XX000",
          message: "1023",
          detail: "Serializable isolation violation on table - 1",
        },
      },
    ]);
    const ended = await world.run(lane.connectionId);
    most = Math.max(most, ended.attempts);
    await judge(world, receiver, lane, ended, tally);
  }
  await world.warehouseFaults([]);
  return most;
}

/** Kills each part of a running Tidegate, many times, and counts what its receiver heard. */
export async function eventFaults(): Promise<Outcome> {
  const world = await openFaultsWorld(WORKERS);
  const receiver = await openReceiver(world, LANES, ROWS);
  const tallies: Tally[] = [];
  const begin = (what: string): Tally => {
    const tally = emptyTally(what);
    tallies.push(tally);
    return tally;
  };
  const fire = async (
    tally: Tally,
    kills: number,
    pauseMs: [from: number, to: number],
    harm: () => Promise<void>,
  ): Promise<Date[]> => {
    const round = async (lane: EventLane) => {
      await receiver.change(lane);
      await judge(world, receiver, lane, await world.run(lane.connectionId), tally);
    };
    return underFire(receiver.lanes, round, kills, pauseMs, async () => {
      await harm();
      tally.kills += 1;
    });
  };
  try {
    await receiver.slow({ delayMs: LATENCY_MS });
    const began = new Date();
    const worker = begin("worker, SIGKILL");
    const killed = await fire(worker, KILLS.worker, [1_000, 6_000], world.kill.worker);
    worker.slowestResumeMs = await slowestResume(began, killed);
    await fire(begin("warehouse, SIGKILL"), KILLS.others, [2_000, 8_000], world.kill.warehouse);
    await fire(begin("receiver, SIGKILL"), KILLS.others, [2_000, 6_000], () =>
      receiver.kill(LATENCY_MS),
    );
    await fire(
      begin("config database, crash"),
      KILLS.others,
      [2_000, 6_000],
      world.kill.configDatabase,
    );
    await receiver.slow({ delayMs: 20, faulty: 0.2 });
    const faulty = begin("receiver fails one request in five");
    for (let n = 0; n < SYNCS; n += 1) {
      const lane = receiver.lanes[n % LANES]!;
      await receiver.change(lane);
      await judge(world, receiver, lane, await world.run(lane.connectionId), faulty);
    }
    await receiver.slow({ faulty: 0 });
    const swapped = begin("table replaced by rename all the time");
    for (let n = 0; n < SWAPPED_SYNCS; n += 1) {
      const lane = receiver.lanes[n % LANES]!;
      await receiver.change(lane);
      const over = new AbortController();
      const swaps = receiver.swapUntil(lane, over.signal);
      const ended = await world.run(lane.connectionId);
      over.abort();
      swapped.kills += await swaps;
      await judge(world, receiver, lane, ended, swapped);
    }
    const conflicting = begin("1023 on three commits in ten");
    const tries = await conflicts(world, receiver, conflicting);

    const sum = (of: (tally: Tally) => number) =>
      tallies.reduce((total, tally) => total + of(tally), 0);
    const atMost = (id: string, what: string, goal: number, measured: number): Goal => ({
      id,
      what,
      goal,
      measured: Math.round(measured),
      met: measured <= goal,
    });
    const goals = [
      atMost(
        "R1",
        `rows lost, of ${sum(({ runs }) => runs)} runs of ${ROWS} rows`,
        0,
        sum(({ lost }) => lost),
      ),
      atMost(
        "R1",
        "rows that came again under another message id",
        0,
        sum(({ otherMessages }) => otherMessages),
      ),
      atMost(
        "R1",
        "rows that came twice, most after a kill of the worker",
        IN_FLIGHT_ROWS,
        worker.twiceAtMostOfARun,
      ),
      atMost(
        "R1",
        "from a kill to the next worker, slowest, ms",
        RESUMED_MS,
        worker.slowestResumeMs,
      ),
      atMost(
        "R3",
        "runs that said “succeeded” and weren't",
        0,
        sum(({ wronglySucceeded }) => wronglySucceeded),
      ),
      atMost(
        "R3",
        "runs after a failed one that weren't right",
        0,
        sum(({ wrongAfter }) => wrongAfter),
      ),
      atMost("R5", "1023 on three commits in ten: most tries of a sync", 5, tries),
      atMost("R5", "1023 on three commits in ten: syncs that failed", 0, conflicting.failed),
      atMost("R6", "one request in five fails: runs that failed", 0, faulty.failed),
      atMost("R6", "the table is replaced by rename: runs that failed", 0, swapped.failed),
      atMost(
        "R7",
        "events of a row that came after a newer one of it",
        0,
        receiver.lanes.reduce((total, lane) => total + receiver.heard(lane).outOfOrder, 0),
      ),
    ];
    return { goals, details: { lanes: LANES, rows: ROWS, tallies } };
  } finally {
    await receiver.close();
    await world.close();
  }
}
