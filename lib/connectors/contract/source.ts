// A source says what it can by what it implements: the engine and the pages ask for a capability, never for a kind.
import { SyncError } from "@/lib/platform/errors";
import type { Catalog } from "./catalog";
import type { ChangeDetection } from "./changes";
import type { CheckUpdate } from "./checks";
import type { TableComparison } from "./comparison";
import type { TablePreview } from "./preview";
import type { DeliveredState } from "./state";

/** What every source has. */
export interface BaseSource {
  /** Each part and each result as soon as it is known; every check has exactly one result, whatever happened to the others. */
  check(signal: AbortSignal): AsyncIterable<CheckUpdate>;
}

/** A source that has a bucket through which large reads can go. */
export interface LargeReads {
  /** Whether they work: out to the bucket, and back. */
  checkUnload(signal: AbortSignal): AsyncIterable<CheckUpdate>;
}

export type Capabilities = {
  catalog: Catalog;
  preview: TablePreview;
  changes: ChangeDetection;
  state: DeliveredState;
  comparison: TableComparison;
  largeReads: LargeReads;
};
export type Capability = keyof Capabilities;

/** A source of any kind. What it can do beyond being checked is found out by `can`. */
export type SourceConnector = BaseSource &
  Partial<Catalog & TablePreview & ChangeDetection & DeliveredState & TableComparison & LargeReads>;

/** One method of each capability, by which it is recognized: who has it has the rest of the capability. */
const RECOGNIZED_BY = {
  catalog: "schemas",
  preview: "inspect",
  changes: "changes",
  state: "kept",
  comparison: "digest",
  largeReads: "checkUnload",
} as const;
const NAMES: Record<Capability, string> = {
  catalog: "list its tables",
  preview: "show a table's rows",
  changes: "find what has changed in a table",
  state: "keep what was delivered",
  comparison: "compare its tables with others",
  largeReads: "send large reads through a bucket",
};

/** Whether a source has a capability. */
export const can = <C extends Capability>(
  source: SourceConnector,
  capability: C,
): source is SourceConnector & Capabilities[C] => RECOGNIZED_BY[capability] in source;

/** The source as one that has the capability. Throws a terminal SyncError where its kind lacks it. */
export function sourceThatCan<C extends Capability>(
  source: SourceConnector,
  capability: C,
): SourceConnector & Capabilities[C] {
  if (can(source, capability)) return source;
  throw new SyncError(`This kind of source can't ${NAMES[capability]}.`, "terminal");
}
