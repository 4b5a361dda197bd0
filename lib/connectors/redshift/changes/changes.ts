// What has changed since the last run, found by the warehouse itself. A run's changes are a table of their own (its
// delta) until they are committed, so that a killed worker's successor goes on with the very same rows.
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import {
  changeFields,
  type ChangeCounts,
  type ChangeSet,
  type ChangeSetRequest,
  type Origin,
  type Rejected,
  type RowPage,
} from "@/lib/connectors/contract/changes";
import { retryTransient, type Delay } from "@/lib/connectors/retry";
import { isMissing, tableMissing, whileSwapped } from "@/lib/connectors/swapped";
import { fieldsOf, locate, numberOf } from "@/lib/event/tuple";
import { SyncError } from "@/lib/platform/errors";
import { listColumns, listTableColumns } from "@/lib/connectors/redshift/catalog/catalog";
import { countIn as count, type RedshiftSession } from "@/lib/connectors/redshift/session/client";
import type { RedshiftColumn } from "@/lib/connectors/redshift/catalog/columns";
import { inspectTable } from "@/lib/connectors/redshift/checks/table-check";
import { originOfSource } from "@/lib/connectors/redshift/load/origin";
import { isConflictCode, isMadeMeanwhile } from "@/lib/connectors/redshift/session/server-errors";
import { MAX_SELECTED_COLUMNS, STATE_SCHEMA, tooManyColumns } from "@/lib/connectors/redshift/spec";
import * as sql from "./changes-sql";
import type { UnloadReader } from "@/lib/connectors/redshift/unload/unload";

/** Opens a connection whose statements may run for hours: change detection of a big table does. */
export type Open = (signal: AbortSignal) => Promise<RedshiftSession>;

/** Conflicts are met again with even odds under load; five tries make them rare, and end when they never stop. */
const RETRIES = { tries: 5, firstDelayMs: 200, maxDelayMs: 5_000 };
/** On a connection that is kept: when it is lost, only the next worker's can help. */
const CONFLICT_RETRIES = {
  ...RETRIES,
  when: ({ detail }: SyncError) => isConflictCode(detail.code) || isMadeMeanwhile(detail.code),
};
/** How long the words for a refusal may say that they waited: the statements themselves end with the run's. */
const LOOK_MS = 15_000;
/** Each page costs a round trip and a plan; more rows than this buy little. */
const PAGE_ROWS = 5_000;
/** Bound of one page in memory, by the largest row of the run. */
const PAGE_BYTES = 8 * 1024 * 1024;
/** Rows of which nothing need be measured: pages of them are within bounds in any case. */
const SMALL_ROW_BYTES = Math.floor(PAGE_BYTES / PAGE_ROWS);

type Delta = {
  kind: sql.DeltaKind;
  counts: ChangeCounts;
  cursor: string | null;
  maxRowBytes: number;
};
type Listed = Delta & { /** When its changes were found, UTC. */ at: string };
type State = {
  fence: number;
  /** Runs that were committed. */
  revision: number;
  committedRun: string | null;
  mappingHash: string | null;
  cursor: string | null;
  /** The whole table was compared within a day. */
  comparedLately: boolean;
  deltaRun: string | null;
  deltaMappingHash: string | null;
  delta(): Listed;
};

const terminal = (message: string, code?: string) =>
  new SyncError(message, "terminal", { ...(code && { code }) });
const deltaKinds: readonly string[] = ["first", "whole", "part"] satisfies sql.DeltaKind[];
const isDeltaKind = (text: string | null | undefined): text is sql.DeltaKind =>
  deltaKinds.includes(text ?? "");

/**
 * The change set of a run: found if a worker before made it, else made. Keeps its connection until `close`. Throws
 * SyncErrors: user-fixable when the source lacks what is selected, terminal when a later worker has the connection
 * or the counts don't add up, transient when the warehouse may do it next time.
 */
export async function openChanges(
  open: Open,
  request: ChangeSetRequest,
  delay: Delay,
  signal: AbortSignal,
  unload?: UnloadReader,
): Promise<ChangeSet> {
  const session = await open(signal);
  try {
    await session.query(sql.createState(request.connectionId), signal);
    const before = await retryTransient(
      () => claim(session, request, signal),
      CONFLICT_RETRIES,
      delay,
      signal,
    );
    const resumed = before?.deltaRun === request.runId;
    const delta = resumed
      ? resume(before, request)
      : await whileSwapped(
          () =>
            retryTransient(() => detect(session, request, signal), CONFLICT_RETRIES, delay, signal),
          delay,
          signal,
        );
    const committed = before?.committedRun === request.runId;
    // The delta's own types, not the source's: the source may have changed since a killed worker made it.
    const stored = committed
      ? []
      : await listTableColumns(
          session,
          STATE_SCHEMA,
          sql.deltaTable(request.connectionId, request.runId),
          signal,
        );
    const columns = request.selection.columns.flatMap((name, index): RedshiftColumn[] => {
      const column = stored.find((candidate) => candidate.name === `c${index}`);
      return column ? [{ ...column, name }] : [];
    });
    if (!committed && columns.length !== request.selection.columns.length)
      throw terminal("The change set of this run doesn't have the selected columns.");
    const { schema, table } = request.selection;
    const origin = await originOfSource(session, schema, table, delay, signal);
    return changeSet(session, open, request, delta, columns, resumed, origin, delay, unload);
  } catch (error) {
    const told = await explainSource(session, request.selection, delay, error, signal);
    await session.close();
    throw told;
  }
}

/**
 * Why the source's table can't be read, in the words of the source's page, with the GRANT: a revoked SELECT hides the
 * columns too, so that the table seems to be gone. Any other error is given back as it is.
 */
async function explainSource(
  session: RedshiftSession,
  { schema, table }: ChangeSetRequest["selection"],
  delay: Delay,
  error: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const isDenied = error instanceof SyncError && error.detail.code === "42501";
  if (!isDenied && !isMissing(error)) return error;
  try {
    const user = (await session.query("SELECT current_user", signal))[0]?.[0] ?? "";
    const { check } = await inspectTable(session, user, schema, table, 1, LOOK_MS, delay, signal);
    if (check.status !== "failed" || !check.remedy?.sql) return error;
    const { text, sql: grant } = check.remedy;
    return new SyncError(
      check.summary,
      "user-fixable",
      {
        code: "SOURCE_RIGHTS",
        remedy: `${text}\n${grant}`,
        serverText: check.serverText ?? error.detail.serverText,
      },
      { cause: error },
    );
  } catch (failure) {
    if (failure instanceof SyncError) return error;
    throw failure;
  }
}

/** The state as this worker may use it; undefined before the first run. Throws when a later worker has been here. */
export async function readState(
  session: RedshiftSession,
  { connectionId, fence }: Pick<ChangeSetRequest, "connectionId" | "fence">,
  signal: AbortSignal,
): Promise<State | undefined> {
  const rows = await session.query(sql.readState(connectionId), signal);
  const [row] = rows;
  if (!row) return undefined;
  const text = (column: number) => row[column] ?? null;
  const state: State = {
    fence: count(rows),
    revision: count(rows, 1),
    committedRun: text(2),
    mappingHash: text(3),
    cursor: text(4),
    comparedLately: text(5) === "1",
    deltaRun: text(6),
    deltaMappingHash: text(7),
    delta: () => {
      const kind = text(8);
      if (!isDeltaKind(kind))
        throw terminal(
          `The change set of this run is of a kind that is not known here: “${kind}”.`,
        );
      return {
        kind,
        cursor: text(9),
        maxRowBytes: count(rows, 17),
        at: text(18) ?? "",
        counts: {
          read: count(rows, 10),
          unchanged: count(rows, 11),
          toDeliver: count(rows, 12),
          invalid: count(rows, 13),
          inserts: count(rows, 14),
          deletes: count(rows, 15),
          known: count(rows, 16),
        },
      };
    },
  };
  if (state.fence > fence)
    throw terminal("Another worker has taken over this connection.", "FENCED");
  return state;
}

/** Raises the connection's fence to ours, so that whoever had it before can no longer commit. Gives the state as it was. */
async function claim(
  session: RedshiftSession,
  request: ChangeSetRequest,
  signal: AbortSignal,
): Promise<State | undefined> {
  const { connectionId, fence } = request;
  const before = await session.transaction(async () => {
    const state = await readState(session, request, signal);
    if (state) await session.query(sql.moveFence(connectionId, fence), signal);
    return state;
  }, signal);
  if (before) return before;
  // the first row is made under a lock: under SNAPSHOT isolation two inserts are no conflict, and would make two rows
  return session.transaction(async () => {
    await session.query(sql.lockState(connectionId), signal);
    const other = await readState(session, request, signal);
    const statement = other
      ? sql.moveFence(connectionId, fence)
      : sql.insertState(connectionId, fence);
    await session.query(statement, signal);
    return other;
  }, signal);
}

function resume(state: State, { runId, mappingHash }: ChangeSetRequest): Delta {
  if (state.deltaMappingHash !== mappingHash && state.committedRun !== runId)
    throw terminal(
      "The mapping was changed while this run was interrupted. The next run delivers by the new one.",
    );
  return state.delta();
}

const missing = (message: string) =>
  new SyncError(message, "user-fixable", { remedy: "Open the source and select its data again." });

/** What a change set is about; `isKnown`: what was delivered is remembered, by the same mapping. */
function kindOf(
  { mode, onlyKeys, everything }: ChangeSetRequest,
  isKnown: boolean,
  isPart: boolean,
): sql.DeltaKind {
  if (everything) return "first";
  if (mode === "full") return onlyKeys ? "part" : "first";
  if (!isKnown) return "first";
  return isPart ? "part" : "whole";
}

/** A type without its length: char(4) and char(9) are one. */
const withoutLength = (type: string): string => type.replace(/\(.*/, "");

/** Whether a value that was remembered can be compared with one that is now: Redshift compares no date with a char. */
const areComparable = (before: RedshiftColumn, now: RedshiftColumn): boolean =>
  before.kind === now.kind &&
  before.form === now.form &&
  (now.kind !== "text" || withoutLength(before.type) === withoutLength(now.type));

/** Refuses what no change set can hold, and says why. */
function assertReadable(columns: RedshiftColumn[]): void {
  const unusable = columns.find((column) => column.unusable !== undefined);
  if (unusable) throw missing(`The column “${unusable.name}” can't be sent. ${unusable.unusable}`);
  if (columns.length > MAX_SELECTED_COLUMNS) throw missing(tooManyColumns(columns.length));
}

/** What is asked of the warehouse to find the changes: settled from the source's columns, the state and the snapshot. */
export async function planDelta(
  session: RedshiftSession,
  request: ChangeSetRequest,
  state: State | undefined,
  signal: AbortSignal,
): Promise<sql.DeltaPlan> {
  const { selection, connectionId, mode, onlyKeys } = request;
  const known = new Map(
    (await listColumns(session, selection.schema, selection.table, signal)).map((column) => [
      column.name,
      column,
    ]),
  );
  if (known.size === 0)
    throw tableMissing(
      `There is no table “${selection.schema}”.“${selection.table}”, or this user may not see it.`,
      "Open the source and select its data again.",
    );
  const column = (name: string) =>
    known.get(name) ??
    (() => {
      throw missing(`The table “${selection.table}” no longer has the column “${name}”.`);
    })();
  const columns = selection.columns.map(column);
  assertReadable(columns);
  const stored =
    mode === "full"
      ? []
      : await listTableColumns(session, STATE_SCHEMA, sql.snapshotTable(connectionId), signal);
  const hasSnapshot = stored.length > 0;
  // what was remembered of another mapping or of values of another kind is no measure for these
  const isComparable =
    state?.mappingHash === request.mappingHash &&
    columns.every((now, index) =>
      stored.some((before) => before.name === `c${index}` && areComparable(before, now)),
    );
  const cursor =
    mode === "upsert" && request.cursor
      ? {
          column: column(request.cursor.column),
          lookBackMinutes: request.cursor.lookBackMinutes,
          from: state?.cursor ?? null,
        }
      : null;
  const isPart =
    onlyKeys !== null ||
    (cursor !== null && cursor.from !== null && state?.comparedLately === true);
  const kind = kindOf(request, hasSnapshot && isComparable, isPart);
  const texts =
    kind === "first" || !hasSnapshot
      ? []
      : columns.flatMap(({ form, type }, index) =>
          form === "text" || type.startsWith("char") ? [index] : [],
        );
  const [answers = []] =
    texts.length > 0 ? await session.query(sql.probeCase(connectionId, texts), signal) : [];
  const ignoringCase = new Set(
    texts.filter((_, at) => answers[at] === "1").map((index) => columns[index]!.name),
  );
  return {
    ...request,
    kind,
    columns,
    keys: selection.keys.map(column),
    cursor,
    revision: state?.revision ?? 0,
    hasSnapshot,
    ignoringCase,
    withDuplicates: false,
  };
}

/**
 * Makes the delta and proves its counts. Keys are first taken to be unique, which is cheap; where the counts say that
 * they are not, it is made again with a search for those of several rows.
 */
async function makeDelta(
  session: RedshiftSession,
  plan: sql.DeltaPlan,
  signal: AbortSignal,
): Promise<Delta & { plan: sql.DeltaPlan }> {
  const { kind, mode, hasSnapshot, withDuplicates, connectionId, runId } = plan;
  await session.query(sql.createDelta(plan), signal);
  const reading = await session.query(sql.countRead(plan), signal);
  const delta = await session.query(sql.countDelta(plan, SMALL_ROW_BYTES), signal);
  const read = count(reading);
  const [inserts, updates, gone, toDeliver, invalid, lastSeq, maxRowBytes] = [
    count(delta, 0),
    count(delta, 1),
    count(delta, 2),
    count(delta, 3),
    count(delta, 4),
    count(delta, 5),
    count(delta, 6),
  ];
  // of a part nothing is found gone, and what else is remembered says nothing about it
  const known =
    hasSnapshot && kind !== "part"
      ? count(await session.query(sql.countKnown(connectionId), signal))
      : 0;
  const deletes = mode === "mirror" ? gone : 0;
  const compares = hasSnapshot && kind !== "first";
  const unchanged =
    withDuplicates && compares
      ? count(await session.query(sql.countUnchanged(plan), signal))
      : read - inserts - updates;
  const addsUp =
    unchanged >= 0 &&
    (compares || unchanged === 0) &&
    read === inserts + updates + unchanged &&
    lastSeq === toDeliver + invalid &&
    read + deletes === unchanged + toDeliver + invalid;
  if (!withDuplicates) {
    // each remembered row is gone, or met by one row of the source: met by two, there would be more of those
    const metOnce = !hasSnapshot || kind === "part" || updates + unchanged === known - gone;
    if (addsUp && metOnce && count(await session.query(sql.countDuplicates(plan), signal)) === 0) {
      return {
        plan,
        kind,
        cursor: reading[0]?.[1] ?? null,
        maxRowBytes,
        counts: { read, unchanged, toDeliver, invalid, inserts, deletes, known },
      };
    }
    await session.query(sql.dropDelta(connectionId, runId), signal);
    return makeDelta(session, { ...plan, withDuplicates: true }, signal);
  }
  if (!addsUp)
    throw terminal(
      `The change set doesn't add up: ${read} rows read, ${unchanged} unchanged, ${toDeliver} to deliver, ${deletes} of them deletes, ${invalid} invalid. Does the source, if it is a view, give other rows each time?`,
    );
  return {
    plan,
    kind,
    cursor: reading[0]?.[1] ?? null,
    maxRowBytes,
    counts: { read, unchanged, toDeliver, invalid, inserts, deletes, known },
  };
}

/** Plans, makes and lists the delta in one transaction: a delta that is listed is complete. A dead run's is dropped. */
const detect = (
  session: RedshiftSession,
  request: ChangeSetRequest,
  signal: AbortSignal,
): Promise<Delta> =>
  session.transaction(async () => {
    const state = await readState(session, request, signal); // a later worker may have come since the claim
    if (state?.deltaRun)
      await session.query(sql.dropDelta(request.connectionId, state.deltaRun), signal);
    const made = await makeDelta(session, await planDelta(session, request, state, signal), signal);
    const delta = { ...made, cursor: request.onlyKeys ? null : made.cursor };
    await session.query(
      sql.recordDelta(made.plan, delta.counts, delta.cursor, delta.maxRowBytes),
      signal,
    );
    return delta;
  }, signal);

function changeSet(
  opened: RedshiftSession,
  open: Open,
  request: ChangeSetRequest,
  delta: Delta,
  columns: RedshiftColumn[],
  resumed: boolean,
  origin: Origin | null,
  delay: Delay,
  unload?: UnloadReader,
): ChangeSet {
  const total = delta.counts.toDeliver + delta.counts.invalid;
  const pageRows = Math.max(
    1,
    Math.min(PAGE_ROWS, Math.floor(PAGE_BYTES / Math.max(1, delta.maxRowBytes))),
  );

  /** Held until the end: what the commit needs is there before the first row leaves. */
  let session = opened;
  let isLost = false;
  const commitOnce = async (rejected: Rejected[], signal: AbortSignal): Promise<void> => {
    if (isLost) {
      await session.close(); // first: the user may be allowed no second one
      session = await open(signal);
      isLost = false;
    }
    try {
      await commit(session, request, delta, rejected, signal);
    } catch (error) {
      isLost = !(error instanceof SyncError && isConflictCode(error.detail.code));
      throw error;
    }
  };

  const page = async (afterSeq: number, signal: AbortSignal): Promise<RowPage> =>
    afterSeq >= total
      ? { rows: 0, chunks: [] }
      : session.read(
          sql.readPage(request.connectionId, request.runId, columns, afterSeq, afterSeq + pageRows),
          signal,
        );

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
    isEverything: delta.kind === "first",
    origin,
    read: unload
      ? (afterSeq, signal) =>
          unload.read(
            { session, columns, total, maxRowBytes: delta.maxRowBytes },
            read,
            afterSeq,
            signal,
          )
      : read,
    commit: (rejected, signal) =>
      retryTransient(() => commitOnce(rejected, signal), RETRIES, delay, signal),
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

async function commit(
  session: RedshiftSession,
  request: ChangeSetRequest,
  { kind, cursor, counts }: Delta,
  rejected: Rejected[],
  signal: AbortSignal,
): Promise<void> {
  const { connectionId, runId, mode } = request;
  const hasCursor = mode === "upsert" && request.cursor !== null;
  await session.transaction(async () => {
    const state = await readState(session, request, signal);
    if (state?.committedRun === runId) return; // committed before; only the answer was lost
    if (state?.deltaRun !== runId)
      throw terminal("The change set of this run is gone from the warehouse.");
    let marked = 0;
    for (const statement of sql.markRejected(
      connectionId,
      runId,
      rejected.map(({ seq }) => seq),
    ))
      marked += await session.execute(statement, signal);
    if (marked !== rejected.length)
      throw terminal(
        `${rejected.length} rows were rejected, but the change set has ${marked} of them.`,
      );
    const found = await session.query(sql.countDelivered(connectionId, runId, hasCursor), signal);
    const [rows, deletes] = [count(found, 0), count(found, 1)];
    if (rows + deletes !== counts.toDeliver - rejected.length)
      throw terminal(
        `${counts.toDeliver - rejected.length} rows were delivered, but the change set has ${rows} and ${deletes} deletes.`,
      );
    if (mode !== "full") {
      const written = await moveSnapshot(session, request, kind, signal);
      if (written !== rows)
        throw terminal(`${rows} rows were delivered, but ${written} were stored as delivered.`);
    }
    // what was not delivered is looked at again, however old its cursor
    const next = hasCursor && !request.onlyKeys ? (found[0]?.[2] ?? cursor) : null;
    if (request.logDays > 0)
      for (const statement of sql.writeLog(
        connectionId,
        runId,
        request.logDays,
        state.delta().at,
        rejected,
      ))
        await session.query(statement, signal);
    await session.query(sql.commitState(connectionId, { ...request, kind, cursor: next }), signal);
    await session.query(sql.dropDelta(connectionId, runId), signal);
  }, signal);
}

/** Makes the snapshot what was delivered; gives how many rows of this run it then has. */
async function moveSnapshot(
  session: RedshiftSession,
  { connectionId, runId, mode, selection }: ChangeSetRequest,
  kind: sql.DeltaKind,
  signal: AbortSignal,
): Promise<number> {
  const columns = selection.columns.length;
  const types = async (table: string) =>
    new Map(
      (await listTableColumns(session, STATE_SCHEMA, table, signal)).map(({ name, type }) => [
        name,
        type,
      ]),
    );
  const [before, now] = [
    await types(sql.snapshotTable(connectionId)),
    await types(sql.deltaTable(connectionId, runId)),
  ];
  const fits = selection.columns.every(
    (_, index) => before.get(`c${index}`) === now.get(`c${index}`),
  );
  const key = sql.integerKey(selection, (index) =>
    /^(smallint|integer|bigint)$/.test(now.get(`c${index}`) ?? ""),
  );
  if (kind !== "first" && fits) {
    const { remove, insert } = sql.mergeSnapshot(connectionId, runId, columns, key);
    await session.query(remove, signal);
    return session.execute(insert, signal);
  }
  const keepsRejected = mode === "mirror" && before.size > 0;
  const ofFirst = keepsRejected ? "rejected keys" : "nothing";
  const { create, more } = sql.replaceSnapshot(
    connectionId,
    runId,
    selection.columns.map((_, index) => now.get(`c${index}`) ?? ""),
    key,
    kind === "first" ? ofFirst : "rest",
  );
  await session.query(create, signal);
  const all = count(await session.query(sql.countNext(connectionId), signal));
  const rest =
    kind === "first" ? 0 : count(await session.query(sql.countRest(connectionId, runId), signal));
  for (const statement of more) await session.query(statement, signal);
  return all - rest;
}

/** Drops tables of a connection: all of them, or all but its state and its log. Nothing there is no failure. */
export async function forgetConnection(
  session: RedshiftSession,
  connectionId: string,
  keeps: "nothing" | "state and log",
  delay: Delay,
  signal: AbortSignal,
): Promise<void> {
  const kept =
    keeps === "nothing" ? [] : [sql.stateTable(connectionId), sql.logTable(connectionId)];
  await retryTransient(
    () =>
      session.transaction(async () => {
        for (const [table] of await session.query(sql.tablesOfConnection(connectionId), signal))
          if (table && !kept.includes(table)) await session.query(sql.dropTable(table), signal);
      }, signal),
    CONFLICT_RETRIES,
    delay,
    signal,
  );
}
