// The one file with the driver: open, query, transaction, cancel, timeouts, redaction.
import { connect as connectSocket, isIP, type Socket } from "node:net";
import { connect as connectTls, getCACertificates, rootCertificates, TLSSocket, type ConnectionOptions } from "node:tls";
import pg from "pg";
import { messageOf, SyncError } from "@/lib/platform/errors";
import { diagnose, DriverError, hostProblem, toSyncError, type OwnCode } from "./errors";
import { guardLogin, type LoginConnection } from "./login";
import type { RedshiftConfig, RedshiftSecret } from "./spec";
import { sessionSettings, version } from "./sql";

const CONNECT_TIMEOUT_MS = 10_000;
/** Firewalls drop what is idle for 200 s or so (Management Guide, “firewall timeout”). */
const KEEPALIVE_MS = 30_000;
/** How long a cancelled statement may take to end before its connection is cut. */
const CANCEL_GRACE_MS = 5_000;

/** Every value as the server's own text; null is NULL. */
export type Rows = (string | null)[][];

export type RedshiftSession = {
  /** Runs one statement. Aborting the signal cancels it in the warehouse; then the signal's reason is thrown. Errors are SyncErrors. */
  query(sql: string, signal: AbortSignal): Promise<Rows>;
  /** Like `query`; gives the number of rows it wrote. */
  execute(sql: string, signal: AbortSignal): Promise<number>;
  /** COMMIT when `work` ends, ROLLBACK when it throws. Redshift has no savepoints: don't nest. */
  transaction<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  close(): Promise<void>;
};

/** The way to a session, in order. */
export const stages = ["name", "tcp", "tls", "login", "database", "redshift"] as const;
export type Stage = (typeof stages)[number];

export type OpenOptions = {
  statementTimeoutMs: number;
  /** Told once for each stage that is behind us; `used` is false where there was nothing to do. */
  onStage?: (stage: Stage, says: string, used: boolean) => void;
};

function tlsOptions({ sslMode, caCertificate }: RedshiftConfig): false | ConnectionOptions {
  if (sslMode === "off") return false;
  if (sslMode === "require") return { rejectUnauthorized: false };
  return { rejectUnauthorized: true, ca: [...rootCertificates, ...getCACertificates("system"), ...(caCertificate ? [caCertificate] : [])] };
}

/** Values stay the server's own text: pg's parsers cut timestamps to ms and lose digits of numbers. */
const rawText = { getTypeParser: () => (value: string | Buffer) => value };

/** pg's inner connection, as far as this file leans on it; the version of pg is pinned. */
type Inner = LoginConnection & { stream: Socket; once(event: "authenticationOk", listener: () => void): unknown };
type OpenClient = pg.Client & { connection: Inner; processID: number | null; secretKey: number | null };

/** Reports each stage of a login as pg goes through it, on pg's own connection: a second one could fare otherwise. */
function watchStages(inner: Inner, config: RedshiftConfig, reached: (stage: Stage, says: string, used?: boolean) => void, heard: () => void): void {
  const { host, port } = config;
  const socket = inner.stream;
  if (isIP(host) !== 0) reached("name", `${host} is an address: there is nothing to look up.`);
  // A name may have several addresses, and each is told apart
  else socket.once("lookup", (error, address) => { if (!error) reached("name", `${host} is ${address}.`); });
  socket.once("connect", () => {
    socket.once("data", heard);
    reached("tcp", `Connected to ${socket.remoteAddress ?? host}, port ${port}.`);
    if (config.sslMode === "off") reached("tls", "Not used: “SSL mode” is off.", false);
  });
  const attach = inner.attachListeners.bind(inner);
  inner.attachListeners = (stream) => {
    if (stream instanceof TLSSocket) stream.once("secureConnect", () => reached("tls", describeTls(stream, config)));
    attach(stream);
  };
  inner.once("authenticationOk", () => reached("login", `The server accepted “${config.user}”.`));
}

const DAY_MS = 24 * 3600_000;

function describeTls(stream: TLSSocket, { host, sslMode }: RedshiftConfig): string {
  const protocol = (stream.getProtocol() ?? "TLS").replace("TLSv", "TLS ");
  if (sslMode === "require") return `${protocol}. The certificate isn't checked: “SSL mode” is require.`;
  const days = Math.floor((Date.parse(stream.getPeerCertificate().valid_to) - Date.now()) / DAY_MS);
  return `${protocol}, with a certificate for ${host}, valid for ${days} more ${days === 1 ? "day" : "days"}.`;
}

/** Whether a server starts TLS at once, as web servers do, whatever its certificate. */
export function speaksTlsAtOnce({ host, port }: RedshiftConfig, signal: AbortSignal): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connectTls({ host, port, rejectUnauthorized: false, ...(isIP(host) === 0 && { servername: host }) }, () => end(true));
    const end = (speaks: boolean) => {
      socket.destroy();
      answer(speaks);
    };
    socket.setTimeout(TLS_PROBE_MS, () => end(false));
    socket.on("error", () => end(false));
    socket.on("close", () => end(false));
    signal.addEventListener("abort", () => end(false), { once: true });
  });
}
const TLS_PROBE_MS = 3_000;

/** CancelRequest on a connection of its own, as the protocol has it: no answer, no TLS, nothing secret but its one-time key. */
function requestCancel({ host, port }: RedshiftConfig, processId: number, secretKey: number): void {
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(80877102, 4);
  request.writeInt32BE(processId, 8);
  request.writeInt32BE(secretKey, 12);
  const socket = connectSocket({ host, port });
  socket.setTimeout(CANCEL_GRACE_MS, () => socket.destroy());
  socket.on("error", () => socket.destroy()); // a lost request is what the grace period is for
  socket.end(request);
}

/**
 * Logs in and makes sure that it is Redshift. Throws a SyncError within ten seconds when it can't, or the signal's
 * reason. The password appears in no error.
 */
export async function openRedshift(config: RedshiftConfig, secret: RedshiftSecret, options: OpenOptions, signal: AbortSignal): Promise<RedshiftSession> {
  signal.throwIfAborted();
  const { host, port, database, user } = config;
  const fail = (error: unknown): unknown => (signal.aborted ? signal.reason : error instanceof SyncError ? error : toSyncError(diagnose(error, config, [secret.password]), error));
  const problem = hostProblem(host);
  if (problem) throw fail(new DriverError(problem, `“${host}” was not looked up.`));
  const client = new pg.Client({
    host, port, database, user, password: secret.password, ssl: tlsOptions(config), application_name: "tidegate",
    keepAlive: true, keepAliveInitialDelayMillis: KEEPALIVE_MS, types: rawText,
  }) as OpenClient;
  let broken: Error | undefined;
  client.on("error", (error) => { broken ??= error; }); // without a listener a lost idle connection ends the process; the next query reports it
  guardLogin(client.connection, secret.password);
  const behind = new Set<Stage>();
  const reached = (stage: Stage, says: string, used = true) => {
    behind.add(stage);
    options.onStage?.(stage, says, used);
  };
  let heard = false; // of the server, anything
  watchStages(client.connection, config, reached, () => { heard = true; });
  const lateCode = (): OwnCode => (!behind.has("name") ? "NAME_TIMEOUT" : !behind.has("tcp") ? "CONNECT_TIMEOUT" : heard ? "LOGIN_TIMEOUT" : "SILENT");

  const destroy = (error: Error) => client.connection.stream.destroy(error);
  const onAbort = () => destroy(new Error("aborted"));
  signal.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => destroy(new DriverError(lateCode(), `no answer within ${CONNECT_TIMEOUT_MS / 1000} seconds`)), CONNECT_TIMEOUT_MS);
  try {
    await client.connect();
  } catch (error) {
    destroy(new Error("closed"));
    const named = nameTls(broken ?? error);
    throw fail(behind.has("tcp") && !heard && isLoss(named) ? new DriverError("HUNG_UP", messageOf(named), { cause: named }) : named);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
  reached("database", `“${database}” is open.`);

  const run = async (sql: string, signal: AbortSignal) => {
    signal.throwIfAborted();
    let grace: NodeJS.Timeout | undefined;
    const cancel = () => {
      if (client.processID !== null && client.secretKey !== null) requestCancel(config, client.processID, client.secretKey);
      grace = setTimeout(() => destroy(new DriverError("CONNECTION_LOST", "cut after a cancel")), CANCEL_GRACE_MS);
    };
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return await client.query<(string | null)[]>({ text: sql, rowMode: "array" });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw toSyncError(diagnose(broken ?? error, config, [secret.password]), error);
    } finally {
      clearTimeout(grace);
      signal.removeEventListener("abort", cancel);
    }
  };

  const session: RedshiftSession = {
    query: async (sql, signal) => (await run(sql, signal)).rows,
    execute: async (sql, signal) => (await run(sql, signal)).rowCount ?? 0,
    transaction: async (work, signal) => {
      await run("BEGIN", signal);
      try {
        const value = await work();
        await run("COMMIT", signal);
        return value;
      } catch (error) {
        // The first error is the one to tell. A rollback that fails leaves a broken connection, and the server rolls back by itself.
        if (!broken) await client.query("ROLLBACK").catch((rollbackError: Error) => { broken ??= rollbackError; });
        throw error;
      }
    },
    close: () => client.end(),
  };
  try {
    const serverVersion = (await session.query(version, signal))[0]?.[0] ?? "";
    if (!/redshift/i.test(serverVersion)) throw fail(new DriverError("NOT_REDSHIFT", serverVersion));
    reached("redshift", `${/redshift [\d.]+/i.exec(serverVersion)?.[0] ?? "Redshift"}.`);
    await session.query(sessionSettings(options.statementTimeoutMs), signal);
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** The connection ended, and nobody said why. */
const isLoss = (error: unknown): boolean => error instanceof Error && (error.message === "Connection terminated unexpectedly" || ("code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE")));

/** pg reports a refused TLS negotiation by text alone. */
function nameTls(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.message === "The server does not support SSL connections") return new DriverError("TLS_NOT_OFFERED", error.message, { cause: error });
  if (error.message === "There was an error establishing an SSL connection") return new DriverError("NOT_POSTGRES", error.message, { cause: error });
  return error;
}
