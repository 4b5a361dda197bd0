import { randomBytes } from "node:crypto";
import type { CheckResult } from "@/lib/connectors/contract/checks";
import type { TableDestination } from "@/lib/connectors/contract/rows";
import { realDelay, type Delay } from "@/lib/connectors/retry";
import { SyncError } from "@/lib/platform/errors";
import { openPostgres, type PostgresSession } from "./client";
import { assertTakes, forgetLoads, openPostgresLoad, surveyTable } from "./load";
import type {
  PostgresConfig,
  PostgresDestinationConfig,
  PostgresDestinationSecret,
  PostgresSecret,
} from "./spec";
import * as sql from "./sql";

const CHECK_LIMIT_MS = 15_000;
const BATCH = { rows: 1_000_000, ms: 15 * 60_000 };

/** PostgreSQL as a destination: rows by COPY FROM STDIN into one table a connection. */
export function postgresDestination(
  { connection: config, tables }: PostgresDestinationConfig,
  { connection: secret }: PostgresDestinationSecret,
  delay: Delay = realDelay,
): TableDestination {
  const { targetSchema, targetTable } = tables;
  const open = (signal: AbortSignal) => openPostgres(config, secret, signal, targetSchema);
  const look = async <T>(
    work: (session: PostgresSession) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> => {
    const session = await open(signal);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  };
  return {
    takes: "rows",
    batch: BATCH,
    check: (signal) =>
      check(config, targetSchema, presentLogin(config, secret, targetSchema), signal),
    openLoad: (request) =>
      openPostgresLoad({ open, delay, schema: targetSchema, table: targetTable }, request),
    survey: ({ connectionId, table }, signal) =>
      look(
        (session) =>
          surveyTable(session, targetSchema, targetTable || table, connectionId, delay, signal),
        signal,
      ),
    examine: ({ table, columns }, signal) =>
      look(async (session) => {
        const name = targetTable || table;
        assertTakes(
          sql.qualified(targetSchema, name),
          columns.map((column) => ({
            name: sql.targetName(column.name),
            type: sql.targetType(column),
          })),
          await session.query(sql.columnsOf(targetSchema, name), signal),
        );
      }, signal),
    forget: (connectionId, signal) =>
      look((session) => forgetLoads(session, targetSchema, connectionId, signal), signal),
    close: async () => undefined,
  };
}

/** A check tells of the present password alone. */
const presentLogin =
  (config: PostgresConfig, { password }: PostgresSecret, targetSchema?: string) =>
  (signal: AbortSignal) =>
    openPostgres(config, { password }, signal, targetSchema);

/** The first check of a destination alone. */
export async function* checkConnection(
  config: PostgresConfig,
  secret: PostgresSecret,
  signal: AbortSignal,
): AsyncGenerator<CheckResult> {
  for await (const result of check(config, "", presentLogin(config, secret), signal))
    return yield result;
}

/** Logs in, then loads two rows twice in a transaction that is rolled back. */
async function* check(
  { database, user }: PostgresConfig,
  targetSchema: string,
  open: (signal: AbortSignal) => Promise<PostgresSession>,
  signal: AbortSignal,
): AsyncGenerator<CheckResult> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(CHECK_LIMIT_MS)]);
  const attempt = async (
    id: string,
    title: string,
    work: () => Promise<string>,
  ): Promise<CheckResult> => {
    const began = performance.now();
    const ms = () => Math.round(performance.now() - began);
    try {
      return { id, title, status: "passed", summary: await work(), ms: ms() };
    } catch (error) {
      signal.throwIfAborted();
      const { message, detail } =
        error instanceof SyncError
          ? error
          : new SyncError("No answer within 15 seconds.", "transient", {
              remedy: "The server may be overloaded. Try again in a minute.",
            });
      return {
        id,
        title,
        status: "failed",
        summary: message,
        ...(detail.serverText && { serverText: detail.serverText }),
        ...(detail.remedy && { remedy: { text: detail.remedy } }),
        ms: ms(),
      };
    }
  };
  let session: PostgresSession | undefined;
  const connection = await attempt("connection", "Connection", async () => {
    session = await open(limit);
    return `Logged in to the database “${database}” as “${user}”.`;
  });
  const live = session as PostgresSession | undefined;
  try {
    yield connection;
    if (!live)
      return yield {
        id: "upsert",
        title: "Upsert",
        status: "skipped",
        summary: "Not run because “Connection” failed.",
      };
    yield await attempt("upsert", "Upsert", async () => {
      const columns = [
        { name: "id", type: "bigint" },
        { name: "text", type: "text" },
      ];
      const name = `_tidegate_check_${randomBytes(8).toString("hex")}`;
      const target = sql.qualified(targetSchema, name);
      await live.query("BEGIN", limit);
      try {
        if ((await live.query(sql.schemaExists(targetSchema), limit))[0]?.[0] === "0")
          await live.query(sql.createSchema(targetSchema), limit);
        await live.query(sql.createTable(targetSchema, name, columns, ["id"]), limit);
        await live.query(sql.createStage(columns), limit);
        const copy = live.copy(sql.copyIn(columns));
        await copy.write(Buffer.from('1,,1,"Zoë ""q"" \nउ 🏔"\n2,,2,\n'));
        await copy.end();
        for (let time = 0; time < 2; time += 1)
          for (const statement of [
            sql.deleteOld(target, ["id"]),
            sql.insertNewest(target, columns, ["id"], true),
          ])
            await live.query(statement, limit);
        const rows = await live.query(`SELECT id, text FROM ${target} ORDER BY id`, limit);
        if (
          JSON.stringify(rows) !==
          JSON.stringify([
            ["1", 'Zoë "q" \nउ 🏔'],
            ["2", null],
          ])
        )
          throw new SyncError("What was loaded is not what was sent.", "terminal", {
            serverText: JSON.stringify(rows),
          });
      } finally {
        await live.query("ROLLBACK", limit).catch(() => undefined);
      }
      return "Two rows, loaded twice, were two rows, as they were sent. The transaction was rolled back.";
    });
  } finally {
    await live?.close();
  }
}
