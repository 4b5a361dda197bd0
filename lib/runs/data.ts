import { db, numbered } from "@/lib/platform/db";
import {
  runErrorSchema,
  runViewSchema,
  statementsSchema,
  type RejectedPage,
  type RunView,
  type StageStatements,
} from "@/lib/runs/schema";
import { isRunState, type RunState } from "@/lib/runs/state";
import type { TeamId } from "@/lib/team/types";

const ends = {
  source: { select: { id: true, name: true } },
  destination: { select: { id: true, name: true } },
} as const;
export const RUNS_PAGE = 50;

/** A run that waits for its warehouse for a day tries a thousand times. */
const STAGES_SHOWN = 40;

/** Null for another team's id. */
export async function findRun(teamId: TeamId, id: string): Promise<RunView | null> {
  const run = await db().run.findFirst({
    where: { id, teamId },
    include: {
      connection: { select: ends },
      stages: { orderBy: { startedAt: "desc" }, take: STAGES_SHOWN, omit: { statements: true } },
      _count: { select: { stages: true } },
    },
  });
  return (
    run &&
    runViewSchema.parse({
      ...numbered(run),
      ...run.connection,
      stages: run.stages.toReversed(),
      stagesBefore: run._count.stages - run.stages.length,
      onlyRows: Array.isArray(run.onlyKeys) ? run.onlyKeys.length : null,
    })
  );
}

export async function listRuns(
  teamId: TeamId,
  filter: { connectionId?: string; state?: RunState; before?: Date },
) {
  const found = await db().run.findMany({
    where: {
      teamId,
      connectionId: filter.connectionId,
      state: filter.state,
      ...(filter.before && { createdAt: { lt: filter.before } }),
    },
    orderBy: { createdAt: "desc" },
    take: RUNS_PAGE,
    include: { connection: { select: ends } },
  });
  return numbered(found);
}

export type LastRun = {
  id: string;
  state: string;
  delivered: number;
  rejected: number;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
};

/** The last run of each of some connections of a team, by their ids: one look into an index for each, however many runs there are. */
export async function lastRunsOf(
  teamId: TeamId,
  connectionIds: readonly string[],
): Promise<Map<string, LastRun>> {
  const found = await db().$queryRaw<(LastRun & { connectionId: string })[]>`
    SELECT c.id AS "connectionId", run.* FROM unnest(${connectionIds}::uuid[]) AS c(id) CROSS JOIN LATERAL (
      SELECT id, state, delivered, rejected, created_at AS "createdAt", started_at AS "startedAt", finished_at AS "finishedAt"
      FROM run WHERE connection_id = c.id AND team_id = ${teamId} ORDER BY created_at DESC LIMIT 1
    ) run`;
  return new Map(numbered(found).map(({ connectionId, ...run }) => [connectionId, run]));
}

const CHARTED = 30;

/** The last runs of a connection, or of all connections of a source or a destination, newest first. */
export async function listRecentRuns(
  teamId: TeamId,
  of: { connectionId: string } | { connection: { sourceId: string } | { destinationId: string } },
) {
  const found = await db().run.findMany({
    where: { teamId, ...of, finishedAt: { not: null } },
    orderBy: { createdAt: "desc" },
    take: CHARTED,
    select: {
      id: true,
      state: true,
      delivered: true,
      rejected: true,
      createdAt: true,
      startedAt: true,
      finishedAt: true,
    },
  });
  return numbered(found).flatMap((run) =>
    isRunState(run.state) ? [{ ...run, state: run.state }] : [],
  );
}

/** What each stage of a run sent to the warehouse. */
export async function listStatements(teamId: TeamId, runId: string): Promise<StageStatements[]> {
  const stages = await db().runStage.findMany({
    where: { runId, run: { teamId }, NOT: { statements: { equals: [] } } },
    orderBy: { startedAt: "desc" },
    take: STAGES_SHOWN,
    select: { id: true, stage: true, attempt: true, statements: true },
  });
  return stages
    .toReversed()
    .map((stage) => ({ ...stage, statements: statementsSchema.parse(stage.statements) }));
}

const REJECTED_PAGE = 25;

/** A page of a run's rejected rows, in order of seq, those after `after` that hold `search` and have the code. */
export async function pageRejected(
  teamId: TeamId,
  {
    runId,
    search,
    code,
    after,
  }: { runId: string; search: string; code: string | null; after: number },
): Promise<RejectedPage> {
  const ofRun = { runId, run: { teamId } };
  const holds = { contains: search.replace(/[\\%_]/g, "\\$&"), mode: "insensitive" as const };
  const where = {
    ...ofRun,
    ...(code !== null && { code }),
    ...(search !== "" && {
      OR: [{ key: holds }, { column: holds }, { reason: holds }, { code: holds }],
    }),
  };
  const [found, total, codes] = await Promise.all([
    db().rejectedRow.findMany({
      where: { ...where, seq: { gt: after } },
      orderBy: { seq: "asc" },
      take: REJECTED_PAGE + 1,
    }),
    db().rejectedRow.count({ where }),
    db().rejectedRow.groupBy({ by: ["code"], where: ofRun, _count: true }),
  ]);
  const rows = numbered(found)
    .slice(0, REJECTED_PAGE)
    .map(({ seq, key, column, reason, code: of, sealedPayload }) => ({
      seq,
      key,
      column,
      reason,
      code: of,
      hasPayload: sealedPayload !== null,
    }));
  return {
    rows,
    total,
    next: found.length > REJECTED_PAGE ? (rows.at(-1)?.seq ?? null) : null,
    codes: codes
      .map(({ code: of, _count }) => ({ code: of, count: _count }))
      .sort((a, b) => b.count - a.count),
  };
}

const EXPORT_PAGE = 500;

/** All rejected rows of a run with their sealed payloads, a page at a time. */
export async function* readRejected(teamId: TeamId, runId: string) {
  for (let after = 0; ;) {
    const found = await db().rejectedRow.findMany({
      where: { runId, run: { teamId }, seq: { gt: after } },
      orderBy: { seq: "asc" },
      take: EXPORT_PAGE,
    });
    const rows = numbered(found);
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < EXPORT_PAGE) return;
    after = last.seq;
  }
}

/** Null when there is none any more, and for another team's. */
export async function findSealedPayload(
  teamId: TeamId,
  runId: string,
  seq: number,
): Promise<string | null> {
  const row = await db().rejectedRow.findFirst({
    where: { runId, seq, run: { teamId } },
    select: { sealedPayload: true },
  });
  return row?.sealedPayload ?? null;
}

/** What the overview says of the last 24 hours. */
export async function summarizeRuns(teamId: TeamId, since: Date) {
  const [totals, failed, hours] = await Promise.all([
    // a sum of bigints comes as a bigint, whatever its type says
    db().run.aggregate({
      where: { teamId, createdAt: { gte: since } },
      _sum: { delivered: true, rejected: true },
      _count: true,
    }),
    db().run.findMany({
      where: { teamId, state: "failed", createdAt: { gte: since } },
      orderBy: { createdAt: "desc" },
      take: 3,
      include: { connection: { select: ends } },
    }),
    db().$queryRaw<{ hour: Date; delivered: number; rejected: number }[]>`
      SELECT date_trunc('hour', finished_at) AS hour, sum(delivered)::float8 AS delivered, sum(rejected)::float8 AS rejected
      FROM run WHERE team_id = ${teamId} AND finished_at >= ${since} GROUP BY 1 ORDER BY 1`,
  ]);
  const median = await db().$queryRaw<{ ms: number | null }[]>`
    SELECT (percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at)) * 1000)::float8 AS ms
    FROM run WHERE team_id = ${teamId} AND state = 'succeeded' AND created_at >= ${since}`;
  return {
    runs: totals._count,
    delivered: Number(totals._sum.delivered ?? 0),
    rejected: Number(totals._sum.rejected ?? 0),
    medianMs: median[0]?.ms ?? null,
    failed: failed.map((run) => ({
      id: run.id,
      ...run.connection,
      error: runErrorSchema.nullable().parse(run.error),
    })),
    hours,
  };
}
