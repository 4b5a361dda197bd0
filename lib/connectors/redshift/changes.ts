// What has changed since the last run, found by the warehouse itself. A run's changes are a table of their own (its
// delta) until they are committed, so that a killed worker's successor goes on with the very same rows.
import { changeFields, type ChangeCounts, type ChangeSet, type ChangeSetRequest, type ColumnInfo, type RowPage } from "@/lib/connectors/contract";
import { retryTransient, type Delay } from "@/lib/connectors/retry";
import { fieldsOf, locate, numberOf } from "@/lib/event/tuple";
import { SyncError } from "@/lib/platform/errors";
import { listColumns } from "./catalog";
import type { RedshiftSession, Rows } from "./client";
import type { RedshiftColumn } from "./columns";
import { STATE_SCHEMA } from "./spec";
import * as sql from "./sql";

/** Opens a connection whose statements may run for hours: change detection of a big table does. */
export type Open = (signal: AbortSignal) => Promise<RedshiftSession>;

/** Conflicts (1023) are met again with even odds under load; five tries make them rare, and end when they never stop. */
const RETRIES = { tries: 5, firstDelayMs: 200, maxDelayMs: 5_000 };
/** On a connection that is kept: when it is lost, only the next worker's can help. */
const CONFLICT_RETRIES = { ...RETRIES, when: (error: SyncError) => ["1023", "40001", "40P01", "42P07"].includes(error.detail.code ?? "") };
/** Each page costs a round trip and a plan; more rows than this buy little. */
const PAGE_ROWS = 5_000;
/** Bound of one page in memory, by the largest row of the run. */
const PAGE_BYTES = 8 * 1024 * 1024;

type Delta = { counts: ChangeCounts; maxRowBytes: number };
type State = { fence: number; committedRun: string | null; deltaRun: string | null; deltaMappingHash: string | null; delta(): Delta };

const terminal = (message: string, code?: string) => new SyncError(message, "terminal", { ...(code && { code }) });
const codeOf = (error: unknown) => (error instanceof SyncError ? error.detail.code : undefined);
const count = (rows: Rows, column = 0): number => {
  const text = rows[0]?.[column];
  if (text === null || text === undefined || !/^\d+$/.test(text)) throw terminal("The warehouse did not answer a count with a number.");
  return Number(text);
};

/**
 * The change set of a run: found if a worker before made it, else made. Keeps its connection until `close`. Throws
 * SyncErrors: user-fixable when the source lacks what is selected, terminal when a later worker has the connection
 * or the counts don't add up, transient when the warehouse may do it next time.
 */
export async function openChanges(open: Open, request: ChangeSetRequest, delay: Delay, signal: AbortSignal): Promise<ChangeSet> {
  const session = await open(signal);
  try {
    await ensureState(session, request, signal);
    const before = await retryTransient(() => claim(session, request, signal), CONFLICT_RETRIES, delay, signal);
    const resumed = before?.deltaRun === request.runId;
    const delta = resumed ? resume(before, request) : await retryTransient(() => detect(session, request, signal), CONFLICT_RETRIES, delay, signal);
    const committed = before?.committedRun === request.runId;
    // The delta's own types, not the source's: the source may have changed since a killed worker made it.
    const stored = committed ? [] : await listColumns(session, STATE_SCHEMA, sql.deltaTable(request.connectionId, request.runId), signal);
    const columns = request.selection.columns.flatMap((name, index): RedshiftColumn[] => {
      const column = stored.find((candidate) => candidate.name === `c${index}`);
      return column ? [{ ...column, name }] : [];
    });
    if (!committed && columns.length !== request.selection.columns.length) throw terminal("The change set of this run doesn't have the selected columns.");
    return changeSet(session, open, request, delta, columns, resumed, delay);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Makes the tables that are missing. Two who make one at the same time: one is refused, and finds it the second time. */
async function ensureState(session: RedshiftSession, request: ChangeSetRequest, signal: AbortSignal): Promise<void> {
  for (const statement of sql.createState(request.connectionId)) {
    try {
      await session.query(statement, signal);
    } catch (error) {
      if (!["42P07", "42710", "23505", "1023", "40001"].includes(codeOf(error) ?? "")) throw error;
      await session.query(statement, signal);
    }
  }
}

/** The state as this worker may use it; undefined before the first run. Throws when a later worker has been here. */
async function readState(session: RedshiftSession, { connectionId, fence }: ChangeSetRequest, signal: AbortSignal): Promise<State | undefined> {
  const rows = await session.query(sql.readState(connectionId), signal);
  const [row] = rows;
  if (!row) return undefined;
  const state: State = {
    fence: count(rows), committedRun: row[1] ?? null, deltaRun: row[2] ?? null, deltaMappingHash: row[3] ?? null,
    delta: () => ({ counts: { read: count(rows, 4), unchanged: count(rows, 5), toDeliver: count(rows, 6), invalid: count(rows, 7) }, maxRowBytes: count(rows, 8) }),
  };
  if (state.fence > fence) throw terminal("Another worker has taken over this connection.", "FENCED");
  return state;
}

/** Raises the connection's fence to ours, so that whoever had it before can no longer commit. Gives the state as it was. */
const claim = (session: RedshiftSession, request: ChangeSetRequest, signal: AbortSignal): Promise<State | undefined> => session.transaction(async () => {
  const state = await readState(session, request, signal);
  await session.query(state ? sql.moveFence(request.connectionId, request.fence) : sql.insertState(request.connectionId, request.fence), signal);
  return state;
}, signal);

function resume(state: State, { runId, mappingHash }: ChangeSetRequest): Delta {
  if (state.deltaMappingHash !== mappingHash && state.committedRun !== runId) throw terminal("The mapping was changed while this run was interrupted. The next run delivers by the new one.");
  return state.delta();
}

/** Makes the delta and proves its counts, all in one transaction: a delta that is listed is complete. A dead run's is dropped. */
async function detect(session: RedshiftSession, request: ChangeSetRequest, signal: AbortSignal): Promise<Delta> {
  const { selection } = request;
  const known = new Map((await listColumns(session, selection.schema, selection.table, signal)).map((column) => [column.name, column]));
  if (known.size === 0) throw missing(`There is no table “${selection.schema}”.“${selection.table}”, or this user may not see it.`);
  const column = (name: string) => known.get(name) ?? (() => { throw missing(`The table “${selection.table}” no longer has the column “${name}”.`); })();
  const plan: sql.DeltaPlan = { ...request, columns: selection.columns.map(column), key: column(selection.key) };
  return session.transaction(async () => {
    const state = await readState(session, request, signal); // a later worker may have come since the claim
    if (state?.deltaRun) await session.query(sql.dropDelta(request.connectionId, state.deltaRun), signal);
    await session.query(sql.createDelta(plan), signal);
    const read = count(await session.query(sql.countRead(plan), signal));
    const unchanged = count(await session.query(sql.countUnchanged(plan), signal));
    const delta = await session.query(sql.countDelta(plan), signal);
    const [toDeliver, invalid, lastSeq, maxRowBytes] = [count(delta, 0), count(delta, 1), count(delta, 2), count(delta, 3)];
    if (read !== unchanged + toDeliver + invalid || lastSeq !== toDeliver + invalid) {
      throw terminal(`The change set doesn't add up: ${read} rows read, ${unchanged} unchanged, ${toDeliver} to deliver, ${invalid} invalid. Does the source, if it is a view, give other rows each time?`);
    }
    const counts: ChangeCounts = { read, unchanged, toDeliver, invalid };
    await session.query(sql.recordDelta(plan, counts, maxRowBytes), signal);
    return { counts, maxRowBytes };
  }, signal);
}

const missing = (message: string) => new SyncError(message, "user-fixable", { remedy: "Open the source and select its data again." });

function changeSet(session: RedshiftSession, open: Open, request: ChangeSetRequest, delta: Delta, columns: RedshiftColumn[], resumed: boolean, delay: Delay): ChangeSet {
  const total = delta.counts.toDeliver + delta.counts.invalid;
  const pageRows = Math.max(1, Math.min(PAGE_ROWS, Math.floor(PAGE_BYTES / Math.max(1, delta.maxRowBytes))));

  const page = async (afterSeq: number, signal: AbortSignal): Promise<RowPage> =>
    afterSeq >= total ? { rows: 0, chunks: [] } : session.read(sql.readPage(request.connectionId, request.runId, columns, afterSeq, afterSeq + pageRows), signal);

  async function* read(afterSeq: number, signal: AbortSignal): AsyncIterable<RowPage> {
    let next = page(afterSeq, signal);
    for (let last = afterSeq; ;) {
      const rows = await next;
      if (rows.rows === 0) {
        if (last < total) throw terminal(`The change set ended at row ${last} of ${total}.`);
        return;
      }
      last = lastSeqOf(rows, columns.length);
      next = page(last, signal);
      next.catch(() => undefined); // reported when it is awaited, if the reader comes back for it
      yield rows;
    }
  }

  return {
    counts: delta.counts,
    columns: columns.map(({ name, type, kind }): ColumnInfo => ({ name, type, kind })),
    resumed,
    read,
    commit: (rejected, signal) => retryTransient(async () => {
      // A connection of its own each time: after a lost answer the old one is useless, and after long delivery it may be dead.
      const fresh = await open(signal);
      try {
        await commit(fresh, request, delta.counts.toDeliver, rejected, signal);
      } finally {
        await fresh.close();
      }
    }, RETRIES, delay, signal),
    close: () => session.close(),
  };
}

function lastSeqOf({ chunks }: RowPage, columns: number): number {
  const chunk = chunks.findLast(({ at }) => at.length > 0);
  if (!chunk) return 0;
  const fields = fieldsOf(changeFields.values + columns);
  locate(chunk.bytes, chunk.at.at(-1)!, fields);
  return numberOf(chunk.bytes, fields, changeFields.seq);
}

async function commit(session: RedshiftSession, request: ChangeSetRequest, toDeliver: number, rejected: number[], signal: AbortSignal): Promise<void> {
  const statements = sql.commitDelta(request, rejected);
  await session.transaction(async () => {
    const state = await readState(session, request, signal);
    if (state?.committedRun === request.runId) return; // committed before; only the answer was lost
    if (state?.deltaRun !== request.runId) throw terminal("The change set of this run is gone from the warehouse.");
    let excluded = 0;
    for (const statement of statements.exclude) excluded += await session.execute(statement, signal);
    if (excluded !== rejected.length) throw terminal(`${rejected.length} rows were rejected, but the change set has ${excluded} of them.`);
    await session.query(statements.replace, signal);
    const written = await session.execute(statements.insert, signal);
    if (written !== toDeliver - rejected.length) throw terminal(`${toDeliver - rejected.length} rows were delivered, but ${written} were stored as delivered.`);
    await session.query(statements.state, signal);
    await session.query(statements.drop, signal);
  }, signal);
}

/** Drops every table of a connection. Nothing there is no failure. */
export async function forgetConnection(session: RedshiftSession, connectionId: string, delay: Delay, signal: AbortSignal): Promise<void> {
  await retryTransient(() => session.transaction(async () => {
    for (const [table] of await session.query(sql.tablesOfConnection(connectionId), signal)) if (table) await session.query(sql.dropTable(table), signal);
  }, signal), CONFLICT_RETRIES, delay, signal);
}
