import type { Rejected } from "@/lib/connectors/contract/changes";
import type { Payload } from "./payload";
import type { Range, Reached } from "./settled";

/** plan: judge the mapping · extract: find the changes · load: transform and deliver them · commit: move the state. */
export type Stage = "plan" | "extract" | "load" | "commit";

/** Of the settled rows: delivered + rejected = those up to the checkpoint and those beyond it, always. */
export type Progress = {
  read: number;
  toDeliver: number;
  unchanged: number;
  /** Keys found gone from the source, which are among `toDeliver`. */
  deletes: number;
  delivered: number;
  rejected: number;
  /** Every row of the change set up to this seq is delivered or recorded as rejected. */
  checkpoint: number;
  /** And so are these rows after it: batches settle in any order. As few as are in flight. */
  beyond: Range[];
};

export type RejectedRow = {
  seq: number;
  key: string | null;
  column?: string;
  /** Plain sentence. */
  reason: string;
  /** An `InvalidReason`, "no-identity", "event-too-large", or the receiver's status. */
  code?: string;
  /** What was to be sent: the event, or the row's values where it has none. */
  payload?: Payload;
};

/**
 * Where a run is kept. Every method is awaited, and one that throws fails the run: what can't be recorded didn't
 * happen. A store whose lease is lost throws `LeaseLost`, and nothing more is sent.
 */
export interface RunStore {
  /** `detail`: what a person is told of a stage that has ended. */
  stage(stage: Stage, status: "started" | "finished", detail?: string): Promise<void>;
  /** At most about twenty times a second, less where it is slow, and at the end of the stage `load`. */
  progress(progress: Progress): Promise<void>;
  /** Keyed by run and seq: a row recorded before is not recorded again, nor changed. */
  reject(rows: RejectedRow[]): Promise<void>;
  /** The last `progress` of this run, by whichever worker; zeros before the first. */
  checkpoint(): Promise<Reached & { rejected: number }>;
  /** Rows recorded by `reject`, less those whose code is one of `invalidReasons`; in order of seq. */
  rejections(): Promise<(Rejected & { code: string | null })[]>;
}

/** Another worker has the run now. Not a failure of the run: this worker just lets go of it. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}
