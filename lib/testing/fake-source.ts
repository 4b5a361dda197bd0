import type {
  ChangeSet,
  ChangeSetRequest,
  ColumnInfo,
  SourceConnector,
} from "@/lib/connectors/contract";
import { pageOf, type ChangedRow } from "@/lib/testing/changes";

/** A source with one change set, kept over workers as the warehouse keeps it. */
export class FakeSource implements SourceConnector {
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
  async *check(): AsyncIterable<never> {}
  schemas = async () => ({ items: [], next: null });
  tables = async () => ({ items: [], next: null });
  owners = async () => [];
  columns = async () => this.columnInfos;
  inspect = async () => ({
    check: {
      id: "table",
      title: "SELECT on the chosen table",
      status: "passed" as const,
      summary: "",
    },
    preview: { columns: this.columnInfos, rows: [], cut: null, fewerRows: false },
  });
  cell = async () => null;
  keyHealth = async () => ({
    rows: 0,
    distinct: 0,
    nullRows: 0,
    emptyRows: 0,
    duplicateKeys: 0,
    duplicateRows: 0,
    longRows: 0,
    examples: [],
    isUnique: true,
  });
  profile = async (_schema: string, _table: string, column: string) => ({
    column,
    rows: 0,
    nullRows: 0,
    distinct: 0,
    min: null,
    max: null,
    longestBytes: null,
    top: [],
  });
  dryRun = async () => Promise.reject(new Error("not part of a run"));
  kept = async () => [];
  prune = async () => undefined;
  forget = async () => undefined;
}
