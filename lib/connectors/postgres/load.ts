// Rows into a table: COPY straight into a temporary one while they are read, then one upsert. A batch is one transaction.
import { changeFields, DELETE_MARK, type RowPage } from "@/lib/connectors/contract/changes";
import type { Rejection } from "@/lib/connectors/contract/events";
import type {
  LoadCheckpoint,
  LoadRequest,
  TableLoad,
  TargetState,
} from "@/lib/connectors/contract/rows";
import { csvWriter, type CsvWriter } from "@/lib/connectors/csv";
import { numberLimit } from "@/lib/connectors/exact";
import type { Delay } from "@/lib/connectors/retry";
import { isMissing, tableMissing, whileSwapped } from "@/lib/connectors/swapped";
import { keyValues } from "@/lib/event/composite-key";
import { fieldsOf, locate, numberOf, textOf, tupleOf } from "@/lib/event/tuple";
import { SyncError } from "@/lib/platform/errors";
import type { CopyIn, PostgresSession, Rows } from "./client";
import * as sql from "./sql";

const CHUNK_BYTES = 256 * 1024;
const terminal = (message: string, code?: string) =>
  new SyncError(message, "terminal", { ...(code && { code }) });
const count = (rows: Rows, column = 0): number => Number(rows[0]?.[column] ?? NaN);

export type LoadTools = {
  delay: Delay;
  open(signal: AbortSignal): Promise<PostgresSession>;
  schema: string;
  table: string;
};

/** One run's way into one table. */
export function openPostgresLoad(
  { open, schema, table, delay }: LoadTools,
  request: LoadRequest,
): TableLoad {
  const { runId, keys, columns, oneRowPerKey } = request;
  const name = table || request.table;
  const target = sql.qualified(schema, name);
  const fence = sql.fenceTable(schema, name);
  const fields = fieldsOf(changeFields.values + columns.length);
  const made = columns.map((column): sql.TargetColumn => ({
    name: sql.targetName(column.name),
    type: sql.targetType(column),
  }));
  const targetKeys = keys.map(sql.targetName);
  const keyAt = keys.map((key) => columns.findIndex(({ name }) => name === key));
  /** Columns that take no NULL. */
  let notNull: ReadonlySet<string> = new Set();
  /** For a table whose columns have these types. */
  const writerFor = (types: readonly sql.TargetColumn[]): CsvWriter =>
    // a text that is an empty field and not quoted is NULL, so nothing has to stand for it
    csvWriter({
      columns: [
        { field: changeFields.mark, kind: "text", maxBytes: null },
        ...columns.map(({ kind, type }, index) => ({
          field: changeFields.values + index,
          kind,
          maxBytes: null,
          notNull: notNull.has(types[index]!.name),
          limit: numberLimit(type, types[index]!.type),
        })),
      ],
      withSeq: true,
      nullText: "",
      overflow: "keep",
    });
  let writer = writerFor(made);
  /** A key that we gave the table is in the way once the source has another one. */
  const letKeyChange = async (session: PostgresSession, signal: AbortSignal): Promise<void> => {
    const before = (await session.query(sql.keyColumns(schema, name), signal)).flatMap(
      ([column]) => column ?? [],
    );
    const isSame =
      before.length === targetKeys.length && before.every((key) => targetKeys.includes(key));
    if (before.length === 0 || isSame) return;
    await inTransaction(
      session,
      async () => {
        for (const statement of sql.changeKey(schema, name, before, targetKeys))
          await session.query(statement, signal);
      },
      signal,
    );
  };
  /** A number whose digits the column would lose; PostgreSQL rounds it without a word. */
  const unfitting = (column: number, seq: number, key: string | null): Rejection => {
    const [{ name: of, type: from }, { type }] = [columns[column]!, stored[column]!];
    if (fields.lengths[changeFields.values + column]! < 0)
      return {
        seq,
        key,
        column: of,
        code: "null-refused",
        reason: `“${of}” is NULL, and the column of ${schema}.${name} takes no NULL.`,
      };
    return {
      seq,
      key,
      column: of,
      code: "digits-lost",
      reason: `The number in “${of}” has digits that the column would lose: it is ${type}, and the source's is ${from}.`,
    };
  };
  let at: LoadCheckpoint = { seq: 0, loaded: 0, deleted: 0, rejected: 0 };
  /** The table as it is now: which one, and how many rows it holds. */
  let left = { id: "", rows: 0 };
  let stored: sql.TargetColumn[] = made;
  let batch:
    | {
        session: PostgresSession;
        copy: CopyIn;
        staged: number;
        deleted: number;
        began: number;
        bytes: number;
      }
    | undefined;
  let chunk: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let used = 0;

  const readFence = async (session: PostgresSession, signal: AbortSignal) => {
    const rows = await session.query(sql.readFence(fence), signal);
    const owner = rows[0]?.[6] ?? request.connectionId;
    if (owner !== request.connectionId) throw loadedByAnother(schema, name, owner, fence);
    if (rows.length > 0 && count(rows) > request.fence)
      throw terminal("Another worker has taken over this connection.", "FENCED");
    return rows.length === 0
      ? null
      : {
          runId: rows[0]?.[1] ?? null,
          at: {
            seq: count(rows, 2),
            loaded: count(rows, 3),
            deleted: count(rows, 4),
            rejected: count(rows, 5),
          },
        };
  };
  const inTransaction = async <T>(
    session: PostgresSession,
    work: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> => {
    await session.query("BEGIN", signal);
    try {
      const value = await work();
      await session.query("COMMIT", signal);
      return value;
    } catch (error) {
      await session.query("ROLLBACK", signal).catch(() => undefined);
      throw error;
    }
  };
  const leave = async () => {
    const open = batch;
    batch = undefined;
    used = 0;
    await open?.session.close(); // its transaction goes with it
  };
  const begin = async (signal: AbortSignal) => {
    const session = await open(signal);
    await session.query("BEGIN", signal);
    await session.query(sql.createStage(stored), signal);
    return {
      session,
      copy: session.copy(sql.copyIn(stored)),
      staged: 0,
      deleted: 0,
      began: performance.now(),
      bytes: 0,
    };
  };
  const flush = async () => {
    if (!batch || used === 0) return;
    batch.bytes += used;
    await batch.copy.write(chunk.subarray(0, used));
    chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES); // the driver may not have sent it yet
    used = 0;
  };
  /** A delete is its key; the values beside it are those of an earlier mapping, perhaps none. */
  const deleted = (): Uint8Array => {
    const key = textOf(bytesAt, fields, changeFields.key) ?? "";
    const parts = keys.length > 1 ? keyValues(key) : [key];
    return tupleOf([
      textOf(bytesAt, fields, changeFields.seq),
      key,
      "",
      DELETE_MARK,
      ...columns.map((_, index) => parts[keyAt.indexOf(index)] ?? null),
    ]);
  };
  let bytesAt: Uint8Array = new Uint8Array();

  return {
    prepare: async (signal) => {
      await leave();
      const session = await open(signal);
      try {
        if (count(await session.query(sql.schemaExists(schema), signal)) === 0)
          await session.query(sql.createSchema(schema), signal);
        const fences = await fencesOf(session, schema, signal);
        const isRenamed =
          !fences.includes(sql.fenceName(name)) &&
          fences.includes(sql.earlierFenceName(request.connectionId));
        await session.query(
          isRenamed ? sql.renameFence(schema, request.connectionId, name) : sql.createFence(fence),
          signal,
        );
        await session.query(sql.completeFence(fence), signal);
        await inTransaction(
          session,
          async () => {
            const before = await readFence(session, signal);
            await session.query(sql.claimFence(fence, request.fence, request.connectionId), signal);
            if (before?.runId === runId) at = before.at;
          },
          signal,
        );
        // making it anew would be in the way of a rename that is under way
        const [before] = await session.query(sql.readLeft(fence), signal);
        if (before?.[1]) await untilThere(session, schema, name, delay, signal);
        const facts = await session.query(sql.columnsOf(schema, name), signal);
        const has = new Map(facts.map(([column, type]) => [column ?? "", type ?? ""]));
        assertTakes(target, made, facts);
        if (has.size === 0) {
          const rank = ({ name }: sql.TargetColumn) =>
            request.order.includes(name) ? request.order.indexOf(name) : request.order.length;
          await session.query(
            sql.createTable(
              schema,
              name,
              [...made].sort((a, b) => rank(a) - rank(b)),
              targetKeys,
            ),
            signal,
          );
        } else {
          for (const column of made)
            if (!has.has(column.name)) await session.query(sql.addColumn(target, column), signal);
          await letKeyChange(session, signal);
        }
        const needed = await session.query(sql.columnsOf(schema, name), signal);
        notNull = new Set(
          needed.flatMap(([column, , isNeeded]) => (isNeeded === "t" ? (column ?? []) : [])),
        );
        // a table that is there keeps its types: what doesn't fit them is refused with its row
        stored = made.map((column) => ({ ...column, type: has.get(column.name) ?? column.type }));
        writer = writerFor(stored);
        const [[id = ""] = []] = await session.query(sql.tableId(schema, name), signal);
        left = {
          id: id ?? "",
          rows: count(await session.query(sql.countTarget(target), signal)),
        };
        return at;
      } finally {
        await session.close();
      }
    },
    stage: async ({ chunks }: RowPage, signal) => {
      const open = (batch ??= await begin(signal));
      const rejected: Rejection[] = [];
      for (const { bytes, at: positions } of chunks) {
        for (const position of positions) {
          bytesAt = bytes;
          let size = locate(bytes, position, fields) - position;
          let tuple = bytes;
          const isDelete = fields.lengths[changeFields.mark]! >= 0;
          if (isDelete) {
            tuple = deleted();
            size = tuple.length;
            locate(tuple, 0, fields);
          }
          const room = writer.room(size);
          if (chunk.length - used < room) await flush();
          if (chunk.length < room) chunk = Buffer.allocUnsafeSlow(room);
          const end = writer.write(tuple, fields, chunk, used);
          if (end < 0) {
            // the mark is the writer's first column
            const seq = numberOf(tuple, fields, changeFields.seq);
            rejected.push(unfitting(~end - 1, seq, textOf(tuple, fields, changeFields.key)));
            continue;
          }
          used = end;
          if (isDelete) open.deleted += 1;
          else open.staged += 1;
        }
      }
      return rejected;
    },
    commit: async ({ seq, rejectedSoFar }, signal) => {
      const open = (batch ??= await begin(signal));
      try {
        await flush();
        const copied = await open.copy.end();
        const copyMs = performance.now() - open.began;
        const { session } = open;
        const held = await session.query(sql.countStaged, signal);
        if (
          copied !== open.staged + open.deleted ||
          count(held) !== copied ||
          count(held, 1) !== open.deleted
        )
          throw terminal(
            `${open.staged + open.deleted} rows were staged, but the temporary table holds ${count(held)}.`,
          );
        if ((await readFence(session, signal)) === null)
          throw terminal("The record of this connection's loads is gone.", "FENCED");
        let now = left.rows;
        if (request.replaces && at.seq === 0)
          now -= await session.execute(sql.emptyTarget(target), signal);
        now -= await session.execute(sql.deleteOld(target, targetKeys), signal);
        now += await session.execute(
          sql.insertNewest(target, stored, targetKeys, oneRowPerKey),
          signal,
        );
        const checkpoint: LoadCheckpoint = {
          seq,
          loaded: at.loaded + open.staged,
          deleted: at.deleted + open.deleted,
          rejected: rejectedSoFar,
        };
        await session.query(
          sql.checkpoint(fence, runId, checkpoint, { id: left.id, rows: now }),
          signal,
        );
        await session.query("COMMIT", signal);
        at = checkpoint;
        left.rows = now;
        return {
          checkpoint,
          parts: 0,
          bytes: open.bytes,
          copyMs: Math.round(copyMs),
          upsertMs: Math.round(performance.now() - open.began - copyMs),
          cut: 0,
        };
      } finally {
        await leave();
      }
    },
    cleanup: leave,
  };
}

const fencesOf = async (
  session: PostgresSession,
  schema: string,
  signal: AbortSignal,
): Promise<string[]> =>
  (await session.query(sql.fencesIn(schema), signal)).flatMap(([name]) => name ?? []);

/** Refuses a table into which no row could be put; `facts` are of `sql.columnsOf`. */
export function assertTakes(target: string, given: readonly sql.TargetColumn[], facts: Rows): void {
  for (const [column, type, isNeeded, hasDefault, isMade] of facts) {
    const comes = given.find(({ name }) => name === column);
    const isGiven = comes !== undefined;
    if (comes && !sql.takesType(type ?? "", comes.type))
      throw new SyncError(
        `The column “${column}” of ${target} is ${type}, and can't take what comes as ${comes.type} without losing some of it.`,
        "user-fixable",
        {
          code: "TARGET_SHAPE",
          remedy: `Leave this column out of the source, load into another table, or change the column: ALTER TABLE ${target} ALTER COLUMN ${sql.identifier(column ?? "")} TYPE ${comes.type};`,
        },
      );
    if (isGiven && isMade === "t")
      throw new SyncError(
        `The column “${column}” of ${target} is GENERATED: PostgreSQL makes its values, and takes none.`,
        "user-fixable",
        {
          code: "TARGET_SHAPE",
          remedy: `Load into another table, or let the column take values: ALTER TABLE ${target} ALTER COLUMN ${sql.identifier(column ?? "")} SET GENERATED BY DEFAULT; (of a computed column: DROP EXPRESSION).`,
        },
      );
    if (!isGiven && isNeeded === "t" && hasDefault !== "t")
      throw new SyncError(
        `The column “${column}” of ${target} takes no NULL and has no default, and the source has no such column: no row could be loaded.`,
        "user-fixable",
        {
          code: "TARGET_SHAPE",
          remedy: `Select a column of that name in the source, or let it be empty: ALTER TABLE ${target} ALTER COLUMN ${sql.identifier(column ?? "")} DROP NOT NULL;`,
        },
      );
  }
}

const loadedByAnother = (
  schema: string,
  table: string,
  connectionId: string,
  fence: string,
): SyncError =>
  new SyncError(
    `Another connection loads ${schema}.${table} already (${connectionId}). Two in one table would undo each other.`,
    "user-fixable",
    {
      code: "TARGET_HAS_ANOTHER",
      remedy: `Give this destination another table name. If that connection is gone for good, with the Tidegate that had it, drop its record: DROP TABLE ${fence};`,
    },
  );

/** The target's identity once it is there, null where it is gone for longer than a rename takes. */
async function untilThere(
  session: PostgresSession,
  schema: string,
  table: string,
  delay: Delay,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    return await whileSwapped(
      async () => {
        const [now] = await session.query(sql.tableId(schema, table), signal);
        if (!now?.[0]) throw tableMissing(`There is no table ${schema}.${table}.`);
        return now[0];
      },
      delay,
      signal,
    );
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Whether the table is still what the last load left: the same one, with as many rows. */
export async function surveyTable(
  session: PostgresSession,
  schema: string,
  table: string,
  connectionId: string,
  delay: Delay,
  signal: AbortSignal,
): Promise<TargetState> {
  const fence = sql.fenceTable(schema, table);
  const countRows = async (): Promise<number> =>
    count(
      await whileSwapped(
        () => session.query(sql.countTarget(sql.qualified(schema, table)), signal),
        delay,
        signal,
      ),
    );
  const changed = (change: string, holds: number): TargetState => ({
    isAsLeft: false,
    change,
    then: "reload",
    holds,
  });
  const fences = await fencesOf(session, schema, signal);
  if (!fences.includes(sql.fenceName(table))) {
    if (fences.includes(sql.earlierFenceName(connectionId))) return { isAsLeft: true };
    const isThere = (await session.query(sql.tableId(schema, table), signal)).length > 0;
    return changed(
      `There is no record of earlier loads into ${schema}.${table}.`,
      isThere ? await countRows() : 0,
    );
  }
  const [left] = await session.query(sql.readLeft(fence), signal);
  const [owner, id, rows] = left ?? [];
  if (owner && owner !== connectionId) throw loadedByAnother(schema, table, owner, fence);
  if (!id) return { isAsLeft: true }; // nothing was committed since this version came
  const now = await untilThere(session, schema, table, delay, signal);
  if (now === null)
    return changed(`The table ${schema}.${table} was dropped since the last load.`, 0);
  const held = await countRows();
  if (now !== id)
    return changed(
      `The table ${schema}.${table} was dropped and made again since the last load.`,
      held,
    );
  if (String(held) === rows) return { isAsLeft: true };
  return changed(
    `The table ${schema}.${table} has ${held.toLocaleString("en")} rows, and the last load left ${Number(rows).toLocaleString("en")}.`,
    held,
  );
}

/** Removes the record of a connection's loads; its table stays. */
export async function forgetLoads(
  session: PostgresSession,
  schema: string,
  connectionId: string,
  signal: AbortSignal,
): Promise<void> {
  for (const fence of await fencesOf(session, schema, signal)) {
    const name = sql.qualified(schema, fence);
    const isEarlier = fence === sql.earlierFenceName(connectionId);
    // others' need not be readable, and those of earlier versions say nothing of their connection
    const [row] = isEarlier
      ? []
      : await session.query(sql.readLeft(name), signal).catch(unlessUnreadable);
    if (isEarlier || row?.[0] === connectionId) await session.query(sql.dropFence(name), signal);
  }
}

function unlessUnreadable(error: unknown): Rows {
  if (error instanceof SyncError && /^(42501|42703|42P01)$/.test(error.detail.code ?? ""))
    return [];
  throw error;
}
