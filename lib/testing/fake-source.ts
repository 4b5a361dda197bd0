import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import type {
  ChangeDetection,
  ChangeSet,
  ChangeSetRequest,
} from "@/lib/connectors/contract/changes";
import { pageOf, type ChangedRow } from "@/lib/testing/changes";

/** A source with one change set, kept over workers as the warehouse keeps it. */
export class FakeSource implements ChangeDetection {
  requests: ChangeSetRequest[] = [];
  commits: number[][] = [];
  readFrom: number[] = [];
  closed = 0;
  pageRows = 10;
  /** Called before each page is given out. */
  beforePage: (firstSeq: number, signal: AbortSignal) => Promise<void> | void = () => undefined;
  private made = new Set<string>();

  constructor(
    readonly columnInfos: ColumnInfo[],
    readonly rows: ChangedRow[],
    readonly unchanged = 0,
  ) {}

  async changes(request: ChangeSetRequest, _signal: AbortSignal): Promise<ChangeSet> {
    this.requests.push(request);
    const resumed = this.made.has(request.runId);
    this.made.add(request.runId);
    const invalid = this.rows.filter((row) => row.invalid).length;
    const deletes = this.rows.filter((row) => row.isDelete).length;
    const { rows, unchanged, readFrom, pageRows, commits } = this;
    const beforePage = (seq: number, signal: AbortSignal) => this.beforePage(seq, signal);
    return {
      counts: {
        read: rows.length - deletes + unchanged,
        unchanged,
        toDeliver: rows.length - invalid,
        invalid,
        inserts: rows.length - deletes,
        deletes,
        known: unchanged + deletes,
      },
      columns: this.columnInfos,
      resumed,
      async *read(afterSeq, signal) {
        readFrom.push(afterSeq);
        for (let at = afterSeq; at < rows.length; at += pageRows) {
          signal.throwIfAborted();
          await beforePage(at + 1, signal);
          yield pageOf(rows.slice(at, at + pageRows));
        }
      },
      commit: async (rejected) => {
        commits.push(rejected.map(({ seq }) => seq));
      },
      close: async () => {
        this.closed++;
      },
    };
  }
  dryRun = () => Promise.reject(new Error("A run finds changes by `changes`."));
}
