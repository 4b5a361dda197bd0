// What the engine, the domains and the jobs know of the outside world. A connector is one folder that implements
// one of these; isomorphic, so that a view may import them.
import type { ColumnKind } from "@/lib/event/encode";

/** What to do: the step most likely to help, the statement that is missing, and what may be behind it, likeliest first. */
export type Remedy = {
  text: string;
  sql?: string;
  causes?: string[];
  /** The host key that an SSH server shows in place of the pinned one: to be trusted once a person says so. */
  hostKey?: string;
};

/** One part of a check. `warned`: it works, but somebody should know; `skipped` says because of what. */
export type CheckPart = {
  id: string;
  title: string;
  status: "passed" | "warned" | "failed" | "skipped";
  summary: string;
  /** The server's own text, secrets removed. */
  serverText?: string;
  remedy?: Remedy;
  /** The statement or request that was tried, secrets removed. */
  statement?: string;
  ms?: number;
};

/** One step of a verification. `failed` says what to do; `skipped` says because of what. */
export type CheckResult = {
  id: string;
  /** Exactly what the page shows, e.g. "Able to List Schema". */
  title: string;
  status: "passed" | "failed" | "skipped";
  /** Plain sentence: what was found, what failed, or why it was not run. */
  summary: string;
  /** The server's own text, secrets removed. */
  serverText?: string;
  remedy?: Remedy;
  /** The statement or request that was tried, secrets removed. */
  statement?: string;
  ms?: number;
  /** What it is made of, in order; each is added once it is known. */
  parts?: CheckPart[];
  /** The host key of an SSH server that was met for the first time: to be kept with the config. */
  firstHostKey?: string;
};

/** A check as far as it is known: told again with each part, the last time with its outcome. */
export type CheckUpdate = Omit<CheckResult, "status"> & {
  status: CheckResult["status"] | "running";
};

export const schemaKinds = ["local", "external", "shared"] as const;
export type SchemaKind = (typeof schemaKinds)[number];
export const tableKinds = [
  "table",
  "view",
  "late-binding view",
  "materialized view",
  "external",
  "shared",
] as const;
export type TableKind = (typeof tableKinds)[number];
/** What may not be read says what grants it: the statement, exact, for the right object and user. */
type Access = { readable: boolean; owner?: string; grant?: string };
export type SchemaInfo = { name: string; kind: SchemaKind } & Access;
export type TableInfo = {
  schema: string;
  name: string;
  kind: TableKind;
  rowEstimate?: number;
} & Access;

/** Where a page of a listing ended; the next one follows it. */
export type CatalogCursor = { nearness: number; name: string };
/** What to list: names that hold `search`, the nearest first, after `after`. */
export type CatalogRequest = { search: string; after: CatalogCursor | null };
export type Page<T> = { items: T[]; next: CatalogCursor | null };
/** Somebody who makes tables in a schema: what they rebuild keeps a grant only when they are named in it. */
export type OwnerInfo = { schema: string; owner: string; tables: number };
export type ColumnInfo = {
  name: string;
  /** As the server writes it, e.g. `numeric(18,2)`. */
  type: string;
  /** How the wire's text becomes JSON. */
  kind: ColumnKind;
  /** Why the column can't be sent; absent where it can. */
  unusable?: string;
};

/** The wire's own text of one value; null is NULL. */
export type Cell = string | null;
export type Preview = {
  columns: ColumnInfo[];
  rows: Cell[][];
  /** For each row and column the bytes of the whole value where only its beginning is here, else 0; null: every value is whole. */
  cut: number[][] | null;
  /** Fewer rows than asked for, since what is shown has a limit of bytes. */
  fewerRows: boolean;
};
/** A look at a chosen table: whether it may be read, and if so its first rows. */
export type TableInspection = { check: CheckResult; preview: Preview | null };

/** One value of a row whose beginning is known: the row is found again by its key, and by how the value begins. */
export type CellRequest = {
  schema: string;
  table: string;
  column: string;
  begin: string;
  bytes: number;
  key: { column: string; value: string } | null;
};

/** What a run would make of a column as the key. */
export type KeyHealth = {
  rows: number;
  /** Rows with a key, each key counted once. */
  distinct: number;
  nullRows: number;
  /** Rows whose key is a text without characters: it identifies nobody. */
  emptyRows: number;
  duplicateKeys: number;
  /** All rows of those keys: none of them can be told from the others. */
  duplicateRows: number;
  /** Rows whose key is longer than what is kept. */
  longRows: number;
  examples: { key: string; rows: number }[];
  /** Each row has a key of its own: only then can deletes be found by it. */
  isUnique: boolean;
};

/** What a column holds. Counts are exact. */
export type ColumnProfile = {
  column: string;
  rows: number;
  nullRows: number;
  /** Null where values of the type can't be told apart by the warehouse. */
  distinct: number | null;
  min: Cell;
  max: Cell;
  longestBytes: number | null;
  top: { value: string; rows: number }[];
};

/** What saved credentials are by themselves, before they are part of a source or a destination. */
export type Login = {
  /** Whether they let in: the first checks of their kind. */
  check(signal: AbortSignal): AsyncIterable<CheckUpdate>;
  /** Sets another password for their own user, logged in as it. Throws a SyncError. Absent where only their issuer can. */
  changePassword?(next: string, signal: AbortSignal): Promise<void>;
};

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

/** A table that is kept in the warehouse for a connection: what was delivered, what is under way, the log. */
export type StateTable = {
  name: string;
  /** Null: of a connection that this team doesn't have. */
  connectionId: string | null;
  what: "state" | "snapshot" | "delta" | "log";
  rows: number;
  /** Null where this user may not see sizes. */
  bytes: number | null;
};

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

/** Told of each statement as it begins; what it gives back is told how it ended. Secrets are masked, rows are null where the warehouse doesn't say. */
export type StatementObserver = (
  sql: string,
) => (outcome: { rows: number | null; failed: boolean }) => void;

export interface SourceConnector {
  /** Each part and each result as soon as it is known; every check has exactly one result, whatever happened to the others. */
  check(signal: AbortSignal): AsyncIterable<CheckUpdate>;
  /** A page of the schemas but the system's and our own; what may not be looked into is listed with `readable: false`. */
  schemas(request: CatalogRequest, signal: AbortSignal): Promise<Page<SchemaInfo>>;
  /** A page of a schema's tables and views, those that may not be read among them. */
  tables(schema: string, request: CatalogRequest, signal: AbortSignal): Promise<Page<TableInfo>>;
  owners(signal: AbortSignal): Promise<OwnerInfo[]>;
  columns(schema: string, table: string, signal: AbortSignal): Promise<ColumnInfo[]>;
  /** What the table is to its warehouse, whatever names it: a table is not loaded into itself. */
  origin?(schema: string, table: string, signal: AbortSignal): Promise<Origin | null>;
  /** Never throws for what the warehouse refuses: that is the check's outcome. */
  inspect(
    schema: string,
    table: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<TableInspection>;
  /** The whole of a value that a preview has cut; null when the row is gone or the value is too long to be read as text. */
  cell(request: CellRequest, signal: AbortSignal): Promise<Cell>;
  keyHealth(schema: string, table: string, keys: string[], signal: AbortSignal): Promise<KeyHealth>;
  profile(
    schema: string,
    table: string,
    column: string,
    signal: AbortSignal,
  ): Promise<ColumnProfile>;
  /** Makes the change set of a run, or finds the one that a killed worker made for the same run. */
  changes(
    request: ChangeSetRequest,
    signal: AbortSignal,
    observe?: StatementObserver,
  ): Promise<ChangeSet>;
  /** What `changes` would find, by reading alone. */
  dryRun(
    request: Omit<ChangeSetRequest, "runId" | "fence" | "onlyKeys" | "logDays">,
    signal: AbortSignal,
  ): Promise<DryRun>;
  /** What is kept in the warehouse, of these connections and of others. */
  kept(connectionIds: string[], signal: AbortSignal): Promise<StateTable[]>;
  /** Drops what was remembered as delivered, so that the next run delivers every row; the log and the count of runs stay. */
  prune(connectionId: string, signal: AbortSignal): Promise<void>;
  /** The longest text of each of these columns, in bytes. */
  longest?(
    schema: string,
    table: string,
    columns: string[],
    signal: AbortSignal,
  ): Promise<number[]>;
  digest?(
    schema: string,
    table: string,
    columns: string[],
    keys: string[],
    signal: AbortSignal,
  ): Promise<RowDigest[]>;
  /** Removes what a run that is over for good, or all runs of a connection, have left outside of the warehouse; what stays, the next run removes. Absent where there is nothing. */
  discard?(connectionId: string, runId: string | null, signal: AbortSignal): Promise<void>;
  /** Whether large reads work: UNLOAD to the source's bucket, and back. Absent where none is configured. */
  checkUnload?(signal: AbortSignal): AsyncIterable<CheckUpdate>;
  /** Drops everything kept in the warehouse for a connection. */
  forget(connectionId: string, signal: AbortSignal): Promise<void>;
}

/**
 * Events on their way out: JSON texts in UTF-8, one after the other with a comma between. Before the first and after
 * the last there are at least `ENVELOPE_BYTES` more, in which a destination may write what stands around them.
 */
export type EventBatch = {
  bytes: Uint8Array;
  /** Where each event begins and ends in `bytes`. */
  starts: number[];
  ends: number[];
  /** The row of each event. */
  seqs: number[];
  /** All of them may be such as were refused before: that it refuses every one says nothing about the destination. */
  expectRefusals?: boolean;
};

export const ENVELOPE_BYTES = 64;

/** `key` and `column` where whoever rejects it knows them. */
export type Rejection = {
  seq: number;
  reason: string;
  code?: string;
  key?: string | null;
  column?: string;
};
/** Every event of the batch is either delivered or named in `rejected`. Anything else is thrown as a SyncError. */
export type DeliveryResult = { rejected: Rejection[] };

/** A destination that takes each row as an event. */
export interface EventDestination {
  takes: "events";
  /** `concurrency`: how many batches it takes at once as things are; it may change from one batch to the next. */
  readonly limits: {
    readonly maxBatchEvents: number;
    readonly maxBatchBytes: number;
    readonly maxEventBytes: number;
    readonly concurrency: number;
  };
  check(signal: AbortSignal): AsyncIterable<CheckUpdate>;
  /** The bytes are the caller's, who uses them again once this has ended. */
  deliver(batch: EventBatch, signal: AbortSignal): Promise<DeliveryResult>;
  close(): Promise<void>;
}

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
   * `seq`; rows that the target refuses are told to `onRejected` before anything is committed, and counted on top.
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
/** All rows whose key's hash begins with `range`: how many, and a sum over their values. */
export type RowDigest = { range: string; rows: number; sum: string };
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

export type DestinationConnector = EventDestination | TableDestination;
