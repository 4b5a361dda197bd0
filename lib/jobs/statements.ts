import type { StatementObserver } from "@/lib/connectors/contract/changes";
import { withStatement } from "@/lib/runs/rules";
import type { StatementRecord } from "@/lib/runs/schema";

const SAVE_EVERY_MS = 1_000;

export type StatementLog = {
  observe: StatementObserver;
  /** Another stage begins, with none of its own yet. */
  begin(): void;
  /** Saves what is new: before the run ends. */
  flush(): Promise<void>;
  /** What is new, for whoever saves it with something else; undefined where nothing is. */
  unsaved(): StatementRecord[] | undefined;
  close(): void;
};

/** What a run sends to the warehouse, saved about once a second while it goes on: so one sees what takes long while it does. */
export function openStatementLog(
  save: (statements: StatementRecord[]) => Promise<void>,
  onError: (error: unknown) => void,
): StatementLog {
  let records: StatementRecord[] = [];
  let isNew = false;
  const unsaved = () => {
    if (!isNew) return undefined;
    isNew = false;
    return records;
  };
  const flush = async () => {
    const fresh = unsaved();
    if (fresh) await save(fresh);
  };
  const timer = setInterval(() => void flush().catch(onError), SAVE_EVERY_MS);
  const note = (record: Omit<StatementRecord, "times">) => {
    records = withStatement(records, record);
    isNew = true;
  };
  return {
    observe: (sql) => {
      const began = performance.now();
      note({ sql, ms: 0, rows: null, state: "running" });
      return ({ rows, failed }) =>
        note({
          sql,
          ms: Math.round(performance.now() - began),
          rows,
          state: failed ? "failed" : "done",
        });
    },
    begin: () => {
      records = [];
    },
    flush,
    unsaved,
    close: () => clearInterval(timer),
  };
}
