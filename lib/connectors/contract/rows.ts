// Destinations that keep the rows in tables of their own.
import type { ColumnInfo } from "./catalog";
import type { RowPage, Origin, StatementObserver } from "./changes";
import type { CheckUpdate } from "./checks";
import type { RowDigest } from "./comparison";
import type { Rejection } from "./events";

/** What a run is going to put into a table. */
export type LoadRequest = {
  connectionId: string;
  runId: string;
  /** Grows with each worker that takes the run: an earlier one can no longer commit. */
  fence: number;
  /** The source's table: what the target is called where the destination gives it no other name. */
  table: string;
  /** As the tuples have them from `changeFields.values` on. */
  columns: ColumnInfo[];
  /** Names of columns in the order in which a new table gets them; others follow. */
  order: string[];
  /** Which of them identify a row. */
  keys: string[];
  /** Each key comes once, as in a change set. Else the newest version counts: the one with the highest seq. */
  oneRowPerKey: boolean;
  /** What the rows come from: a table is not loaded into itself. */
  origin?: Origin | null;
  /** The rows are all there are to be: what else the table holds goes with the first batch. */
  replaces?: boolean;
};

/**
 * Whether a table is still as a connection's last load left it, and what is to be done where it isn't. `holds`: the rows
 * that it has now.
 */
export type TargetState =
  { isAsLeft: true } | { isAsLeft: false; change: string; then: "reload" | "stop"; holds: number };

/** How far a run has come in its target, as the target itself says: committed together with the rows. */
export type LoadCheckpoint = { seq: number; loaded: number; deleted: number; rejected: number };

/** One batch, as it went. */
export type LoadReport = {
  checkpoint: LoadCheckpoint;
  parts: number;
  bytes: number;
  copyMs: number;
  upsertMs: number;
  /** Texts that were cut to fit. */ cut: number;
};

/**
 * Rows on their way into one table: prepare → (stage… → commit)… → cleanup. Rows and checkpoint are committed in one
 * transaction, under a fence. Whatever is thrown, nothing of an uncommitted batch is in the table.
 */
export interface TableLoad {
  /** Makes the table ready, claims it for this worker, removes what dead workers left, and says how far this run has come. */
  prepare(signal: AbortSignal): Promise<LoadCheckpoint>;
  /** Takes the rows up, in order of seq. The rows named in the answer can't be loaded and are left out. */
  stage(page: RowPage, signal: AbortSignal): Promise<Rejection[]>;
  /**
   * Puts what is staged into the table, with the checkpoint. `rejectedSoFar` counts the run's rejected rows up to
   * `seq`; rows that the target refuses are passed to `onRejected` before anything is committed, and counted on top.
   * "again": nothing was committed, and the batch must be staged once more from the last checkpoint on.
   */
  commit(
    batch: { seq: number; rejectedSoFar: number; onRejected(rows: Rejection[]): Promise<void> },
    signal: AbortSignal,
  ): Promise<LoadReport | "again">;
  /** Removes everything that was staged. Never throws: what is left, the next run removes. */
  cleanup(): Promise<void>;
}

/** What a run would do to a table before it loads, and what the table would then be. */
export type TableForecast = {
  table: string;
  /** Nothing has been run of these. */
  statements: string[];
  columns: {
    source: string;
    target: string;
    type: string;
    /** The longest text it takes, in bytes; null: not a text, or any length. */ maxBytes:
      number | null;
  }[];
};

export type TableQuestion = Pick<LoadRequest, "table" | "columns" | "order" | "keys">;

/** A destination that keeps the rows in tables of its own. */
export interface TableDestination {
  takes: "rows";
  /** A batch is committed after so many rows, or so many milliseconds, whichever is first. */
  batch: { rows: number; ms: number };
  check(signal: AbortSignal): AsyncIterable<CheckUpdate>;
  openLoad(request: LoadRequest, observe?: StatementObserver): TableLoad;
  /**
   * Looks whether the target is still as this connection left it: dropped, truncated, restored or edited, it lacks rows
   * that no change set would bring again. Changes nothing. Throws a user-fixable SyncError where another connection
   * loads the table.
   */
  survey(
    request: Pick<LoadRequest, "connectionId" | "table">,
    signal: AbortSignal,
  ): Promise<TargetState>;
  /** Removes what earlier workers of a connection left on the way, up to this fence: for a run that has nothing to load. Never throws. */
  sweep?(connectionId: string, fence: number, signal: AbortSignal): Promise<void>;
  forecast?(question: TableQuestion, signal: AbortSignal): Promise<TableForecast>;
  /** Throws what `prepare` would throw of the target alone, a SyncError whose code begins with TARGET_. Changes nothing. */
  examine?(question: TableQuestion & { origin: Origin | null }, signal: AbortSignal): Promise<void>;
  /** Of the target's rows, value by value as the source has them. */
  digest?(question: TableQuestion, signal: AbortSignal): Promise<RowDigest[]>;
  /** Removes what is kept beside the table for a connection; the table stays. */
  forget(connectionId: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
