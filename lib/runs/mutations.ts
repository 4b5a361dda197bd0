// Every change of a run's state is guarded: update … where it is still in the state we think it is in, and the count
// says who won. The web asks, the worker runs, a sweeper picks up what was left; none needs to know of the others.
import { audit, tidegate, type AuditLine } from "@/lib/audit/mutations";
import type { Clock } from "@/lib/platform/clock";
import { databaseNow, db, isUniqueViolation, moment, numbered, type Tx } from "@/lib/platform/db";
import { SyncError, messageOf } from "@/lib/platform/errors";
import { newId, stableId } from "@/lib/platform/ids";
import { env } from "@/lib/platform/env";
import { storable } from "@/lib/platform/foreign-text";
import {
  awayWaitMs,
  backoffMs,
  LEASE_MS,
  MAX_ATTEMPTS,
  MAX_DEATHS,
  PAYLOADS_KEPT,
} from "@/lib/runs/rules";
import {
  keysSchema,
  rangesSchema,
  type Payload,
  type RunError,
  type StatementRecord,
} from "@/lib/runs/schema";
import { sealPayload } from "@/lib/runs/secrets";
import { activeStates } from "@/lib/runs/state";
import type { TeamId } from "@/lib/team/types";
import { Prisma } from "@/prisma/generated/client";

export type Requested = { runId: string; isNew: boolean };

/** A run on demand, or the one that is not over yet: a connection has one at a time. */
export async function requestRun(
  teamId: TeamId,
  connectionId: string,
  as: { trigger: "manual" | "retry"; onlyKeys: string[] | null; allowedDeletes?: number } = {
    trigger: "manual",
    onlyKeys: null,
  },
): Promise<Requested | null> {
  const connection = await db().connection.findFirst({
    where: { id: connectionId, teamId },
    select: { id: true },
  });
  if (!connection) return null;
  try {
    const { id } = await db().run.create({
      data: {
        id: newId(),
        teamId,
        connectionId,
        state: "queued",
        trigger: as.trigger,
        onlyKeys: as.onlyKeys ?? Prisma.DbNull,
        allowedDeletes: as.allowedDeletes,
      },
      select: { id: true },
    });
    return { runId: id, isNew: true };
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    const active = await db().run.findFirst({
      where: { connectionId, state: { in: activeStates } },
      select: { id: true },
    });
    // between the refusal and this read the other run may have ended: then there is room for this one
    return active ? { runId: active.id, isNew: false } : requestRun(teamId, connectionId, as);
  }
}

export type Retried = Requested | "gone" | "without-key";

/**
 * A run that tries rejected rows of another one again: those alone, by their keys, or all, which is a run of every
 * row. A row without a key can't be told from others, so it can't be tried alone.
 */
export async function requestRetry(
  teamId: TeamId,
  runId: string,
  seqs: number[] | "all",
): Promise<Retried> {
  const of = await db().run.findFirst({
    where: { id: runId, teamId },
    select: { connectionId: true },
  });
  if (!of) return "gone";
  const rows =
    seqs === "all"
      ? []
      : await db().rejectedRow.findMany({
          where: { runId, seq: { in: seqs } },
          select: { key: true },
        });
  if (seqs !== "all" && rows.length === 0) return "gone";
  if (rows.some(({ key }) => key === null)) return "without-key";
  const onlyKeys = seqs === "all" ? null : [...new Set(rows.flatMap(({ key }) => key ?? []))];
  return (await requestRun(teamId, of.connectionId, { trigger: "retry", onlyKeys })) ?? "gone";
}

/** A run that may delete as many rows as the given one, which stopped before them. */
export async function requestAllowed(
  teamId: TeamId,
  runId: string,
): Promise<(Requested & { deletes: number }) | null> {
  const found = await db().run.findFirst({
    where: { id: runId, teamId, state: "failed", deletes: { gt: 0 } },
    select: { connectionId: true, deletes: true },
  });
  const of = numbered(found);
  const requested =
    of &&
    (await requestRun(teamId, of.connectionId, {
      trigger: "manual",
      onlyKeys: null,
      allowedDeletes: of.deletes,
    }));
  return requested ? { ...requested, deletes: of.deletes } : null;
}

/**
 * The run of a scheduled slot. `has its run`: the slot had one before; `another`: one that is not over is in its place.
 * Its id follows from connection and slot, so two schedulers that fire at once collide on the key, and one wins; nothing
 * is rolled back for it.
 */
export async function requestSlot(
  connection: { id: string; teamId: string },
  slot: Date,
): Promise<{ fired: string } | "has its run" | "another"> {
  const id = stableId("slot", connection.id, slot.toISOString());
  return db().$transaction(async (tx) => {
    const { count } = await tx.run.createMany({
      data: [
        {
          id,
          teamId: connection.teamId,
          connectionId: connection.id,
          state: "queued",
          trigger: "schedule",
          slot,
        },
      ],
      skipDuplicates: true,
    });
    if (count === 0)
      return (await tx.run.count({ where: { connectionId: connection.id, slot } })) > 0
        ? "has its run"
        : "another";
    await auditRun(
      tx,
      { runId: id, teamId: connection.teamId },
      { action: "started", detail: { by: "schedule", slot: slot.toISOString() } },
    );
    return { fired: id };
  });
}

export type Claim = {
  runId: string;
  connectionId: string;
  teamId: TeamId;
  fence: number;
  attempt: number;
  checkpoint: number;
  onlyKeys: string[] | null;
  allowedDeletes: number;
};

/**
 * Takes a run for this worker: the given one, or with null the one that has been due for the longest. Null when another
 * worker has it, when there is none, or when it is over, also because it kills whoever takes it.
 */
export async function claimRun(runId: string | null, clock?: Clock): Promise<Claim | null> {
  for (;;) {
    const taken = await takeRun(runId, clock);
    if (!taken) return null;
    if (!taken.cancelAsked && taken.deaths < MAX_DEATHS) return taken.claim;
    if (taken.cancelAsked) await markCancelled(taken.claim, clock);
    else await failAfterDeaths(taken.claim, clock);
    if (runId !== null) return null;
  }
}

async function failAfterDeaths(claim: Claim, clock: Clock | undefined): Promise<void> {
  const message = `${MAX_DEATHS} workers in a row ended while they had this run, and it got no further.`;
  await end(
    claim,
    {
      state: "failed",
      error: {
        message,
        remedy:
          "Look at the end of the worker's log: most likely its memory ran out, or something stops it. Then run it again: what was delivered is not delivered twice.",
      },
    },
    clock,
    { reason: message },
  );
}

type Taken = Omit<Claim, "allowedDeletes" | "onlyKeys"> & {
  allowedDeletes: number | null;
  onlyKeys: unknown;
  deaths: number;
  cancelAsked: boolean;
};

/** One statement, judged by the database's clock alone: of any number of workers one gets the run, with a higher fence. */
async function takeRun(
  runId: string | null,
  clock: Clock | undefined,
): Promise<{ claim: Claim; deaths: number; cancelAsked: boolean } | null> {
  const now = moment(clock);
  // one that waits for its next try may be taken by name before that
  const wanted = runId
    ? Prisma.sql`id = ${runId}::uuid AND state IN ('queued', 'waiting')`
    : Prisma.sql`state = 'queued' OR (state = 'waiting' AND retry_at <= ${now})`;
  const left = Prisma.sql`state = 'running' AND lease_until < ${now}`;
  const [taken] = await db().$queryRaw<Taken[]>`
    WITH due AS (
      SELECT id, connection_id FROM run
      WHERE state IN ('queued', 'running', 'waiting')
        AND (${wanted} OR (${left} ${runId ? Prisma.sql`AND id = ${runId}::uuid` : Prisma.empty}))
      ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
    ), fenced AS (
      UPDATE connection SET fence = fence + 1 FROM due WHERE connection.id = due.connection_id
      RETURNING due.id AS run_id, connection.fence
    )
    UPDATE run SET
      state = 'running',
      attempt = attempt + 1,
      fence = fenced.fence,
      lease_until = ${now} + ${LEASE_MS} * interval '1 millisecond',
      retry_at = NULL,
      started_at = coalesce(started_at, ${now}),
      deaths = CASE
        WHEN state <> 'running' THEN 0
        WHEN delivered + rejected > died_at THEN 1
        ELSE deaths + 1
      END,
      died_at = delivered + rejected
    FROM fenced WHERE run.id = fenced.run_id
    RETURNING run.id AS "runId", connection_id AS "connectionId", team_id AS "teamId", run.fence, attempt, checkpoint,
      only_keys AS "onlyKeys", allowed_deletes AS "allowedDeletes", deaths, cancel_asked AS "cancelAsked"`;
  if (!taken) return null;
  const { deaths, cancelAsked, ...claim } = numbered(taken);
  if (claim.attempt > 1)
    await db()
      .$executeRaw`UPDATE run_stage SET finished_at = ${now}, detail = 'The worker ended; another took over.'
        WHERE run_id = ${claim.runId}::uuid AND finished_at IS NULL`;
  return {
    claim: {
      ...claim,
      onlyKeys: keysSchema.nullable().parse(claim.onlyKeys),
      allowedDeletes: claim.allowedDeletes ?? 0,
    },
    deaths,
    cancelAsked,
  };
}

const mine = ({ runId, fence }: Claim) => ({ id: runId, fence, state: "running" });

/** The same for a statement of one's own. */
const isMine = ({ runId, fence }: Claim) =>
  Prisma.sql`run.id = ${runId}::uuid AND run.fence = ${fence} AND run.state = 'running'`;

/** Prolongs the lease. `lost`: another worker has the run. */
export async function renewLease(claim: Claim, clock?: Clock): Promise<"held" | "lost" | "cancel"> {
  const [held] = await db().$queryRaw<{ cancelAsked: boolean }[]>`
    UPDATE run SET lease_until = ${moment(clock)} + ${LEASE_MS} * interval '1 millisecond'
    WHERE ${isMine(claim)} RETURNING cancel_asked AS "cancelAsked"`;
  if (!held) return "lost";
  return held.cancelAsked ? "cancel" : "held";
}

export type Progress = {
  read: number;
  toDeliver: number;
  delivered: number;
  unchanged: number;
  deletes: number;
  rejected: number;
  checkpoint: number;
  beyond: [from: number, to: number][];
};

/** Saves counts and checkpoint. Returns false when the lease is lost. */
export async function saveProgress(claim: Claim, progress: Progress): Promise<boolean> {
  return (await db().run.updateMany({ where: mine(claim), data: progress })).count === 1;
}

export async function startStage(claim: Claim, stage: string, clock?: Clock): Promise<boolean> {
  // where there are changes to load, the warehouse is there
  const awaySince = stage === "load" ? Prisma.sql`NULL` : Prisma.sql`away_since`;
  const begun = await db().$executeRaw`
    WITH held AS (UPDATE run SET stage = ${stage}, away_since = ${awaySince} WHERE ${isMine(claim)} RETURNING id)
    INSERT INTO run_stage (id, run_id, attempt, stage, started_at)
    SELECT ${newId()}::uuid, held.id, ${claim.attempt}, ${stage}, ${moment(clock)} FROM held`;
  return begun === 1;
}

/** Ends a stage, with what it has sent to the warehouse where that was not saved before. */
export async function endStage(
  claim: Claim,
  stage: string,
  detail?: string,
  clock?: Clock,
  statements?: StatementRecord[],
): Promise<void> {
  const sent = statements
    ? Prisma.sql`, statements = ${JSON.stringify(storable(statements))}::jsonb`
    : Prisma.empty;
  await db().$executeRaw`
    UPDATE run_stage SET finished_at = ${moment(clock)}, detail = ${storable(detail) ?? null} ${sent}
    WHERE run_id = ${claim.runId}::uuid AND attempt = ${claim.attempt} AND stage = ${stage} AND finished_at IS NULL`;
}

/** What the stage that is under way has sent to the warehouse so far. */
export async function saveStatements(claim: Claim, statements: StatementRecord[]): Promise<void> {
  await db().runStage.updateMany({
    where: { runId: claim.runId, attempt: claim.attempt, finishedAt: null },
    data: { statements },
  });
}

/** How far earlier attempts of this run came. */
export async function progressOf(
  runId: string,
): Promise<{ seq: number; beyond: [from: number, to: number][]; rejected: number }> {
  const { checkpoint, beyond, rejected } = await db().run.findUniqueOrThrow({
    where: { id: runId },
    select: { checkpoint: true, beyond: true, rejected: true },
  });
  return {
    seq: Number(checkpoint),
    beyond: rangesSchema.parse(beyond),
    rejected: Number(rejected),
  };
}

export type RejectedRecord = {
  seq: number;
  key: string | null;
  column?: string;
  reason: string;
  code?: string;
  payload?: Payload;
};

/** Records rejected rows. A redelivered batch names a row again: the row is recorded once. Payloads are kept of the first `PAYLOADS_KEPT` of a run. */
export async function recordRejected({ runId }: Claim, rows: RejectedRecord[]): Promise<void> {
  const before =
    env().REJECTED_PAYLOAD_DAYS === 0
      ? PAYLOADS_KEPT
      : await db().rejectedRow.count({ where: { runId } });
  const data = rows.map(({ payload, ...row }, index) => ({
    runId,
    ...row,
    sealedPayload:
      payload && before + index < PAYLOADS_KEPT ? sealPayload(runId, row.seq, payload) : null,
  }));
  await db().rejectedRow.createMany({ data, skipDuplicates: true });
}

const DAY_MS = 24 * 3600_000;
const SWEPT_AT_ONCE = 5_000;

/** Drops the payloads that have been kept for long enough; the rows stay. Gives how many it dropped. */
export async function sweepPayloads(clock?: Clock): Promise<number> {
  const days = env().REJECTED_PAYLOAD_DAYS;
  const until = new Date((await databaseNow(clock)).getTime() - days * DAY_MS);
  return db().$transaction(async (tx) => {
    const dropped = await tx.$queryRaw<{ teamId: string; n: number }[]>`
      WITH dropped AS (
        UPDATE rejected_row SET sealed_payload = NULL
        WHERE (run_id, seq) IN (SELECT run_id, seq FROM rejected_row WHERE sealed_payload IS NOT NULL AND created_at < ${until} LIMIT ${SWEPT_AT_ONCE})
        RETURNING run_id)
      SELECT run.team_id AS "teamId", count(*)::int AS n FROM dropped JOIN run ON run.id = dropped.run_id GROUP BY 1`;
    for (const { teamId, n } of dropped)
      await audit(tx, tidegate(teamId), {
        action: "deleted",
        subjectType: "run",
        subjectName: "Payloads of rejected rows",
        detail: { payloads: n, olderThanDays: days },
      });
    return dropped.reduce((sum, { n }) => sum + n, 0);
  });
}

/** Drops all of them, some thousands at a time. */
export async function sweepOldPayloads(signal: AbortSignal): Promise<void> {
  let dropped = 1;
  while (dropped > 0 && !signal.aborted) dropped = await sweepPayloads();
}

/** The rejected rows in order, less those rejected with one of the codes `but`. */
export async function listRejected(
  runId: string,
  but: readonly string[],
): Promise<{ seq: number; reason: string; code: string | null }[]> {
  const found = await db().rejectedRow.findMany({
    where: { runId, OR: [{ code: null }, { code: { notIn: [...but] } }] },
    select: { seq: true, reason: true, code: true },
    orderBy: { seq: "asc" },
  });
  return numbered(found);
}

/** How many rows the last run of the same connection that succeeded left as rejected. */
export async function refusedBefore({ connectionId }: Claim): Promise<number> {
  const last = await db().run.findFirst({
    where: { connectionId, state: "succeeded", onlyKeys: { equals: Prisma.DbNull } },
    orderBy: { createdAt: "desc" },
    select: { rejected: true },
  });
  return Number(last?.rejected ?? 0);
}

/** What Tidegate itself does with a run, in the audit log. */
async function auditRun(
  tx: Tx,
  { runId, teamId }: { runId: string; teamId: string },
  line: Pick<AuditLine, "action"> & Partial<AuditLine>,
): Promise<void> {
  const {
    connection: { source, destination },
  } = await tx.run.findUniqueOrThrow({
    where: { id: runId },
    select: {
      connection: {
        select: { source: { select: { name: true } }, destination: { select: { name: true } } },
      },
    },
  });
  await audit(tx, tidegate(teamId), {
    subjectType: "run",
    subjectId: runId,
    subjectName: `${source.name} → ${destination.name}`,
    ...line,
  });
}

/** The end of a run. False: it is no longer this worker's. */
const end = (
  claim: Claim,
  { state, error }: { state: "succeeded" | "cancelled" | "failed"; error?: RunError | null },
  clock: Clock | undefined,
  detail: { reason?: string } = {},
): Promise<boolean> =>
  db().$transaction(async (tx) => {
    const reason =
      error === undefined
        ? Prisma.sql`error`
        : Prisma.sql`${error && JSON.stringify(storable(error))}::jsonb`;
    const [ended] = await tx.$queryRaw<{ teamId: string; name: string }[]>`
      UPDATE run SET state = ${state}, error = ${reason}, finished_at = ${moment(clock)}, lease_until = NULL, stage = NULL
      FROM connection
        JOIN source ON source.id = connection.source_id
        JOIN destination ON destination.id = connection.destination_id
      WHERE ${isMine(claim)} AND connection.id = run.connection_id
      RETURNING run.team_id AS "teamId", source.name || ' → ' || destination.name AS name`;
    if (!ended) return false;
    await audit(tx, tidegate(ended.teamId), {
      action: "ended",
      subjectType: "run",
      subjectId: claim.runId,
      subjectName: ended.name,
      result: state === "failed" ? "failed" : "done",
      detail: { state, ...detail },
    });
    return true;
  });

export const succeed = (claim: Claim, clock?: Clock): Promise<boolean> =>
  end(claim, { state: "succeeded", error: null }, clock);

export async function markCancelled(claim: Claim, clock?: Clock): Promise<void> {
  await end(claim, { state: "cancelled" }, clock);
}

/** A worker that stops in good order gives its run back at once. */
export async function release(claim: Claim): Promise<void> {
  await db().run.updateMany({ where: mine(claim), data: { state: "queued", leaseUntil: null } });
}

const RELEASED_MS = 5_000;

/**
 * Gives a run back that can't go on here for a reason of Tidegate's own: any worker takes it again in a moment, and it
 * counts as no try.
 */
export async function releaseLater(claim: Claim, reason: RunError, clock?: Clock): Promise<void> {
  await db().$executeRaw`
    UPDATE run SET state = 'waiting', lease_until = NULL, error = ${JSON.stringify(storable(reason))}::jsonb,
      retry_at = ${moment(clock)} + ${RELEASED_MS} * interval '1 millisecond'
    WHERE ${isMine(claim)}`;
}

/**
 * A passing failure waits for its next try; any other, or the sixth try in a row that settled no row, fails the run
 * with its reason. A warehouse that is away is waited for, for as long as is set, and that counts as no try; nor does
 * that a worker died, of which there are `MAX_DEATHS`. Returns the wait, ms.
 */
export async function failOrWait(
  claim: Claim,
  error: unknown,
  clock?: Clock,
): Promise<number | null> {
  const reason = reasonOf(error);
  const now = await databaseNow(clock);
  const open = await db().runStage.findFirst({
    where: { runId: claim.runId, finishedAt: null },
    select: { id: true },
  });
  if (open)
    await db().runStage.update({
      where: { id: open.id },
      data: { finishedAt: now, detail: reason.message },
    });
  const { awaySince, delivered, rejected, ...before } = await db().run.findUniqueOrThrow({
    where: { id: claim.runId },
    select: { awaySince: true, tries: true, triedAt: true, delivered: true, rejected: true },
  });
  const waitFor = async (
    wait: number,
    more: { tries: number; triedAt: number } | { awaySince: Date },
  ) => {
    await db().run.updateMany({
      where: mine(claim),
      data: {
        state: "waiting",
        error: reason,
        retryAt: new Date(now.getTime() + wait),
        leaseUntil: null,
        ...more,
      },
    });
    return wait;
  };
  if (error instanceof SyncError && error.fault === "transient") {
    const since = awaySince ?? now;
    const awayMs = now.getTime() - since.getTime();
    const isAway = error.detail.waitsFor === "warehouse";
    if (isAway && awayMs < env().WAREHOUSE_WAIT_HOURS * HOUR_MS)
      return waitFor(awayWaitMs(awayMs), { awaySince: since });
    const triedAt = Number(delivered + rejected);
    const tries = triedAt > before.triedAt ? 1 : before.tries + 1;
    if (!isAway && tries < MAX_ATTEMPTS)
      return waitFor(backoffMs(tries, error.detail.retryAfterMs), { tries, triedAt });
    if (!isAway)
      reason.remedy = `It was tried ${MAX_ATTEMPTS} times in a row, and no row got through. ${whatHelps(reason.remedy)}`;
    else
      reason.message = `The warehouse was away for ${env().WAREHOUSE_WAIT_HOURS} hours. ${reason.message}`;
  }
  await end(claim, { state: "failed", error: reason }, clock, { reason: reason.message });
  return null;
}
const HOUR_MS = 3600_000;

/** A remedy as it is right once nothing is tried again by itself any more. */
const whatHelps = (remedy = ""): string =>
  remedy.replaceAll(/\s*It is tried again[^.]*\./g, "").trim() ||
  "Run it again once the other side works.";

const UNWRITTEN: RunError = {
  message: "The run failed, and why could not be written down.",
  remedy: "Look at the worker's log, which says both. Then run it again.",
};

/**
 * Ends a run whose failure can't be written: in words of our own, and by one statement that needs nothing else. Else
 * one worker after another would take it.
 */
export async function failWithoutReason(claim: Claim, clock?: Clock): Promise<void> {
  await db().$executeRaw`
    UPDATE run SET state = 'failed', error = ${JSON.stringify(UNWRITTEN)}::jsonb, finished_at = ${moment(clock)},
      lease_until = NULL, stage = NULL
    WHERE ${isMine(claim)}`;
}

const reasonOf = (error: unknown): RunError =>
  error instanceof SyncError
    ? {
        message: error.message,
        remedy: error.detail.remedy,
        serverText: error.detail.serverText,
        code: error.detail.code,
        waitsFor: error.detail.waitsFor,
      }
    : {
        message: "Tidegate itself failed while running this.",
        remedy: "Run it again. If it fails again, look at the worker's log.",
        serverText: messageOf(error),
      };

/** Has a waiting run tried at once; false when it isn't waiting. */
export async function tryRunNow(teamId: TeamId, runId: string, clock?: Clock): Promise<boolean> {
  const retryAt = await databaseNow(clock);
  return (
    (
      await db().run.updateMany({
        where: { id: runId, teamId, state: "waiting" },
        data: { retryAt },
      })
    ).count === 1
  );
}

/** Asks a run to stop. One that no worker has, also since that one died, is cancelled at once; another as soon as its worker hears of it. */
export async function cancelRun(teamId: TeamId, runId: string, clock?: Clock): Promise<boolean> {
  const now = await databaseNow(clock);
  const idle = await db().run.updateMany({
    where: {
      id: runId,
      teamId,
      OR: [{ state: { in: ["queued", "waiting"] } }, { state: "running", leaseUntil: { lt: now } }],
    },
    data: { state: "cancelled", finishedAt: now, leaseUntil: null, stage: null },
  });
  if (idle.count === 1) return true;
  return (
    (
      await db().run.updateMany({
        where: { id: runId, teamId, state: "running" },
        data: { cancelAsked: true },
      })
    ).count === 1
  );
}
