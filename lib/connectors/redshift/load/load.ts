// Rows into a table: S3 → COPY → upsert, in batches. Rows, checkpoint and fence are committed in one transaction.
import { randomBytes } from "node:crypto";
import { changeFields, DELETE_MARK, type RowPage } from "@/lib/connectors/contract/changes";
import type { Rejection } from "@/lib/connectors/contract/events";
import type {
  LoadCheckpoint,
  LoadReport,
  LoadRequest,
  TableLoad,
  TargetState,
} from "@/lib/connectors/contract/rows";
import { csvWriter, NullTextTaken, type CsvWriter } from "@/lib/connectors/csv";
import { retryTransient, type Delay } from "@/lib/connectors/retry";
import { isMissing, tableMissing, whileSwapped } from "@/lib/connectors/swapped";
import type { Bucket } from "@/lib/connectors/s3/client";
import { partWriter, type Part, type PartLimits, type PartWriter } from "@/lib/connectors/s3/parts";
import type { StagingConfig, StagingSecret } from "@/lib/connectors/s3/spec";
import { keyValues } from "@/lib/event/composite-key";
import { fieldsOf, locate, numberOf, textOf, tupleOf } from "@/lib/event/tuple";
import { SyncError } from "@/lib/platform/errors";
import { listColumns, listTableColumns } from "@/lib/connectors/redshift/catalog/catalog";
import { relationId } from "@/lib/connectors/redshift/catalog/catalog-sql";
import {
  countIn as count,
  type RedshiftSession,
  type Rows,
} from "@/lib/connectors/redshift/session/client";
import { MAX_TEXT_BYTES } from "@/lib/connectors/redshift/catalog/columns";
import { explainCopy, isLoadFailure, readLoadErrors, refusalText } from "./load-errors";
import {
  addPosition,
  loadedRuns,
  lostTrack,
  positionsMissing,
  readStagedRows,
  rejectionsOf,
  type Run,
} from "./refused-rows";
import * as sql from "./load-sql";
import type { LoadOptions } from "@/lib/connectors/redshift/spec";
import { assertOther } from "./origin";
import { isConnectionLimit } from "@/lib/connectors/redshift/session/server-errors";
import { holdTable } from "./table-lock";
import { dependentViews, lengthen, statementsOf, targetName, type TargetPlan } from "./target";
import { planFor } from "./target-plan";
import { explainOwner, explainRights } from "./target-rights";

/** Conflicts are met again with even odds under load; five tries make them rare, and end when they never stop. */
const RETRIES = { tries: 5, firstDelayMs: 200, maxDelayMs: 5_000 };
/** More refused rows than this in one batch: the fault isn't the rows'. */
const MAX_BAD_ROWS = 1_000;

export type LoadTools = {
  /** A session whose statements may run for hours. */
  open(signal: AbortSignal): Promise<RedshiftSession>;
  bucket: Bucket;
  staging: StagingConfig;
  stagingSecret: StagingSecret;
  options: LoadOptions;
  /** Names the cluster and database, for the lock on a table. */
  warehouse: string;
  delay: Delay;
  limits?: PartLimits;
};

const terminal = (message: string, code?: string) =>
  new SyncError(message, "terminal", { ...(code && { code }) });

/** The files of one batch that isn't committed yet. */
type Batch = {
  number: number;
  isDirect: boolean;
  nullText: string;
  rows: PartWriter;
  writer: CsvWriter;
  staged: number;
  /** The positions of the staged rows, where rows may be left out. */
  positions: Run[];
  deletes: PartWriter;
  deleteWriter: CsvWriter;
  deleted: number;
};

/** One run's way into one table. */
export function openRedshiftLoad(tools: LoadTools, request: LoadRequest): TableLoad {
  const { open, bucket, staging, stagingSecret, options, delay } = tools;
  const { connectionId, runId, keys, columns, oneRowPerKey } = request;
  const schema = options.targetSchema;
  const table = targetName(options.targetTable || request.table);
  const target = sql.qualified(schema, table);
  const fence = sql.fenceTable(schema, table);
  const runPrefix = `${stagedUnder(staging, connectionId)}${runId}/${request.fence}-`;
  const fields = fieldsOf(changeFields.values + columns.length);
  const keyFields = fieldsOf(changeFields.values + keys.length);
  const missing = keys.find((key) => !columns.some(({ name }) => name === key));
  if (missing !== undefined)
    throw terminal(`The key “${missing}” is not among the columns that are loaded.`);

  /** Rows that COPY refuses are recorded, and don't end the run. */
  const mayLeaveOut = options.badRows === "reject";
  let plan: TargetPlan | undefined;
  let isEmpty = false;
  /** The table as it is now: which one, and how many rows it holds. */
  let left = { id: "", rows: 0 };
  /** COPY straight into the table refused rows: from then on they are staged beside it, where those can be told apart. */
  let wasRefused = false;
  let at: LoadCheckpoint = { seq: 0, loaded: 0, deleted: 0, rejected: 0 };
  let batches = 0;
  let batch: Batch | undefined;
  /** The uploads' signal: they go on between two calls. */
  let uploading = new AbortController();

  const ready = (): TargetPlan => {
    if (!plan) throw new Error("The load is not prepared.");
    return plan;
  };
  const withSession = async <T>(
    work: (session: RedshiftSession) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> => {
    const session = await open(signal);
    try {
      return await work(session);
    } catch (error) {
      throw await explainRights(session, schema, table, error, signal);
    } finally {
      await session.close();
    }
  };

  /** The fence row as this worker may use it. Throws when a later worker has been here. */
  const readFence = async (session: RedshiftSession, signal: AbortSignal) => {
    const rows = await session.query(sql.readFence(fence), signal);
    if (rows.length === 0) return null;
    const owner = rows[0]?.[6] ?? connectionId;
    if (owner !== connectionId) throw loadedByAnother(schema, table, owner, fence);
    if (count(rows) > request.fence)
      throw terminal("Another worker has taken over this connection.", "FENCED");
    return {
      fence: count(rows),
      runId: rows[0]?.[1] ?? null,
      at: {
        seq: count(rows, 2),
        loaded: count(rows, 3),
        deleted: count(rows, 4),
        rejected: count(rows, 5),
      },
    };
  };

  /** Raises the fence; false where it has no row yet. */
  const moveFence = (session: RedshiftSession, signal: AbortSignal): Promise<boolean> =>
    session.transaction(async () => {
      const before = await readFence(session, signal);
      if (!before) return false;
      await session.query(sql.moveFence(fence, request.fence, connectionId), signal);
      if (before.runId === runId) at = before.at;
      return true;
    }, signal);

  /** Makes the fence's row where nobody has. Under a lock: two inserts are no conflict under SNAPSHOT isolation. */
  const makeFence = (session: RedshiftSession, signal: AbortSignal): Promise<void> =>
    session.transaction(async () => {
      await session.query(sql.lockFence(fence), signal);
      const other = await readFence(session, signal);
      await session.query(
        other
          ? sql.moveFence(fence, request.fence, connectionId)
          : sql.insertFence(fence, request.fence, connectionId),
        signal,
      );
    }, signal);

  /** The rows that the last commit left. */
  const rowsLeft = async (session: RedshiftSession, signal: AbortSignal): Promise<number> =>
    count(await session.query(sql.readLeft(fence), signal), 2);

  /** A table that is loaded into itself would lose what isn't selected. */
  const refuseOwnSource = (session: RedshiftSession, signal: AbortSignal): Promise<void> =>
    assertOther(session, schema, table, request.origin ?? null, signal);

  const claim = async (session: RedshiftSession, signal: AbortSignal): Promise<void> => {
    if (!(await moveFence(session, signal))) await makeFence(session, signal);
  };

  /** The fence's table, as this version has it. */
  const ensureFence = async (session: RedshiftSession, signal: AbortSignal): Promise<void> => {
    const fences = await fencesOf(session, schema, signal);
    if (!fences.includes(sql.fenceName(table)))
      await session.query(
        fences.includes(sql.earlierFenceName(connectionId))
          ? sql.renameFence(schema, connectionId, table)
          : sql.createFence(fence),
        signal,
      );
    const has = await listTableColumns(session, schema, sql.fenceName(table), signal);
    if (has.length === 0) return; // not this user's to see: reading it says why
    for (const statement of sql.completeFence(
      fence,
      has.map(({ name }) => name),
    ))
      await session.query(statement, signal);
  };

  /** A target that was loaded before and is away is looked for again: making it anew would be in the way of a rename. */
  const untilBack = async (session: RedshiftSession, signal: AbortSignal): Promise<void> => {
    const [before] = await session.query(sql.readLeft(fence), signal);
    if (before?.[1]) await untilThere(session, schema, table, delay, signal);
  };

  /** Makes the table what these columns need. Says which views are in the way, and drops none. */
  const shapeTarget = async (session: RedshiftSession, signal: AbortSignal): Promise<void> => {
    const { plan: wanted } = await planFor(
      session,
      { schema, table, columns, keys, options, order: request.order },
      signal,
    );
    try {
      for (const statement of wanted.before) await session.query(statement, signal);
      if (wanted.inside.length > 0)
        await session.transaction(async () => {
          for (const statement of wanted.inside) await session.query(statement, signal);
        }, signal);
    } catch (error) {
      throw await shapeRefusal(session, wanted, error, signal);
    }
    for (const statement of wanted.after) await session.query(statement, signal);
    plan = wanted;
  };

  /** Why the table can't be made what it has to be, where Redshift's own words don't say it. */
  const shapeRefusal = async (
    session: RedshiftSession,
    wanted: TargetPlan,
    error: unknown,
    signal: AbortSignal,
  ): Promise<unknown> => {
    if (!(error instanceof SyncError)) return error;
    const { code, serverText = "" } = error.detail;
    if (code === "42501")
      return explainOwner(session, schema, table, statementsOf(wanted), error, signal);
    const isView = code === "2BP01" || /used by a view or rule/i.test(serverText);
    if (isView) {
      const views = (await session.query(dependentViews(schema, table), signal)).map(
        ([inSchema, view]) => `${inSchema}.${view}`,
      );
      return new SyncError(
        `A column of ${schema}.${table} must become another type, and views need it as it is${views.length > 0 ? `: ${views.join(", ")}` : ""}.`,
        "user-fixable",
        {
          remedy: `Drop these views, run this connection, and make them again. Tidegate drops no view. It would run:\n${statementsOf(wanted).join(";\n")};`,
          serverText,
          code: "2BP01",
        },
        { cause: error },
      );
    }
    if (code !== "0A000") return error;
    return new SyncError(
      `Redshift doesn't make a text column of ${schema}.${table} longer.`,
      "user-fixable",
      {
        // AWS, ALTER TABLE … ALTER COLUMN … TYPE
        remedy: `It refuses that for columns that are encoded as BYTEDICT, RUNLENGTH, TEXT255 or TEXT32K, have a default value, or are part of a UNIQUE, PRIMARY KEY or FOREIGN KEY constraint. Change that (for instance ALTER TABLE … ALTER COLUMN … ENCODE LZO), or load into another table. It would run:\n${statementsOf(wanted).join(";\n")};`,
        serverText,
        code,
      },
      { cause: error },
    );
  };

  const begin = (): Batch => {
    const { columns: target } = ready();
    const number = ++batches;
    const nullText = `~null${randomBytes(4).toString("hex")}~`;
    // straight into the table only where nothing can be in the way, and nothing has to be told apart
    const isDirect = isEmpty && oneRowPerKey && !sql.needsStage(target);
    const files = (what: string): PartWriter =>
      partWriter(
        (part) => `${runPrefix}${what}${number}-${String(part).padStart(5, "0")}.csv.gz`,
        (key, body) => bucket.put(key, body, uploading.signal),
        tools.limits,
      );
    const csvColumns = target.map(({ source, maxBytes, limit, notNull }, index) => ({
      field: changeFields.values + index,
      kind: source.kind,
      limit,
      notNull,
      isText: maxBytes !== null,
      isKey: keys.includes(source.name),
      maxBytes: options.overflow === "widen" ? Math.max(maxBytes ?? 0, MAX_TEXT_BYTES) : maxBytes,
    }));
    // the text of a key of one column, or its parts laid out as a tuple of their own
    const keyColumns = keys.map((_, index) => ({
      field: keys.length === 1 ? changeFields.key : changeFields.values + index,
      kind: "text" as const,
      maxBytes: null,
    }));
    return {
      number,
      isDirect,
      nullText,
      staged: 0,
      positions: [],
      deleted: 0,
      rows: files("rows-"),
      writer: csvWriter({
        columns: csvColumns.map((column, index) =>
          target[index]!.maxBytes === null ? { ...column, maxBytes: null } : column,
        ),
        withSeq: !isDirect,
        nullText,
        overflow: options.overflow === "cut" ? "cut" : "reject",
        flagged: isDirect ? [] : sql.flaggedColumns(target),
      }),
      deletes: files("deletes-"),
      deleteWriter: csvWriter({ columns: keyColumns, withSeq: true, nullText, overflow: "keep" }),
    };
  };

  /** A delete is its key alone: the values beside it are those of an earlier mapping, perhaps none. */
  const writeDelete = async (
    { deletes, deleteWriter }: Batch,
    bytes: Uint8Array,
    size: number,
  ): Promise<void> => {
    const [seq, key] = [
      textOf(bytes, fields, changeFields.seq),
      textOf(bytes, fields, changeFields.key) ?? "",
    ];
    const isSeveral = keys.length > 1;
    const parts = isSeveral ? keyValues(key) : [];
    const tuple = isSeveral ? tupleOf([seq, key, null, null, ...parts]) : bytes;
    if (isSeveral) locate(tuple, 0, keyFields);
    const room = deleteWriter.room(isSeveral ? tuple.length : size);
    if (!deletes.fits(room)) await deletes.makeRoom(room);
    deletes.wrote(
      deleteWriter.write(tuple, isSeveral ? keyFields : fields, deletes.out(), deletes.at()),
    );
  };

  const unfitting = (column: number): Rejection => {
    const { name, maxBytes, type, source } = ready().columns[column]!;
    if (fields.lengths[changeFields.values + column]! < 0)
      return {
        seq: 0,
        column: name,
        code: "null-refused",
        reason: `“${name}” is NULL, and the column of ${schema}.${table} takes no NULL.`,
      };
    if (maxBytes === null)
      return {
        seq: 0,
        column: name,
        code: "digits-lost",
        reason: `The number in “${name}” has digits that the column would lose: it is ${type}, and the source's is ${source.type}.`,
      };
    const length = fields.lengths[changeFields.values + column]!;
    return {
      seq: 0,
      column: name,
      code: "text-too-long",
      reason: `The text in “${name}” has ${length.toLocaleString("en")} bytes; ${options.overflow === "widen" ? "a column" : "the column"} takes at most ${(options.overflow === "widen" ? MAX_TEXT_BYTES : (maxBytes ?? 0)).toLocaleString("en")}.`,
    };
  };

  const stagePage = async ({ chunks }: RowPage): Promise<Rejection[]> => {
    const rejected: Rejection[] = [];
    const open = (batch ??= begin());
    for (const { bytes, at: positions } of chunks) {
      for (const position of positions) {
        const size = locate(bytes, position, fields) - position;
        const isDelete =
          fields.lengths[changeFields.mark]! >= 0 &&
          textOf(bytes, fields, changeFields.mark) === DELETE_MARK;
        if (isDelete) {
          await writeDelete(open, bytes, size);
          open.deleted += 1;
          continue;
        }
        const room = open.writer.room(size);
        if (!open.rows.fits(room)) await open.rows.makeRoom(room);
        const end = open.writer.write(bytes, fields, open.rows.out(), open.rows.at());
        if (end >= 0) {
          open.rows.wrote(end);
          open.staged += 1;
          if (mayLeaveOut && !open.isDirect)
            addPosition(open.positions, numberOf(bytes, fields, changeFields.seq));
        } else {
          const rejection = unfitting(~end);
          if (rejection.code === "null-refused" && !mayLeaveOut)
            throw new SyncError(rejection.reason, "user-fixable", {
              remedy: "Nothing was loaded. Give the row a value, or let such rows be rejected.",
              code: "null-refused",
            });
          rejected.push({
            ...rejection,
            seq: numberOf(bytes, fields, changeFields.seq),
            key: textOf(bytes, fields, changeFields.key),
          });
        }
      }
    }
    return rejected;
  };

  /** Text columns that a value of this batch doesn't fit into are made longer: Redshift does that outside of transactions only. */
  const widenColumns = async (
    session: RedshiftSession,
    { writer }: Batch,
    signal: AbortSignal,
  ): Promise<void> => {
    const wanted = ready();
    for (const [index, column] of wanted.columns.entries()) {
      const bytes = writer.longest[index]!;
      if (column.maxBytes === null || bytes <= column.maxBytes) continue;
      await session.query(lengthen(target, column.name, bytes), signal);
      column.type = `varchar(${bytes})`;
      const now = (await listColumns(session, schema, table, signal)).find(
        ({ name }) => name === column.name,
      );
      if (now) [column.type, column.maxBytes] = [now.type, now.maxBytes];
    }
  };

  const manifestOf = async (what: string, parts: Part[], signal: AbortSignal): Promise<string> => {
    const key = `${runPrefix}${what}.manifest`;
    const entries = parts.map((part) => ({
      url: `s3://${staging.bucket}/${part.key}`,
      mandatory: true,
      meta: { content_length: part.bytes },
    }));
    await bucket.put(key, Buffer.from(JSON.stringify({ entries })), signal);
    return key;
  };

  /** Runs a COPY and proves its count. Gives the rows that it left out, each once, or throws. */
  const copy = async (
    session: RedshiftSession,
    into: string,
    names: string[],
    manifest: string,
    open: Batch,
    isStage: boolean,
    signal: AbortSignal,
  ): Promise<number> => {
    // a key that COPY refuses, as a date before Christ, was refused with its row too: there is nothing to delete
    const isLenient = isStage && (mayLeaveOut || into === sql.DELETES);
    await session.query(
      sql.copy({
        into: isStage ? `"${into}"` : into,
        columns: names,
        manifest,
        staging,
        secret: stagingSecret,
        nullText: open.nullText,
        maxError: isLenient ? MAX_BAD_ROWS + 1 : 0,
        isStage,
      }),
      signal,
    );
    const copied = count(await session.query(sql.lastCopyCount, signal));
    if (isStage) {
      const held = count(await session.query(sql.countStaged(into), signal));
      if (held !== copied)
        throw terminal(
          `COPY says that it loaded ${copied} rows, but the table it loaded holds ${held}.`,
        );
    }
    return copied;
  };

  /** The rows of a batch that the stage lacks, with what the warehouse says of each. */
  const leftOut = async (
    session: RedshiftSession,
    open: Batch,
    files: Part[],
    left: number,
    names: string[],
    targetKeys: string[],
    signal: AbortSignal,
  ): Promise<Rejection[]> => {
    const loaded = await loadedRuns(session, sql.STAGE, signal);
    const missing = positionsMissing(open.positions, loaded, left + 1);
    if (missing.length !== left) throw lostTrack(left, missing.length);
    // on a session of its own: what is noted of a COPY need not be visible in the transaction that it is part of
    const errors = await withSession(
      (other) =>
        readLoadErrors(
          other,
          `s3://${staging.bucket}/${runPrefix}rows-${open.number}-`,
          10 * MAX_BAD_ROWS,
          left,
          signal,
        ),
      signal,
    ).catch((error: unknown) => {
      // the user may have no further session: the rows are recorded without the warehouse's reason
      if (error instanceof SyncError && isConnectionLimit(error.detail.code)) return [];
      throw error;
    });
    // who uploads may lack the right to read: then the key is what the warehouse kept of the line, or unknown
    const rows = await readStagedRows(bucket, files, missing, signal).catch((error: unknown) => {
      if (error instanceof SyncError) return new Map<number, string[]>();
      throw error;
    });
    return rejectionsOf(missing, errors, rows, names, targetKeys);
  };

  /** `held`: the rows of the table; null where another try has committed them. */
  type Outcome = {
    checkpoint: LoadCheckpoint;
    held: number | null;
    copyMs: number;
    upsertMs: number;
  };

  const load = (
    session: RedshiftSession,
    open: Batch,
    files: { rows: Part[]; deletes: Part[] },
    manifests: { rows: string | null; deletes: string | null },
    end: Parameters<TableLoad["commit"]>[0],
    signal: AbortSignal,
  ): Promise<Outcome> =>
    session.transaction(async () => {
      const before = await readFence(session, signal);
      if (before?.fence !== request.fence)
        throw terminal(
          "The record of this connection's loads is gone from the warehouse.",
          "FENCED",
        );
      if (before.runId === runId && before.at.seq >= end.seq)
        return { checkpoint: before.at, held: null, copyMs: 0, upsertMs: 0 }; // committed before; only the answer was lost
      const { columns: target_, keys: targetKeys } = ready();
      const matched = sql.targetKeys(targetKeys, target_);
      const names = target_.map(({ name }) => name);
      let copyMs = 0;
      let leftOutRows = 0;
      const began = performance.now();
      if (open.isDirect && manifests.rows) {
        const copied = await copy(session, target, names, manifests.rows, open, false, signal);
        if (copied !== open.staged)
          throw terminal(`${open.staged} rows were staged, but COPY loaded ${copied}.`);
      } else if (manifests.rows) {
        await session.query(sql.createStage(sql.STAGE, target_), signal);
        const copied = await copy(
          session,
          sql.STAGE,
          sql.stagedNames(target_),
          manifests.rows,
          open,
          true,
          signal,
        );
        leftOutRows = open.staged - copied;
        if (leftOutRows > 0)
          await end.onRejected(
            await leftOut(session, open, files.rows, leftOutRows, names, targetKeys, signal),
          );
      }
      if (manifests.deletes) {
        await session.query(
          sql.createStage(
            sql.DELETES,
            targetKeys.flatMap((key) => target_.find(({ name }) => name === key) ?? []),
          ),
          signal,
        );
        const names = [sql.SEQ, ...targetKeys];
        await copy(session, sql.DELETES, names, manifests.deletes, open, true, signal);
      }
      copyMs = performance.now() - began;
      let held = left.rows;
      if (request.replaces && at.seq === 0 && !open.isDirect)
        held -= await session.execute(sql.emptyTarget(target), signal);
      if (manifests.deletes) held -= await session.execute(sql.deleteGone(target, matched), signal);
      if (manifests.rows && open.isDirect) held += open.staged;
      if (manifests.rows && !open.isDirect) {
        held -= await session.execute(sql.deleteOld(target, matched), signal);
        const inserted = await session.execute(
          sql.insertNewest({
            target,
            columns: target_,
            keys: matched,
            oneRowPerKey,
            hasDeletes: manifests.deletes !== null,
          }),
          signal,
        );
        held += inserted;
        if (oneRowPerKey && inserted !== open.staged - leftOutRows)
          throw terminal(
            `${open.staged - leftOutRows} rows were loaded beside the table, but ${inserted} were put into it.`,
          );
      }
      const checkpoint: LoadCheckpoint = {
        seq: end.seq,
        loaded: at.loaded + open.staged - leftOutRows,
        deleted: at.deleted + open.deleted,
        rejected: end.rejectedSoFar + leftOutRows,
      };
      const table = { id: left.id, rows: held };
      await session.query(sql.checkpoint(fence, runId, checkpoint, table), signal);
      return {
        checkpoint,
        held,
        copyMs: Math.round(copyMs),
        upsertMs: Math.round(performance.now() - began - copyMs),
      };
    }, signal);

  const asFailure = async (
    session: RedshiftSession,
    error: unknown,
    signal: AbortSignal,
  ): Promise<unknown> => {
    if (!isLoadFailure(error)) return explainCopy(error, staging);
    const refused = await readLoadErrors(
      session,
      `s3://${staging.bucket}/${runPrefix}`,
      5,
      1,
      signal,
    ).catch(() => []);
    const [first] = refused;
    return new SyncError(
      first
        ? `Redshift refused a value. ${refusalText(first)}`
        : "Redshift refused to load the staged files.",
      "user-fixable",
      {
        remedy:
          options.badRows === "reject"
            ? `More than ${MAX_BAD_ROWS.toLocaleString("en")} rows of a batch were refused, so nothing was loaded. Mend the values, or the type of the column.`
            : "Nothing was loaded. Mend the value or the type of the column, or let such rows be rejected.",
        serverText: refused.map(refusalText).join("\n") || error.detail.serverText,
        code: error.detail.code,
      },
      { cause: error },
    );
  };

  const drop = () => {
    batch?.rows.abandon();
    batch?.deletes.abandon();
    batch = undefined;
  };

  return {
    prepare: async (signal) => {
      drop();
      let wasReached = false;
      // a connection of its own each time: one that was lost with the answer to a COMMIT can't be asked again
      await retryTransient(
        () =>
          withSession(async (session) => {
            wasReached = true;
            if (count(await session.query(sql.schemaExists(schema), signal)) === 0)
              await session.query(sql.createSchema(schema), signal);
            await refuseOwnSource(session, signal);
            await ensureFence(session, signal);
            await claim(session, signal);
            await untilBack(session, signal);
            await shapeTarget(session, signal);
            const [held] = await session.query(sql.countTarget(target), signal);
            left = {
              id: (await session.query(relationId(schema, table), signal))[0]?.[0] ?? "",
              rows: Number(held?.[0] ?? 0),
            };
            isEmpty = !wasRefused && at.seq === 0 && left.rows === 0;
          }, signal),
        { ...RETRIES, when: () => wasReached },
        delay,
        signal,
      ); // one that isn't there is waited for by the run
      await removeStaged(bucket, staging, connectionId, request.fence, signal);
      return at;
    },
    stage: async (page, signal) => {
      const onAbort = () => uploading.abort(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        signal.throwIfAborted();
        return await stagePage(page);
      } catch (error) {
        if (error instanceof NullTextTaken)
          throw new SyncError("A text is the very one that was to stand for NULL.", "transient", {
            remedy: "It is tried again with another one.",
          });
        throw error;
      } finally {
        signal.removeEventListener("abort", onAbort);
      }
    },
    commit: async (end, signal) => {
      const open = (batch ??= begin());
      const files = { rows: await open.rows.finish(), deletes: await open.deletes.finish() };
      const manifests = {
        rows:
          files.rows.length > 0
            ? await manifestOf(`rows-${open.number}`, files.rows, signal)
            : null,
        deletes:
          files.deletes.length > 0
            ? await manifestOf(`deletes-${open.number}`, files.deletes, signal)
            : null,
      };
      const outcome = await holdTable(`${tools.warehouse} ${target}`, () =>
        retryTransient(
          () =>
            whileSwapped(
              () =>
                withSession(async (session) => {
                  // a connection of its own each time: the files may have taken hours, and after a lost answer the old one is useless
                  if (options.overflow === "widen") await widenColumns(session, open, signal);
                  try {
                    return await load(session, open, files, manifests, end, signal);
                  } catch (error) {
                    if (open.isDirect && options.badRows === "reject" && isLoadFailure(error))
                      return "again" as const;
                    throw await asFailure(session, error, signal);
                  }
                }, signal),
              delay,
              signal,
            ),
          RETRIES,
          delay,
          signal,
        ),
      );
      batch = undefined;
      isEmpty = false; // from here on rows are staged beside the table
      const written = [...files.rows, ...files.deletes];
      await bucket
        .remove(
          [
            ...written.map(({ key }) => key),
            ...Object.values(manifests).filter((key) => key !== null),
          ],
          signal,
        )
        .catch(() => undefined); // what is left, cleanup removes
      if (outcome === "again") {
        wasRefused = true;
        return "again";
      }
      const { held, ...report } = outcome;
      at = report.checkpoint;
      left.rows = held ?? (await withSession((session) => rowsLeft(session, signal), signal));
      return {
        ...report,
        parts: written.length,
        bytes: written.reduce((sum, { bytes }) => sum + bytes, 0),
        cut: open.writer.cut(),
      } satisfies LoadReport;
    },
    cleanup: async () => {
      uploading.abort(new Error("The load is over."));
      drop();
      uploading = new AbortController();
      const limit = AbortSignal.timeout(30_000);
      try {
        await bucket.remove(
          (await bucket.list(runPrefix, limit)).map(({ key }) => key),
          limit,
        );
      } catch {
        // the next run of this connection removes it
      }
    },
  };
}

/** Where every file of a connection lies. */
const stagedUnder = ({ prefix }: StagingConfig, connectionId: string): string =>
  [prefix, connectionId, ""].filter((part, at) => part !== "" || at === 2).join("/");

/**
 * Removes the files that a connection's workers left, up to this fence. A later one's stay: whoever is slow, and was
 * taken over meanwhile, must not take away what the other one is loading.
 */
export async function removeStaged(
  bucket: Bucket,
  staging: StagingConfig,
  connectionId: string,
  fence: number,
  signal: AbortSignal,
): Promise<void> {
  const prefix = stagedUnder(staging, connectionId);
  const fenceOf = (key: string) =>
    Number(/^[^/]+\/(\d+)-/.exec(key.slice(prefix.length))?.[1] ?? 0);
  await bucket.remove(
    (await bucket.list(prefix, signal)).flatMap(({ key }) => (fenceOf(key) > fence ? [] : [key])),
    signal,
  );
}

/** Removes the record of a connection's loads, and files that a dead worker may have left; its table stays. */
export async function forgetLoads(
  session: RedshiftSession,
  bucket: Bucket,
  staging: StagingConfig,
  schema: string,
  connectionId: string,
  signal: AbortSignal,
): Promise<void> {
  await bucket.remove(
    (await bucket.list(stagedUnder(staging, connectionId), signal)).map(({ key }) => key),
    signal,
  );
  for (const fence of await fencesOf(session, schema, signal)) {
    const name = sql.qualified(schema, fence);
    if (fence === sql.earlierFenceName(connectionId)) {
      await session.query(sql.dropFence(name), signal);
      continue;
    }
    // others' need not be readable, and those of earlier versions say nothing of their connection
    const [row] = await session.query(sql.readLeft(name), signal).catch(unlessUnreadable);
    if (row?.[0] === connectionId) await session.query(sql.dropFence(name), signal);
  }
}

const fencesOf = async (
  session: RedshiftSession,
  schema: string,
  signal: AbortSignal,
): Promise<string[]> =>
  (await session.query(sql.fencesIn(schema), signal)).flatMap(([name]) => name ?? []);

function unlessUnreadable(error: unknown): Rows {
  if (error instanceof SyncError && /^(42501|42703|42P01)$/.test(error.detail.code ?? ""))
    return [];
  throw error;
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
  session: RedshiftSession,
  schema: string,
  table: string,
  delay: Delay,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    return await whileSwapped(
      async () => {
        const [now] = await session.query(relationId(schema, table), signal);
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
  session: RedshiftSession,
  { targetSchema: schema, targetTable, onTargetChange }: LoadOptions,
  request: { connectionId: string; table: string },
  delay: Delay,
  signal: AbortSignal,
): Promise<TargetState> {
  const table = targetName(targetTable || request.table);
  const fence = sql.fenceTable(schema, table);
  const countRows = async (): Promise<number> => {
    try {
      return count(
        await whileSwapped(
          () => session.query(sql.countTarget(sql.qualified(schema, table)), signal),
          delay,
          signal,
        ),
      );
    } catch (error) {
      throw await explainRights(session, schema, table, error, signal);
    }
  };
  const changed = (
    change: string,
    holds: number,
    then: "reload" | "stop" = onTargetChange,
  ): TargetState => ({ isAsLeft: false, change, then, holds });
  const fences = await fencesOf(session, schema, signal);
  if (!fences.includes(sql.fenceName(table))) {
    if (fences.includes(sql.earlierFenceName(request.connectionId))) return { isAsLeft: true };
    // before the first load nothing is remembered either: every row comes anyway
    const isThere = (await session.query(relationId(schema, table), signal)).length > 0;
    return changed(
      `There is no record of earlier loads into ${schema}.${table}.`,
      isThere ? await countRows() : 0,
      "reload",
    );
  }
  const [left] = await session.query(sql.readLeft(fence), signal);
  const [owner, id, rows] = left ?? [];
  if (owner && owner !== request.connectionId) throw loadedByAnother(schema, table, owner, fence);
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
