// What has changed in one table since the last run, as a change set that the system keeps until it is committed.
import type { ColumnInfo } from "./catalog";
import type { Cell } from "./preview";

/** What a source reads: chosen columns of one table, and which ones together identify a row. */
export type Selection = {
  schema: string;
  table: string;
  columns: string[];
  keys: string[];
};

/**
 * What a run delivers. upsert: what is new or changed since the last run · mirror: the deletes too · full: every row,
 * each time. The first run and the first with another mapping deliver every row in any mode.
 */
export const syncModes = ["upsert", "mirror", "full"] as const;
export type SyncMode = (typeof syncModes)[number];

/**
 * A column that grows with every change of a row: only rows from its last value on are looked at, less a time for
 * those that are committed late. Rows looked at again are compared as ever, so ties and late ones cost no event.
 */
export type Cursor = { column: string; lookBackMinutes: number };

/**
 * read + deletes = unchanged + toDeliver + invalid, always.
 * - read: rows of the source that were looked at. toDeliver: rows and deletes. invalid: rows that can't be delivered.
 * - inserts: rows never delivered before, invalid ones among them. deletes: keys that are gone; 0 but in mirror mode.
 * - known: rows delivered before this run, as far as they are remembered; 0 where only some rows are looked at, which finds no deletes.
 */
export type ChangeCounts = {
  read: number;
  unchanged: number;
  toDeliver: number;
  invalid: number;
  inserts: number;
  deletes: number;
  known: number;
};

/** Why a row can't be delivered: no key, a key of several rows, a key or a value too long to be kept or sent. */
export const invalidReasons = ["null-key", "duplicate-key", "long-key", "long-value"] as const;
export type InvalidReason = (typeof invalidReasons)[number];

/**
 * The fields of a changed row's tuple (lib/event/tuple.ts); from `values` on those of `Selection.columns`, in that order.
 * - seq: position in this run's change set; dense from 1, the order of delivery and of the checkpoint. Deletes come first.
 * - key: text of the key, of several columns a JSON array of their texts; NULL when the row has none.
 * - messageId: 32 hex digits that follow from connection, key, values, mapping and how many runs were committed before.
 * - mark: NULL for a row to deliver; `DELETE_MARK` for a key that is gone from the source, its values being those last
 *   delivered, or NULL where another mapping made them; an `InvalidReason` for a row that can't be delivered.
 */
export const changeFields = { seq: 0, key: 1, messageId: 2, mark: 3, values: 4 } as const;
export const DELETE_MARK = "delete";

/** Rows as they came over the wire: chunks of bytes, and where in each the tuples begin. */
export type RowPage = { rows: number; chunks: { bytes: Uint8Array; at: number[] }[] };

/** What a run would do, for whoever is to start it. Nothing is written anywhere. */
export const dryRunGroups = ["insert", "update", "delete", "unchanged", "rejected"] as const;
export type DryRunGroup = (typeof dryRunGroups)[number];

/** Values are cut at `SAMPLE_CHARACTERS`; `before` is what was last delivered, where that is remembered. */
export type DryRunSample = {
  key: Cell;
  reason: InvalidReason | null;
  before: Cell[] | null;
  after: Cell[] | null;
};

export type DryRun = {
  columns: ColumnInfo[];
  /** Rows of the source that were looked at. */
  read: number;
  counts: Record<DryRunGroup, number>;
  samples: Record<DryRunGroup, DryRunSample[]>;
  /** Rows delivered before; 0: the first run, or the first with this mapping. */
  known: number;
};

export const SAMPLE_CHARACTERS = 200;

/**
 * What a relation is to its warehouse, whatever it is called there and by whichever host name the warehouse is reached:
 * the place, the identities of the relation and of all that it reads through views (its own comes first), and the texts
 * of those views that are bound to nothing.
 */
export type Origin = { place: string; relations: string[]; definitions: string[] };

/** A valid row that was not delivered, and why, in a plain sentence. */
export type Rejected = { seq: number; reason: string };

/**
 * The change set of one run, kept in the warehouse until it is committed: reading it twice gives the same rows in
 * the same order, whatever happens to the table meanwhile.
 */
export interface ChangeSet {
  counts: ChangeCounts;
  columns: ColumnInfo[];
  /** A worker before made it: its checkpoint holds. False: it is new, and a checkpoint would be of another one. */
  resumed: boolean;
  /** It has every row, whatever was delivered before. */
  isEverything?: boolean;
  /** What the source's table is; absent where nothing could be loaded into itself. */
  origin?: Origin | null;
  /** Rows after `afterSeq` in order of `seq`, in pages of bounded size; the next page is fetched while one is used. */
  read(afterSeq: number, signal: AbortSignal): AsyncIterable<RowPage>;
  /** How the rows came, for the run's page, once they were read; undefined: there is nothing to tell. */
  readHow?(): string | undefined;
  /**
   * Moves the state: every row of the change set but the invalid and the `rejected` (which are valid ones) counts as delivered.
   * In one transaction with the fence: throws a terminal SyncError when a later fence has been here.
   * Repeating it after a lost answer changes nothing.
   */
  commit(rejected: Rejected[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export type ChangeSetRequest = {
  selection: Selection;
  mode: SyncMode;
  /** Upsert only; null: the whole table is compared. */
  cursor: Cursor | null;
  /** Texts of keys: the run is about these rows alone, as far as the mapping is still the one of the last run. Null: all. */
  onlyKeys: string[] | null;
  connectionId: string;
  runId: string;
  /** With another mapping than the last run's every row is new. */
  mappingHash: string;
  /** Every row is delivered, whatever was delivered before. */
  everything?: boolean;
  /** Grows with each worker that takes the run, over all runs of a connection. */
  fence: number;
  /** So many days the warehouse keeps a log of what became of each row; 0: none is written. */
  logDays: number;
};

/** Called with each statement as it begins; what it returns is called with the outcome. Secrets are masked, rows are null where the warehouse doesn't say. */
export type StatementObserver = (
  sql: string,
) => (outcome: { rows: number | null; failed: boolean }) => void;

/** A system that finds by itself which rows of a table have changed since the last run. */
export interface ChangeDetection {
  /** Makes the change set of a run, or finds the one that a killed worker made for the same run. */
  changes(
    request: ChangeSetRequest,
    signal: AbortSignal,
    observe?: StatementObserver,
  ): Promise<ChangeSet>;
  /** What the table is to its warehouse, whatever names it: a table is not loaded into itself. Absent where it never could. */
  origin?(schema: string, table: string, signal: AbortSignal): Promise<Origin | null>;
  /** What `changes` would find, by reading alone. */
  dryRun(
    request: Omit<ChangeSetRequest, "runId" | "fence" | "onlyKeys" | "logDays">,
    signal: AbortSignal,
  ): Promise<DryRun>;
}
