import {
  type ChangeDetection,
  changeFields,
  type ChangeCounts,
  type ChangeSet,
  type Cursor,
  type Selection,
  type StatementObserver,
  type SyncMode,
} from "@/lib/connectors/contract/changes";
import type { DestinationConnector } from "@/lib/connectors/contract/destination";
import type { EventDestination } from "@/lib/connectors/contract/events";
import type { TableDestination } from "@/lib/connectors/contract/rows";
import { compileDeletion } from "@/lib/event/deletion";
import { compileIdentifyWriter } from "@/lib/event/identify";
import { mappingHash } from "@/lib/event/selection";
import type { Mapping } from "@/lib/event/mapping";
import type { Clock } from "@/lib/platform/clock";
import { SyncError } from "@/lib/platform/errors";
import { openLoader, refuseAllRefused, type Settled } from "./load";
import { loadRows } from "./load-rows";
import { assertRunnable } from "./plan";
import { settledRows } from "./settled";
import type { RunStore, Stage } from "./store";
import { isUnsendable, openTransform } from "./transform";

export type SyncJob = {
  source: ChangeDetection;
  destination: DestinationConnector;
  selection: Selection;
  mapping: Mapping;
  mode: SyncMode;
  cursor: Cursor | null;
  /** Texts of keys: the run is about these rows alone. */
  onlyKeys: string[] | null;
  /** A run that would delete more than this share of what was delivered stops; `allowed`: so many deletes somebody has said yes to. */
  deletes: { percent: number; allowed: number };
  /** Integers and decimals that no double holds go as numbers, not as text. */
  rawNumbers: boolean;
  /** So many days the warehouse keeps the sync log; 0: none. */
  logDays: number;
  ids: { connectionId: string; sourceId: string; runId: string };
  /** Grows with each worker that takes a run of this connection; an earlier worker's commit is refused. */
  fence: number;
  store: RunStore;
  clock: Clock;
  /** How many rows the destination refused in the last run: they come again, and are likely refused again. */
  refusedBefore: number;
  /** Told of each statement that is sent to the source. */
  observe?: StatementObserver;
  /** Cancels between batches, and the statement that is running in the warehouse. */
  signal: AbortSignal;
};

/** The code of a run that stopped before its deletes: a person may allow them. */
export const DELETE_GUARD = "DELETE_GUARD";

export type SyncCounts = { read: number; delivered: number; unchanged: number; rejected: number };

/**
 * One run: plan → extract → load (transform and deliver) → commit. Calling it again for the same run, by whichever
 * worker, goes on where the last one came to. At the end read + deletes = delivered + unchanged + rejected, or it throws.
 * Throws a SyncError, `LeaseLost`, or the signal's reason. Doesn't close the destination.
 */
export async function runSync(job: SyncJob): Promise<SyncCounts> {
  const {
    source,
    selection,
    mapping,
    rawNumbers,
    mode,
    cursor,
    onlyKeys,
    logDays,
    ids,
    fence,
    store,
    signal,
  } = job;
  const stage = async <T>(
    name: Stage,
    work: () => Promise<T>,
    tell: (value: T) => string | undefined = () => undefined,
  ): Promise<T> => {
    signal.throwIfAborted();
    await store.stage(name, "started");
    const value = await work();
    await store.stage(name, "finished", tell(value));
    return value;
  };

  const { hash, target } = await stage(
    "plan",
    async () => {
      if (job.destination.takes === "events") assertRunnable(mapping, selection);
      return {
        hash: mappingHash(mapping, selection, rawNumbers),
        target: await surveyTarget(job),
      };
    },
    ({ target: { isAsLeft, change } }) => (isAsLeft ? undefined : `${change} Every row is loaded.`),
  );
  let close = async (): Promise<void> => undefined; // also when that the stage ended can't be recorded
  const extract = async () => {
    const changes = await source.changes(
      {
        selection,
        mode,
        cursor,
        onlyKeys: target.isAsLeft ? onlyKeys : null,
        logDays,
        connectionId: ids.connectionId,
        runId: ids.runId,
        mappingHash: hash,
        fence,
        everything: !target.isAsLeft,
      },
      signal,
      job.observe,
    );
    close = () => changes.close();
    if (!target.isAsLeft && !changes.isEverything)
      throw new SyncError(`${target.change} It happened while this run was loading.`, "terminal", {
        remedy: "Nothing is lost: the next run loads every row again.",
      });
    return changes;
  };
  try {
    const changes = await stage("extract", extract);
    const { read, unchanged, toDeliver, invalid, deletes } = changes.counts;
    await guardDeletes(job, changes.counts);
    guardEmptied(target, changes.counts);
    const { delivered, rejected, seq } = await stage(
      "load",
      () => load(job, changes, !target.isAsLeft),
      ({ detail }) => [changes.readHow?.(), detail].filter(Boolean).join(" · ") || undefined,
    );
    if (seq !== toDeliver + invalid || read + deletes !== delivered + unchanged + rejected) {
      throw new SyncError(
        `The run doesn't add up: ${read} rows read, ${deletes} found gone, ${delivered} delivered, ${unchanged} unchanged, ${rejected} rejected.`,
        "terminal",
      );
    }
    await stage("commit", async () => changes.commit(await store.rejections(), signal));
    return { read, delivered, unchanged, rejected };
  } finally {
    await close();
  }
}

/** The code of a run that stopped since its target was changed by somebody else. */
export const TARGET_CHANGED = "TARGET_CHANGED";

type Target = { isAsLeft: boolean; change: string; holds: number };

/** Whether the target still has what was loaded before; throws where the destination is set to stop otherwise. */
async function surveyTarget({ destination, selection, ids, signal }: SyncJob): Promise<Target> {
  if (destination.takes !== "rows") return { isAsLeft: true, change: "", holds: 0 };
  const state = await destination.survey(
    { connectionId: ids.connectionId, table: selection.table },
    signal,
  );
  if (state.isAsLeft) return { isAsLeft: true, change: "", holds: 0 };
  if (state.then === "stop")
    throw new SyncError(`${state.change} This destination is set to stop then.`, "user-fixable", {
      code: TARGET_CHANGED,
      remedy:
        "Nothing was loaded. If every row is to be loaded again, prune what this connection remembers, or let the destination load it by itself.",
    });
  return { isAsLeft: false, change: state.change, holds: state.holds };
}

/**
 * Every row is to be loaded again, and there is none: what the target holds would go. A source that is being rebuilt is
 * empty too, so nothing is deleted by that.
 */
function guardEmptied({ isAsLeft, change, holds }: Target, { read }: ChangeCounts): void {
  if (isAsLeft || read > 0 || holds === 0) return;
  throw new SyncError(
    `${change} Every row would be loaded again, but the source has none, and the target holds ${holds.toLocaleString("en")}.`,
    "user-fixable",
    {
      code: TARGET_CHANGED,
      remedy:
        "Nothing was changed. Look at the source: was it emptied, or is it being rebuilt? If the target is to be empty, delete its rows; the next run finds both equal.",
    },
  );
}

/** A table that was emptied by mistake must not empty what was made from it: many deletes want a person's word. */
async function guardDeletes(
  { deletes: { percent, allowed }, store }: SyncJob,
  { read, unchanged, toDeliver, deletes, known }: ChangeCounts,
): Promise<void> {
  if (deletes <= allowed || deletes * 100 <= known * percent) return;
  if (settledRows(await store.checkpoint()) > 0) return; // a worker before was allowed to begin
  await store.progress({
    read,
    toDeliver,
    unchanged,
    deletes,
    delivered: 0,
    rejected: 0,
    checkpoint: 0,
    beyond: [],
  });
  throw new SyncError(
    `This run would delete ${deletes.toLocaleString("en")} of ${known.toLocaleString("en")} delivered rows (${((deletes / known) * 100).toFixed(1)} %). It stops at ${percent} %.`,
    "user-fixable",
    {
      code: DELETE_GUARD,
      remedy:
        "Look at the source: was it emptied, or is it being rebuilt? If these rows are to be deleted, allow it here. Nothing was sent.",
    },
  );
}

const load = (
  job: SyncJob,
  changes: ChangeSet,
  isReload: boolean,
): Promise<Settled & { detail?: string }> => {
  const { destination } = job;
  return destination.takes === "rows"
    ? loadIntoTable(job, destination, changes, isReload)
    : deliver(job, destination, changes);
};

function loadIntoTable(
  { selection, mapping, mode, ids, fence, store, clock, observe, signal }: SyncJob,
  destination: TableDestination,
  changes: ChangeSet,
  isReload: boolean,
): Promise<Settled & { detail?: string }> {
  const { read, unchanged, toDeliver, deletes } = changes.counts;
  const save = ({ seq, delivered, rejected }: Settled) =>
    store.progress({
      read,
      toDeliver,
      unchanged,
      deletes,
      delivered,
      rejected,
      checkpoint: seq,
      beyond: [],
    });
  return loadRows({
    destination,
    changes,
    ids,
    fence,
    table: selection.table,
    keys: selection.keys,
    order: mapping.columns.map(({ column }) => column),
    // a mirror has no rows but the source's: a backup that was restored may hold some that were deleted long ago
    replaces: isReload && mode === "mirror",
    store,
    clock,
    save,
    observe,
    signal,
  });
}

async function deliver(
  { selection, mapping, rawNumbers, ids, store, clock, refusedBefore, signal }: SyncJob,
  destination: EventDestination,
  changes: ChangeSet,
): Promise<Settled & { detail?: string }> {
  const { read, unchanged, toDeliver, invalid, deletes } = changes.counts;
  const last = toDeliver + invalid;
  const before = await store.checkpoint();
  const done = settledRows(before);
  if (done > 0 && !changes.resumed)
    throw new SyncError(
      "The rows this run was delivering are gone from the warehouse.",
      "terminal",
      { remedy: "Nothing is lost: the next run finds the same changes anew." },
    );
  const from: Settled = { ...before, delivered: done - before.rejected };
  const save = (settled: Settled) =>
    store.progress({
      read,
      toDeliver,
      unchanged,
      deletes,
      delivered: settled.delivered,
      rejected: settled.rejected,
      checkpoint: settled.seq,
      beyond: settled.beyond,
    });
  await save(from);
  const recorded = changes.resumed ? await store.rejections() : [];
  const refusedEarlier = recorded.filter(({ seq, code }) => seq <= from.seq && !isUnsendable(code));
  const expectRefusals = toDeliver <= refusedBefore;
  if (from.seq === last) {
    if (!expectRefusals && from.delivered === 0)
      refuseAllRefused(refusedEarlier.length, refusedEarlier.at(-1));
    return from;
  }

  const controller = new AbortController();
  const either = AbortSignal.any([signal, controller.signal]);
  const run = { sourceId: ids.sourceId, runId: ids.runId, table: selection.table, rawNumbers };
  const identify = compileIdentifyWriter(changes.columns, mapping, run, changeFields);
  const deletion = compileDeletion(changes.columns, mapping, selection.keys, run, changeFields);
  const transform = openTransform({
    identify,
    deletion,
    columns: changes.columns,
    keys: selection.keys,
    maxEventBytes: destination.limits.maxEventBytes,
  });
  const loader = openLoader({
    destination,
    transform,
    store,
    clock,
    from,
    expectRefusals,
    rejectedBefore: new Set(recorded.flatMap(({ seq }) => (seq > from.seq ? [seq] : []))),
    refusedEarlier,
    save,
    controller,
    signal: either,
  });
  const began = clock.now().toISOString();
  try {
    for await (const page of changes.read(from.seq, either)) {
      const now = clock.now().toISOString();
      identify.setTimes(began, now);
      deletion.setTimes(began, now);
      await loader.add(page);
      either.throwIfAborted();
    }
    const settled = await loader.finish();
    const nulls = identify.notNumbers();
    return {
      ...settled,
      ...(nulls > 0 && {
        detail: `${nulls.toLocaleString("en")} ${nulls === 1 ? "number was" : "numbers were"} NaN or infinite and went as null`,
      }),
    };
  } catch (error) {
    throw await loader.abandon(error);
  }
}
