// The one file with the driver: open, query, COPY, cancel, redaction.
import { once } from "node:events";
import type { ConnectionOptions } from "node:tls";
import pg from "pg";
import { from as copyFrom, type CopyStreamQuery } from "pg-copy-streams";
import { guardedSocket } from "@/lib/platform/network/guard";
import { trusting } from "@/lib/platform/network/tls";
import { SyncError } from "@/lib/platform/errors";
import { toSyncError } from "./errors";
import type { PostgresConfig, PostgresSecret } from "./spec";
import { session } from "./sql";

const CONNECT_TIMEOUT_MS = 10_000;
/** What PostgreSQL hasn't taken up yet. */
const COPY_BUFFER_BYTES = 1 << 20;

export type Rows = (string | null)[][];
export type PostgresSession = {
  query(sql: string, signal: AbortSignal): Promise<Rows>;
  /** Like `query`; gives the number of rows it wrote. */
  execute(sql: string, signal: AbortSignal): Promise<number>;
  /** Begins a COPY … FROM STDIN; nothing else runs until it has ended. */
  copy(sql: string): CopyIn;
  close(): Promise<void>;
};
export type CopyIn = {
  /** Waits while the server is behind. */
  write(bytes: Uint8Array): Promise<void>;
  /** Gives the number of rows that were taken. */
  end(): Promise<number>;
};

function tls({ sslMode, caCertificate }: PostgresConfig): false | ConnectionOptions {
  if (sslMode === "off") return false;
  if (sslMode === "require") return { rejectUnauthorized: false };
  return { rejectUnauthorized: true, secureContext: trusting(caCertificate) };
}

/**
 * Logs in. Errors are SyncErrors; the password is in none of them. `targetSchema`: the one that is written to, which the
 * remedies of missing privileges name.
 */
export async function openPostgres(
  config: PostgresConfig,
  secret: PostgresSecret,
  signal: AbortSignal,
  targetSchema?: string,
): Promise<PostgresSession> {
  signal.throwIfAborted();
  const { host, port, database, user } = config;
  const client = new pg.Client({
    host,
    port,
    database,
    user,
    password: secret.password,
    ssl: tls(config),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    stream: () => guardedSocket("database"),
    types: { getTypeParser: () => (text: string) => text } as pg.CustomTypesConfig,
  });
  let broken: Error | undefined;
  client.on("error", (error) => {
    broken ??= error;
  }); // without a listener a lost idle connection ends the process
  const told = (error: unknown): unknown =>
    signal.aborted
      ? signal.reason
      : toSyncError(broken ?? error, { ...config, targetSchema }, secret.password);
  // a statement that is cancelled, or a COPY that is left, ends with its connection: the server rolls back
  const onAbort = () =>
    void (
      client as unknown as { connection: { stream: { destroy(): void } } }
    ).connection.stream.destroy();
  signal.addEventListener("abort", onAbort, { once: true });
  const run = async (sql: string) => {
    signal.throwIfAborted();
    try {
      return await client.query<(string | null)[]>({ text: sql, rowMode: "array" });
    } catch (error) {
      throw told(error);
    }
  };
  try {
    await client.connect();
    await client.query(session);
  } catch (error) {
    signal.removeEventListener("abort", onAbort);
    await client.end().catch(() => undefined);
    const refusal = told(error);
    if (secret.otherPassword && refusal instanceof SyncError && refusal.detail.code === "28P01")
      return openPostgres(config, { password: secret.otherPassword }, signal, targetSchema);
    throw refusal;
  }
  return {
    query: async (sql) => (await run(sql)).rows ?? [],
    execute: async (sql) => (await run(sql)).rowCount ?? 0,
    copy: (sql) => copyOn(client.query(copyFrom(sql, { highWaterMark: COPY_BUFFER_BYTES })), told),
    close: async () => {
      signal.removeEventListener("abort", onAbort);
      await client.end().catch(() => undefined);
    },
  };
}

function copyOn(stream: CopyStreamQuery, told: (error: unknown) => unknown): CopyIn {
  let failure: unknown;
  stream.on("error", (error) => {
    failure ??= error;
  });
  const check = () => {
    if (failure !== undefined) throw told(failure);
  };
  return {
    write: async (bytes) => {
      check();
      if (!stream.write(bytes))
        await Promise.race([once(stream, "drain"), once(stream, "close")]).catch(
          (error: unknown) => {
            failure ??= error;
          },
        );
      check();
    },
    end: async () => {
      check();
      stream.end();
      await once(stream, "finish").catch((error: unknown) => {
        failure ??= error;
      });
      check();
      return stream.rowCount;
    },
  };
}
