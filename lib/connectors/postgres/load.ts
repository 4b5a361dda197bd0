// Rows into a table: COPY straight into a temporary one while they are read, then one upsert. A batch is one transaction.
import { z } from "zod";
import {
  changeFields,
  DELETE_MARK,
  type LoadCheckpoint,
  type LoadRequest,
  type RowPage,
  type TableLoad,
} from "@/lib/connectors/contract";
import { csvWriter } from "@/lib/connectors/csv";
import { fieldsOf, locate, textOf, tupleOf } from "@/lib/event/tuple";
import { SyncError } from "@/lib/platform/errors";
import type { CopyIn, PostgresSession, Rows } from "./client";
import * as sql from "./sql";

const CHUNK_BYTES = 256 * 1024;
const terminal = (message: string, code?: string) =>
  new SyncError(message, "terminal", { ...(code && { code }) });
const count = (rows: Rows, column = 0): number => Number(rows[0]?.[column] ?? NaN);

export type LoadTools = {
  open(signal: AbortSignal): Promise<PostgresSession>;
  schema: string;
  table: string;
};

/** One run's way into one table. */
export function openPostgresLoad(
  { open, schema, table }: LoadTools,
  request: LoadRequest,
): TableLoad {
  const { runId, keys, columns, oneRowPerKey } = request;
  const target = sql.qualified(schema, table || request.table);
  const fence = sql.fenceTable(schema, request.connectionId);
  const fields = fieldsOf(changeFields.values + columns.length);
  const made = columns.map((column): sql.TargetColumn => ({
    name: sql.targetName(column.name),
    type: sql.targetType(column),
  }));
  const targetKeys = keys.map(sql.targetName);
  const keyAt = keys.map((key) => columns.findIndex(({ name }) => name === key));
  // a text that is an empty field and not quoted is NULL, so nothing has to stand for it
  const writer = csvWriter({
    columns: [
      { field: changeFields.mark, kind: "text", maxBytes: null },
      ...columns.map(({ kind }, at) => ({ field: changeFields.values + at, kind, maxBytes: null })),
    ],
    withSeq: true,
    nullText: "",
    overflow: "keep",
  });
  let at: LoadCheckpoint = { seq: 0, loaded: 0, deleted: 0, rejected: 0 };
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
    const left = batch;
    batch = undefined;
    used = 0;
    await left?.session.close(); // its transaction goes with it
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
    const parts = keys.length > 1 ? z.array(z.string()).parse(JSON.parse(key)) : [key];
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
        await session.query(sql.createFence(fence), signal);
        await inTransaction(
          session,
          async () => {
            const before = await readFence(session, signal);
            await session.query(sql.claimFence(fence, request.fence), signal);
            if (before?.runId === runId) at = before.at;
          },
          signal,
        );
        const has = new Map(
          (await session.query(sql.columnsOf(schema, table || request.table), signal)).map(
            ([name, type]) => [name ?? "", type ?? ""],
          ),
        );
        if (has.size === 0) {
          const rank = ({ name }: sql.TargetColumn) =>
            request.order.includes(name) ? request.order.indexOf(name) : request.order.length;
          await session.query(
            sql.createTable(
              target,
              [...made].sort((a, b) => rank(a) - rank(b)),
              targetKeys,
            ),
            signal,
          );
        } else
          for (const column of made)
            if (!has.has(column.name)) await session.query(sql.addColumn(target, column), signal);
        // a table that is there keeps its types: what doesn't fit them is refused with its row
        stored = made.map(({ name, type }) => ({ name, type: has.get(name) ?? type }));
        return at;
      } finally {
        await session.close();
      }
    },
    stage: async ({ chunks }: RowPage, signal) => {
      const open = (batch ??= await begin(signal));
      for (const { bytes, at: positions } of chunks) {
        for (const position of positions) {
          bytesAt = bytes;
          let size = locate(bytes, position, fields) - position;
          let tuple = bytes;
          if (fields.lengths[changeFields.mark]! >= 0) {
            tuple = deleted();
            size = tuple.length;
            locate(tuple, 0, fields);
            open.deleted += 1;
          } else open.staged += 1;
          const room = writer.room(size);
          if (chunk.length - used < room) await flush();
          if (chunk.length < room) chunk = Buffer.allocUnsafeSlow(room);
          used = writer.write(tuple, fields, chunk, used);
        }
      }
      return [];
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
        await session.query(sql.deleteOld(target, targetKeys), signal);
        await session.query(sql.insertNewest(target, stored, targetKeys, oneRowPerKey), signal);
        const checkpoint: LoadCheckpoint = {
          seq,
          loaded: at.loaded + open.staged,
          deleted: at.deleted + open.deleted,
          rejected: rejectedSoFar,
        };
        await session.query(sql.checkpoint(fence, runId, checkpoint), signal);
        await session.query("COMMIT", signal);
        at = checkpoint;
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
