// What a source keeps of what was delivered.

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

/** A system that keeps, for each connection, what was delivered. */
export interface DeliveredState {
  /** What is kept, of these connections and of others. */
  kept(connectionIds: string[], signal: AbortSignal): Promise<StateTable[]>;
  /** Drops what was remembered as delivered, so that the next run delivers every row; the log and the count of runs stay. */
  prune(connectionId: string, signal: AbortSignal): Promise<void>;
  /** Drops everything that is kept for a connection. */
  forget(connectionId: string, signal: AbortSignal): Promise<void>;
  /**
   * Removes what a run that is over for good, or all runs of a connection, have left outside of the system; what stays,
   * the next run removes. Absent where there is nothing.
   */
  discard?(connectionId: string, runId: string | null, signal: AbortSignal): Promise<void>;
}
