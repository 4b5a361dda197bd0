// Everything is killed while rows are loaded into a table, and the table is compared with its source after each run.
import { db } from "@/lib/platform/db";
import { isExact, openTargets, type Left, type LoadLane, type Targets } from "./faults-target";
import {
  between,
  openFaultsWorld,
  underFire,
  wait,
  type Ended,
  type FaultsWorld,
  type Hit,
} from "./faults-world";
import type { Goal, Outcome } from "./main";

const KILLS = {
  worker: Number(process.env.BENCH_KILLS ?? 50),
  others: Number(process.env.BENCH_OTHER_KILLS ?? 20),
};
const LANES = 6;
const WORKERS = 3;
/** Three pages, so three batches. */
const ROWS = 12_000;
const RESUMED_MS = 30_000;
/** About as long as a run takes here, and so the moments at which it may die. */
const RUN_MS = 5_000;

/** As far away as a warehouse and a bucket are: without this, a stand-in on the same machine is hardly ever met in between. */
const PACE = {
  redshift: [
    "COPY",
    "DELETE",
    "INSERT",
    "COMMIT",
    "CREATE TABLE _rudderstack",
    'CREATE TABLE "_rudderstack"',
  ].map((match) => ({ match, delayMs: 150 })),
  s3: [
    { method: "PUT", delayMs: 120 },
    { method: "POST", delayMs: 150 },
  ],
};

/** What became of the runs while one thing went wrong over and over. */
type Tally = {
  what: string;
  seconds: number;
  times: number;
  runs: number;
  interrupted: number;
  failed: number;
  missing: number;
  extra: number;
  twice: number;
  wronglySucceeded: number;
  wrongAfter: number;
  withoutReason: number;
  left: Left;
  reasons: string[];
};

function beginTally(what: string): Tally {
  return {
    what,
    seconds: 0,
    times: 0,
    runs: 0,
    interrupted: 0,
    failed: 0,
    missing: 0,
    extra: 0,
    twice: 0,
    wronglySucceeded: 0,
    wrongAfter: 0,
    withoutReason: 0,
    left: { files: 0, tables: 0, names: [] },
    reasons: [],
  };
}

/** Counts a run that has ended; one that failed is followed by another, which must be right. */
async function judge(
  world: FaultsWorld,
  targets: Targets,
  lane: LoadLane,
  ended: Ended,
  tally: Tally,
): Promise<void> {
  tally.runs += 1;
  if (ended.attempts > 1) tally.interrupted += 1;
  let last = ended;
  if (ended.state !== "succeeded") {
    tally.failed += 1;
    tally.reasons.push(ended.error ?? "no reason");
    if (ended.error === null) tally.withoutReason += 1;
    for (let tries = 0; last.state !== "succeeded" && tries < 5; tries += 1)
      last = await world.run(lane.connectionId);
  }
  const { missing, extra, twice } = await targets.compare(lane);
  if (!isExact({ missing, extra, twice })) {
    if (ended.state === "succeeded") tally.wronglySucceeded += 1;
    else tally.wrongAfter += 1;
  } else if (last.state !== "succeeded") tally.wrongAfter += 1;
  tally.missing += missing;
  tally.extra += extra;
  tally.twice += twice;
}

/** What a run was doing when its worker was killed: by its stage, and within a load by what the stand-in had of it. */
async function momentOf(
  targets: Targets,
  hit: Hit,
  lane: LoadLane,
  statement: string | undefined,
  requests: { method: string; key: string }[],
): Promise<string> {
  if (hit.stage !== "load") return hit.stage ?? "before the plan";
  if (statement !== undefined) return `load, in ${/^\w+/.exec(statement)?.[0] ?? "a statement"}`;
  if (requests.some(({ method, key }) => method === "PUT" && key.includes(hit.runId)))
    return "load, in PUT";
  return (await targets.committed(lane, hit.runId)) > hit.checkpoint
    ? "load, after COMMIT, before its checkpoint is saved"
    : "load, between these";
}

/** Kills workers that have runs, and says where each run was hit, and how soon each was taken over. */
async function killWorkers(
  world: FaultsWorld,
  targets: Targets,
  tally: Tally,
  round: (lane: LoadLane) => Promise<void>,
): Promise<{
  stages: Record<string, number>;
  moments: Record<string, number>;
  slowestResumeMs: number;
}> {
  const hits: Hit[] = [];
  const moments: Record<string, number> = {};
  const seen = new Set<number>(); // of sessions that were cut off: they never end in the stand-in's log
  const note = async (had: Hit[]) => {
    const [running, requests] = await Promise.all([
      world.statementsUnderWay(),
      world.requestsUnderWay(),
    ]);
    for (const hit of had) {
      const lane = targets.lanes.find(({ connectionId }) => connectionId === hit.connectionId);
      if (!lane) continue;
      hits.push(hit);
      const theirs = running.filter(({ id, user }) => user === lane.loader && !seen.has(id));
      for (const { id } of theirs) seen.add(id);
      const moment = await momentOf(targets, hit, lane, theirs.at(-1)?.sql, requests);
      moments[moment] = (moments[moment] ?? 0) + 1;
    }
    tally.times += 1;
  };
  await underFire(targets.lanes, round, KILLS.worker, [0, 500], () =>
    world.kill.busyWorker(RUN_MS, note),
  );
  const plans = await db().runStage.findMany({
    where: { stage: "plan", runId: { in: hits.map(({ runId }) => runId) } },
  });
  const resumes = hits.map((hit) => {
    const next = plans.find(
      ({ runId, attempt }) => runId === hit.runId && attempt === hit.attempt + 1,
    );
    return next ? next.startedAt.getTime() - hit.at.getTime() : 0; // it was at its end already, and nobody had to take it over
  });
  const stages: Record<string, number> = { plan: 0, extract: 0, load: 0, commit: 0 };
  for (const { stage } of hits) stages[stage ?? "before"] = (stages[stage ?? "before"] ?? 0) + 1;
  return { stages, moments, slowestResumeMs: Math.max(0, ...resumes) };
}

/** No bucket for a while, in one of two ways. The stand-in's S3 is part of its one program: this is an outage, not a kill. */
async function s3Outage(world: FaultsWorld): Promise<void> {
  await world.untilAt("load");
  await wait(between(0, 800));
  await world.s3Faults(
    Math.random() < 0.5 ? [{ drop: true }] : [{ status: 503, code: "SlowDown" }],
  );
  await wait(between(500, 4_000));
  await world.s3Faults(PACE.s3);
}

/** Kills each part of a running Tidegate, many times, and compares what it loads with where that came from. */
export async function loadFaults(): Promise<Outcome> {
  const world = await openFaultsWorld(WORKERS);
  try {
    const targets = await openTargets(world, LANES, ROWS);
    const tallies: Tally[] = [];
    const roundOf = (tally: Tally) => async (lane: LoadLane) => {
      await targets.change(lane);
      await judge(world, targets, lane, await world.run(lane.connectionId), tally);
    };
    /** Then each lane runs once in peace, with nothing to load: what others left must be gone, and the table as it was. */
    const phase = async <T>(what: string, work: (tally: Tally) => Promise<T>): Promise<T> => {
      const tally = beginTally(what);
      tallies.push(tally);
      const began = Date.now();
      const value = await work(tally);
      await Promise.all(
        targets.lanes.map(async (lane) =>
          judge(world, targets, lane, await world.run(lane.connectionId), tally),
        ),
      );
      tally.left = await targets.leftovers();
      tally.seconds = Math.round((Date.now() - began) / 1_000);
      return value;
    };
    const harm = (tally: Tally, from: number, to: number, work: () => Promise<void>) =>
      underFire(targets.lanes, roundOf(tally), KILLS.others, [from, to], async () => {
        await work();
        tally.times += 1;
      });

    await world.warehouseFaults(PACE.redshift);
    await world.s3Faults(PACE.s3);
    const killed = await phase("worker, SIGKILL", (tally) =>
      killWorkers(world, targets, tally, roundOf(tally)),
    );
    await phase(
      "warehouse, SIGKILL (source, target and S3: the stand-in is one program)",
      (tally) =>
        harm(tally, 2_000, 6_000, async () => {
          await world.untilAt("load");
          await wait(between(0, 800));
          await world.kill.warehouse();
        }),
    );
    await phase("S3, outage (not a kill): dropped connections or 503", (tally) =>
      harm(tally, 1_000, 3_000, () => s3Outage(world)),
    );
    const lostAnswers = await phase(
      "target's COMMIT done, answer lost, every other time",
      async (tally) => {
        await world.warehouseFaults(
          targets.lanes.map(({ loader }) => ({
            match: "COMMIT",
            user: loader,
            drop: "after",
            probability: 0.5,
          })),
        );
        let left = KILLS.others;
        await Promise.all(
          targets.lanes.map(async (lane) => {
            while (left-- > 0) {
              await roundOf(tally)(lane);
              tally.times += 1;
            }
          }),
        );
        const met = await world.faultsMet();
        await world.warehouseFaults(PACE.redshift);
        return met;
      },
    );

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
        "R2",
        `rows that a target lacked, after ${sum(({ runs }) => runs)} runs of up to ${ROWS} rows`,
        0,
        sum(({ missing }) => missing),
      ),
      atMost(
        "R2",
        "rows that a target had and shouldn't",
        0,
        sum(({ extra }) => extra),
      ),
      atMost(
        "R2",
        "keys that a target had twice",
        0,
        sum(({ twice }) => twice),
      ),
      atMost(
        "R2",
        "files left in the bucket after the next run",
        0,
        sum(({ left }) => left.files),
      ),
      atMost(
        "R2",
        "tables of dead runs left, beside the state and beside the target",
        0,
        sum(({ left }) => left.tables),
      ),
      atMost(
        "R2",
        "from a kill to the next worker, slowest, ms",
        RESUMED_MS,
        killed.slowestResumeMs,
      ),
      atMost(
        "R3",
        "loads that said “succeeded” and weren't right",
        0,
        sum(({ wronglySucceeded }) => wronglySucceeded),
      ),
      atMost(
        "R3",
        "loads after a failed one that weren't right",
        0,
        sum(({ wrongAfter }) => wrongAfter),
      ),
      atMost(
        "R3",
        "loads that failed without a reason",
        0,
        sum(({ withoutReason }) => withoutReason),
      ),
    ];
    return {
      goals,
      details: { lanes: LANES, workers: WORKERS, rows: ROWS, killed, lostAnswers, tallies },
    };
  } finally {
    await world.close();
  }
}
