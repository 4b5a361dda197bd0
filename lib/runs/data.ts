import { db } from "@/lib/platform/db";
import { runErrorSchema, runViewSchema, type RunView } from "@/lib/runs/schema";
import type { RunState } from "@/lib/runs/state";
import type { TeamId } from "@/lib/team/types";

const ends = { source: { select: { id: true, name: true } }, destination: { select: { id: true, name: true } } } as const;
/** The run page lists this many rejected rows; the count says how many there are. */
const REJECTED_SHOWN = 100;
export const RUNS_PAGE = 50;

/** Null for another team's id. */
export async function findRun(teamId: TeamId, id: string): Promise<RunView | null> {
  const run = await db().run.findFirst({
    where: { id, teamId },
    include: {
      connection: { select: ends },
      stages: { orderBy: { startedAt: "asc" } },
      rejectedRows: { orderBy: { seq: "asc" }, take: REJECTED_SHOWN },
    },
  });
  return run && runViewSchema.parse({ ...run, ...run.connection });
}

export const listRuns = (teamId: TeamId, filter: { connectionId?: string; state?: RunState; before?: Date }) =>
  db().run.findMany({
    where: { teamId, connectionId: filter.connectionId, state: filter.state, ...(filter.before && { createdAt: { lt: filter.before } }) },
    orderBy: { createdAt: "desc" },
    take: RUNS_PAGE,
    include: { connection: { select: ends } },
  });

/** What the overview says of the last 24 hours. */
export async function summarizeRuns(teamId: TeamId, since: Date) {
  const [totals, failed, hours] = await Promise.all([
    db().run.aggregate({ where: { teamId, createdAt: { gte: since } }, _sum: { delivered: true, rejected: true }, _count: true }),
    db().run.findMany({ where: { teamId, state: "failed", createdAt: { gte: since } }, orderBy: { createdAt: "desc" }, take: 3, include: { connection: { select: ends } } }),
    db().$queryRaw<{ hour: Date; delivered: number; rejected: number }[]>`
      SELECT date_trunc('hour', finished_at) AS hour, sum(delivered)::int AS delivered, sum(rejected)::int AS rejected
      FROM run WHERE team_id = ${teamId} AND finished_at >= ${since} GROUP BY 1 ORDER BY 1`,
  ]);
  const median = await db().$queryRaw<{ ms: number | null }[]>`
    SELECT (percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at)) * 1000)::float8 AS ms
    FROM run WHERE team_id = ${teamId} AND state = 'succeeded' AND created_at >= ${since}`;
  return {
    runs: totals._count,
    delivered: totals._sum.delivered ?? 0,
    rejected: totals._sum.rejected ?? 0,
    medianMs: median[0]?.ms ?? null,
    failed: failed.map((run) => ({ id: run.id, ...run.connection, error: runErrorSchema.nullable().parse(run.error) })),
    hours,
  };
}
