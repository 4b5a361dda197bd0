// Rows into a table, batch by batch: staged while they are read, committed with their checkpoint, told as they land.
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import {
  changeFields,
  DELETE_MARK,
  invalidReasons,
  type ChangeSet,
  type RowPage,
  type StatementObserver,
} from "@/lib/connectors/contract/changes";
import type { Rejection } from "@/lib/connectors/contract/events";
import type { LoadReport, TableDestination, TableLoad } from "@/lib/connectors/contract/rows";
import { fieldsOf, locate, numberOf, textOf } from "@/lib/event/tuple";
import type { Clock } from "@/lib/platform/clock";
import { SyncError } from "@/lib/platform/errors";
import type { Settled } from "./load";
import { payloadOfRow, type Payload } from "./payload";
import { settledRows } from "./settled";
import type { RejectedRow, RunStore } from "./store";
import { invalidText } from "./transform";

export type RowsJob = {
  destination: TableDestination;
  changes: ChangeSet;
  ids: { connectionId: string; runId: string };
  fence: number;
  table: string;
  keys: string[];
  /** The columns as a person has them: the order in which a new table gets them. */
  order: string[];
  /** The table holds nothing but the rows of this change set afterwards. */
  replaces: boolean;
  store: RunStore;
  clock: Clock;
  save(settled: Settled): Promise<void>;
  /** Told of each statement that is sent to the target. */
  observe?: StatementObserver;
  signal: AbortSignal;
};

const HEAD = changeFields.values;
const NOTHING: Settled = { seq: 0, delivered: 0, rejected: 0, beyond: [] };

/** Splits a page: rows to load, and those that the source marked as invalid or an earlier worker recorded as rejected. */
function sortRows(
  { chunks }: RowPage,
  keyNames: string,
  rejectedBefore: ReadonlySet<number>,
): { page: RowPage; rejected: RejectedRow[]; again: number; lastSeq: number } {
  const head = fieldsOf(HEAD);
  const rejected: RejectedRow[] = [];
  let lastSeq = 0;
  let again = 0;
  let rows = 0;
  const kept = chunks.map(({ bytes, at }) => ({
    bytes,
    at: at.filter((position) => {
      locate(bytes, position, head);
      lastSeq = numberOf(bytes, head, changeFields.seq);
      if (rejectedBefore.has(lastSeq)) {
        again += 1;
        return false;
      }
      if (head.lengths[changeFields.mark]! >= 0) {
        const mark = textOf(bytes, head, changeFields.mark);
        if (mark !== DELETE_MARK) {
          const invalid = invalidReasons.find((reason) => reason === mark);
          if (!invalid)
            throw new SyncError(
              `The change set marks a row as “${mark}”, which means nothing here.`,
              "terminal",
            );
          rejected.push({
            seq: lastSeq,
            key: textOf(bytes, head, changeFields.key),
            column: keyNames,
            reason: invalidText(invalid, keyNames),
            code: invalid,
          });
          return false;
        }
      }
      rows += 1;
      return true;
    }),
  }));
  return { page: { rows, chunks: kept }, rejected, again, lastSeq };
}

/** What rows of a page were to be loaded as: read only for those that are rejected. */
function payloadsOf(
  { chunks }: RowPage,
  columns: readonly ColumnInfo[],
  seqs: ReadonlySet<number>,
): Map<number, Payload> {
  const payloads = new Map<number, Payload>();
  if (seqs.size === 0) return payloads;
  const fields = fieldsOf(changeFields.values + columns.length);
  for (const { bytes, at } of chunks) {
    for (const position of at) {
      locate(bytes, position, fields);
      const seq = numberOf(bytes, fields, changeFields.seq);
      if (seqs.has(seq))
        payloads.set(
          seq,
          payloadOfRow(columns, (index) => textOf(bytes, fields, changeFields.values + index)),
        );
    }
  }
  return payloads;
}

const recorded = ({ seq, reason, code, key = null, column }: Rejection): RejectedRow => ({
  seq,
  key,
  reason,
  ...(code && { code }),
  ...(column && { column }),
});

/** Loads every row of a change set. Gone on with from where the target itself says that this run has come. */
export async function loadRows(job: RowsJob): Promise<Settled & { detail?: string }> {
  const { destination, changes, ids, fence, table, keys, order, signal } = job;
  const last = changes.counts.toDeliver + changes.counts.invalid;
  if (last === 0) {
    await destination.sweep?.(ids.connectionId, fence, signal);
    await job.save({ ...NOTHING });
    return NOTHING;
  }
  const before = await job.store.checkpoint();
  if (changes.resumed && before.seq === last) {
    // the source's state may have moved too: then the change set's columns are gone
    await destination.sweep?.(ids.connectionId, fence, signal);
    return { ...before, delivered: settledRows(before) - before.rejected };
  }
  const load = destination.openLoad(
    {
      ...ids,
      fence,
      table,
      columns: changes.columns,
      order,
      keys,
      oneRowPerKey: true,
      origin: changes.origin ?? null,
      replaces: job.replaces,
    },
    job.observe,
  );
  try {
    const { seq, loaded, deleted, rejected } = await load.prepare(signal);
    // the same numbers would be of other rows
    if (seq > 0 && !changes.resumed)
      throw new SyncError(
        "The rows this run was loading are gone from the warehouse.",
        "terminal",
        { remedy: "Nothing is lost: the next run finds the same changes anew." },
      );
    let settled: Settled = { seq, delivered: loaded + deleted, rejected, beyond: [] };
    await job.save(settled);
    const reports: LoadReport[] = [];
    while (settled.seq < last) {
      settled = await loadOnwards(job, load, settled, reports);
    }
    return { ...settled, detail: detailOf(reports) };
  } finally {
    await load.cleanup();
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** How the load went, for the run's page. */
function detailOf(reports: readonly LoadReport[]): string | undefined {
  if (reports.length === 0) return undefined;
  const sum = (of: (report: LoadReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0);
  const count = (n: number, what: string): string =>
    `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
  const [parts, cut] = [sum((report) => report.parts), sum((report) => report.cut)];
  return [
    count(reports.length, "batch").replace("batchs", "batches"),
    ...(parts > 0
      ? [`${count(parts, "file")} of ${(sum((report) => report.bytes) / 1e6).toFixed(2)} MB in all`]
      : []),
    `COPY ${seconds(sum((report) => report.copyMs))}`,
    `upsert ${seconds(sum((report) => report.upsertMs))}`,
    ...(cut > 0 ? [`${count(cut, "text")} cut to fit`] : []),
  ].join(" · ");
}

/** Reads from a checkpoint to the end, or until a batch must be staged again. */
async function loadOnwards(
  { destination, changes, keys, store, clock, save, signal }: RowsJob,
  load: TableLoad,
  from: Settled,
  reports: LoadReport[],
): Promise<Settled> {
  const last = changes.counts.toDeliver + changes.counts.invalid;
  const rejectedBefore = new Set(
    changes.resumed
      ? (await store.rejections()).flatMap(({ seq }) => (seq > from.seq ? [seq] : []))
      : [],
  );
  const keyNames = keys.join("”, “");
  let settled = from;
  let rejected = from.rejected;
  let staged = 0;
  let began = clock.now().getTime();
  const reject = async (rows: RejectedRow[]) => {
    if (rows.length > 0) await store.reject(rows);
  };
  for await (const page of changes.read(from.seq, signal)) {
    signal.throwIfAborted();
    const sorted = sortRows(page, keyNames, rejectedBefore);
    const withPayloads = (rows: RejectedRow[]): RejectedRow[] => {
      const payloads = payloadsOf(page, changes.columns, new Set(rows.map(({ seq }) => seq)));
      return rows.map((row) => ({ ...row, payload: payloads.get(row.seq) }));
    };
    await reject(withPayloads(sorted.rejected));
    const refused = await load.stage(sorted.page, signal);
    await reject(withPayloads(refused.map(recorded)));
    rejected += sorted.rejected.length + sorted.again + refused.length;
    staged += sorted.page.rows;
    const isDue =
      staged >= destination.batch.rows || clock.now().getTime() - began >= destination.batch.ms;
    if (!isDue && sorted.lastSeq < last) continue;
    const report = await load.commit(
      {
        seq: sorted.lastSeq,
        rejectedSoFar: rejected,
        onRejected: (rows) => reject(rows.map(recorded)),
      },
      signal,
    );
    if (report === "again") return settled;
    const { checkpoint } = report;
    settled = {
      seq: checkpoint.seq,
      delivered: checkpoint.loaded + checkpoint.deleted,
      rejected: checkpoint.rejected,
      beyond: [],
    };
    rejected = checkpoint.rejected;
    reports.push(report);
    await save(settled);
    staged = 0;
    began = clock.now().getTime();
  }
  if (settled.seq < last)
    throw new SyncError(`The change set ended at row ${settled.seq} of ${last}.`, "terminal");
  return settled;
}
