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
export type CheckUpdate = Omit<CheckResult, "status"> & { status: CheckResult["status"] | "running" };

export type SchemaInfo = { name: string; readable: boolean };
export type TableKind = "table" | "view" | "external" | "shared";
export type TableInfo = { schema: string; name: string; kind: TableKind; readable: boolean; rowEstimate?: number };
/** Somebody who makes tables in a schema: what they rebuild keeps a grant only when they are named in it. */
export type OwnerInfo = { schema: string; owner: string; tables: number };
export type ColumnInfo = {
  name: string;
  /** As the server writes it, e.g. `numeric(18,2)`. */
  type: string;
  /** How the wire's text becomes JSON. */
  kind: ColumnKind;
};

/** The wire's own text of one value; null is NULL. */
export type Cell = string | null;
export type Preview = { columns: ColumnInfo[]; rows: Cell[][] };

/** What a source reads: chosen columns of one table, and which one identifies a row. */
export type Selection = {
  schema: string;
  table: string;
  columns: string[];
  key: string;
};

export type ChangeCounts = { read: number; unchanged: number; toDeliver: number; invalid: number };

/** Why a row can't be delivered: no key, a key of several rows, a key or a value too long to be kept or sent. */
export const invalidReasons = ["null-key", "duplicate-key", "long-key", "long-value"] as const;
export type InvalidReason = (typeof invalidReasons)[number];

/**
 * The fields of a changed row's tuple (lib/event/tuple.ts); from `values` on those of `Selection.columns`, in that order.
 * - seq: position in this run's change set; dense from 1, the order of delivery and of the checkpoint.
 * - key: text of the key; NULL when the row has none.
 * - messageId: 32 hex digits that follow from connection, key, values, mapping and revision.
 * - revision: how often this key has changed under this connection, 1 for its first delivery.
 * - invalid: an `InvalidReason` for a row that can't be delivered, else NULL.
 */
export const changeFields = { seq: 0, key: 1, messageId: 2, revision: 3, invalid: 4, values: 5 } as const;

/** Rows as they came over the wire: chunks of bytes, and where in each the tuples begin. */
export type RowPage = { rows: number; chunks: { bytes: Uint8Array; at: number[] }[] };

/**
 * The change set of one run, kept in the warehouse until it is committed: reading it twice gives the same rows in
 * the same order, whatever happens to the table meanwhile.
 */
export interface ChangeSet {
  counts: ChangeCounts;
  columns: ColumnInfo[];
  /** A worker before made it: its checkpoint holds. False: it is new, and a checkpoint would be of another one. */
  resumed: boolean;
  /** Rows after `afterSeq` in order of `seq`, in pages of bounded size; the next page is fetched while one is used. */
  read(afterSeq: number, signal: AbortSignal): AsyncIterable<RowPage>;
  /**
   * Moves the state: every row of the change set but the invalid and the `rejected` (seqs of valid rows) counts as delivered.
   * In one transaction with the fence: throws a terminal SyncError when a later fence has been here.
   * Repeating it after a lost answer changes nothing.
   */
  commit(rejected: number[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export type ChangeSetRequest = {
  selection: Selection;
  connectionId: string;
  runId: string;
  /** Part of every row's hash: with another mapping every row is new. */
  mappingHash: string;
  /** Grows with each worker that takes the run, over all runs of a connection. */
  fence: number;
};

export interface SourceConnector {
  /** Each part and each result as soon as it is known; every check has exactly one result, whatever happened to the others. */
  check(signal: AbortSignal): AsyncIterable<CheckUpdate>;
  schemas(signal: AbortSignal): Promise<SchemaInfo[]>;
  tables(schema: string, signal: AbortSignal): Promise<TableInfo[]>;
  owners(signal: AbortSignal): Promise<OwnerInfo[]>;
  columns(schema: string, table: string, signal: AbortSignal): Promise<ColumnInfo[]>;
  preview(schema: string, table: string, limit: number, signal: AbortSignal): Promise<Preview>;
  /** Makes the change set of a run, or finds the one that a killed worker made for the same run. */
  changes(request: ChangeSetRequest, signal: AbortSignal): Promise<ChangeSet>;
  /** Drops everything kept in the warehouse for a connection. */
  forget(connectionId: string, signal: AbortSignal): Promise<void>;
}

/** Events on their way out: JSON texts in UTF-8, one after the other with a comma between. */
export type EventBatch = {
  bytes: Uint8Array;
  /** Where each event begins and ends in `bytes`. */
  starts: number[];
  ends: number[];
  /** The row of each event. */
  seqs: number[];
};

export type Rejection = { seq: number; reason: string; code?: string };
/** Every event of the batch is either delivered or named in `rejected`. Anything else is thrown as a SyncError. */
export type DeliveryResult = { rejected: Rejection[] };

export interface DestinationConnector {
  limits: { maxBatchEvents: number; maxBatchBytes: number; maxEventBytes: number; concurrency: number };
  check(signal: AbortSignal): AsyncIterable<CheckResult>;
  /** The bytes are the caller's, who uses them again once this has ended. */
  deliver(batch: EventBatch, signal: AbortSignal): Promise<DeliveryResult>;
  close(): Promise<void>;
}
