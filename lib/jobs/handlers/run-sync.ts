import { setTimeout as wait } from "node:timers/promises";
import { loadForRun } from "@/lib/connections/data";
import { syncModeSchema } from "@/lib/connections/schema";
import { invalidReasons } from "@/lib/connectors/contract/changes";
import { sourceThatCan } from "@/lib/connectors/contract/source";
import { openDestination } from "@/lib/destinations/open";
import { selectionOf, tableSelectionOf } from "@/lib/event/selection";
import { DELETE_GUARD, runSync } from "@/lib/engine/run-sync";
import { LeaseLost, type RunStore, type Stage } from "@/lib/engine/store";
import { findUnfit } from "@/lib/jobs/fitness";
import { openStatementLog, type StatementLog } from "@/lib/jobs/statements";
import { systemClock } from "@/lib/platform/clock";
import { isDatabaseAway } from "@/lib/platform/db";
import { messageOf, SyncError } from "@/lib/platform/errors";
import { log } from "@/lib/platform/log";
import {
  endStage,
  failOrWait,
  failWithoutReason,
  listRejected,
  markCancelled,
  progressOf,
  recordRejected,
  refusedBefore,
  release,
  releaseLater,
  renewLease,
  saveProgress,
  saveStatements,
  startStage,
  succeed,
  type Claim,
} from "@/lib/runs/mutations";
import { RENEW_MS } from "@/lib/runs/rules";
import { openSource } from "@/lib/sources/open";
import { verifySoon } from "@/lib/verification/mutations";

/** Why a run of this process was stopped from outside. */
class Stopped extends Error {
  constructor(readonly why: "cancelled" | "shutdown") {
    super(why);
  }
}

/** The row of a run as the engine's store. Whatever finds the lease gone throws, so that nothing more is sent. */
function storeOf(claim: Claim, statements: StatementLog): RunStore {
  const held = (yes: boolean) => {
    if (!yes) throw new LeaseLost("Another worker has this run.");
  };
  return {
    stage: async (stage: Stage, status, detail) => {
      if (status === "finished")
        return endStage(claim, stage, detail, undefined, statements.unsaved());
      statements.begin();
      held(await startStage(claim, stage));
    },
    progress: async (progress) => held(await saveProgress(claim, progress)),
    reject: (rows) => recordRejected(claim, rows),
    checkpoint: () => progressOf(claim.runId),
    rejections: () => listRejected(claim.runId, invalidReasons),
  };
}

async function sync(claim: Claim, statements: StatementLog, signal: AbortSignal): Promise<void> {
  const connection = await loadForRun(claim.connectionId);
  if (!connection) throw new SyncError("The connection of this run was deleted.", "terminal");
  const { source: from, mapping } = connection;
  const source = await openSource(claim.teamId, from);
  if (!source.ok) throw new SyncError(source.reason, "user-fixable");
  const destination = await openDestination(claim.teamId, connection.destinationId);
  if (!destination.ok) throw new SyncError(destination.reason, "user-fixable");
  try {
    await runSync({
      source: sourceThatCan(source.value, "changes"),
      destination: destination.value,
      selection: (destination.value.takes === "rows" ? tableSelectionOf : selectionOf)(mapping, {
        schema: from.schema,
        table: from.table,
        keys: from.keys,
      }),
      mapping,
      mode: syncModeSchema.parse(connection.mode),
      cursor:
        connection.cursorColumn === null
          ? null
          : { column: connection.cursorColumn, lookBackMinutes: connection.lookBackMin },
      onlyKeys: claim.onlyKeys,
      deletes: { percent: connection.deletePercent, allowed: claim.allowedDeletes },
      refusedBefore: claim.onlyKeys ? claim.onlyKeys.length : await refusedBefore(claim),
      rawNumbers: connection.rawNumbers,
      logDays: connection.syncLogDays,
      ids: { connectionId: claim.connectionId, sourceId: from.id, runId: claim.runId },
      fence: claim.fence,
      store: storeOf(claim, statements),
      observe: statements.observe,
      clock: systemClock,
      signal,
    });
  } catch (error) {
    // somebody has to mend something: the verification says what, on the source's page and the overview
    if (
      error instanceof SyncError &&
      error.fault === "user-fixable" &&
      error.detail.code !== DELETE_GUARD
    )
      await verifySoon({ subject: "source", id: from.id });
    throw error;
  } finally {
    await destination.value.close();
  }
}

/**
 * Runs a run that this worker has taken: holds its lease while the engine works, and writes down how it ended. Never
 * throws for the run's own failure; `shutdown` gives the run back to the next worker.
 */
export async function handleRunSync(claim: Claim, shutdown: AbortSignal): Promise<void> {
  const { runId } = claim;
  const stop = new AbortController();
  const onShutdown = () => stop.abort(new Stopped("shutdown"));
  shutdown.addEventListener("abort", onShutdown);
  if (shutdown.aborted) onShutdown();
  const renewal = setInterval(() => {
    renewLease(claim).then(
      (lease) => {
        if (lease === "lost") stop.abort(new LeaseLost("Another worker has this run."));
        if (lease === "cancel") stop.abort(new Stopped("cancelled"));
      },
      // one renewal that fails is no reason to stop: the lease outlasts four of them, and if it ends, progress says so
      (error: unknown) => log.warn({ err: error, runId }, "the lease could not be renewed"),
    );
  }, RENEW_MS);
  const statements = openStatementLog(
    (records) => saveStatements(claim, records),
    (error) => log.warn({ err: error, runId }, "the statements of a run could not be saved"),
  );
  try {
    await sync(claim, statements, stop.signal);
    await succeed(claim);
    log.info({ runId, attempt: claim.attempt }, "run succeeded");
  } catch (error) {
    await statements.flush().catch(() => undefined); // the run's own failure is the one to tell
    const reason: unknown = stop.signal.aborted ? stop.signal.reason : error;
    if ((await settled(claim, reason, shutdown)) === "over") await discard(claim);
  } finally {
    clearInterval(renewal);
    statements.close();
    shutdown.removeEventListener("abort", onShutdown);
  }
}

/** How often, and how long, a database that is away is waited for before the run is left to the next worker. */
const AWAY_TRIES = 60;
const AWAY_WAIT_MS = 1_000;

/**
 * The same, whatever the config database makes of it: what can't be written twice is the text's fault, and the run ends
 * without it. A database that is away is waited for; where it stays away the lease runs out, and the next worker goes on.
 */
async function settled(
  claim: Claim,
  error: unknown,
  shutdown: AbortSignal,
): Promise<"over" | "goes on"> {
  const { runId } = claim;
  const unwritten = (failure: unknown) =>
    log.error(
      { runId, err: failure, of: messageOf(error) },
      "how a run ended could not be written down",
    );
  let waits = 0;
  for (let tries = 0; tries < 2;) {
    try {
      return await settle(claim, error);
    } catch (failure) {
      unwritten(failure);
      if (isDatabaseAway(failure) && waits < AWAY_TRIES && !shutdown.aborted) waits += 1;
      else tries += 1;
    }
    if (waits > 0) await wait(AWAY_WAIT_MS);
  }
  try {
    await failWithoutReason(claim);
    return "over";
  } catch (failure) {
    unwritten(failure);
    return "goes on";
  }
}

/**
 * Why a run failed for a reason that is neither its own nor its warehouse's: the config database is away, or this worker
 * has another key or version than the installation. Null where it is not so.
 */
async function faultOfOurOwn(error: unknown): Promise<string | null> {
  if (error instanceof SyncError) return null;
  if (isDatabaseAway(error)) return "Tidegate’s own database was away.";
  return (await findUnfit()) === null
    ? null
    : "The worker that had this run can’t work with this installation.";
}

/** Writes down how a run ended, and says whether it did: another worker may go on with it. */
async function settle(claim: Claim, error: unknown): Promise<"over" | "goes on"> {
  const { runId } = claim;
  if (error instanceof LeaseLost) {
    log.warn({ runId }, "another worker took the run over");
    return "goes on";
  }
  const own = error instanceof Stopped ? null : await faultOfOurOwn(error);
  if (own !== null) {
    await releaseLater(claim, { message: own, remedy: "It goes on by itself." });
    log.warn({ runId, err: error }, "a run was given back");
    return "goes on";
  }
  if (error instanceof Stopped) {
    await (error.why === "cancelled" ? markCancelled(claim) : release(claim));
    log.info({ runId }, error.why);
    return error.why === "cancelled" ? "over" : "goes on";
  }
  const waitMs = await failOrWait(claim, error);
  log.warn(
    { runId, err: error, waitMs },
    waitMs === null ? "run failed" : "run waits to be tried again",
  );
  return waitMs === null ? "over" : "goes on";
}

const DISCARD_MS = 30_000;

/** Rows that lie outside of the warehouse must not outlive their run. What can't be removed now, the next run removes. */
async function discard({ teamId, connectionId, runId }: Claim): Promise<void> {
  try {
    const connection = await loadForRun(connectionId);
    const source = connection && (await openSource(teamId, connection.source));
    if (source?.ok)
      await source.value.discard?.(connectionId, runId, AbortSignal.timeout(DISCARD_MS));
  } catch (error) {
    log.warn({ err: error, runId }, "what a run left could not be removed");
  }
}
