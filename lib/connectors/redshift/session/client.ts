// The one file with the driver: open, query, transaction, cancel, timeouts, redaction.
import { connect as connectTls, TLSSocket, type ConnectionOptions } from "node:tls";
import pg from "pg";
import { realDelay, retryTransient, type RetryOptions } from "@/lib/connectors/retry";
import { TunnelTimeout } from "@/lib/connectors/ssh/client";
import type { RowPage, StatementObserver } from "@/lib/connectors/contract/changes";
import { messageOf, SyncError, withoutSecrets } from "@/lib/platform/errors";
import { guardedSocket, isIP, type Socket } from "@/lib/platform/network/guard";
import { trusting } from "@/lib/platform/network/tls";
import type { ResultField } from "@/lib/connectors/redshift/catalog/columns";
import {
  diagnose,
  DriverError,
  hostProblem,
  isRefusedLogin,
  toSyncError,
  type OwnCode,
} from "./errors";
import { guardLogin, type LoginConnection } from "./login";
import type { RedshiftConfig, RedshiftSecret } from "@/lib/connectors/redshift/spec";
import { isConflictCode, isMadeMeanwhile } from "./server-errors";
import {
  defaultCapitals,
  keepCapitals,
  needsCapitals,
  sessionSettings,
  version,
} from "@/lib/connectors/redshift/sql";
import { tapRows, type RowTap } from "./wire";
import { asConnected, openRoute, seenThrough, type Route } from "./route";

const CONNECT_TIMEOUT_MS = 10_000;
/** Firewalls drop what is idle for 200 s or so (Management Guide, “firewall timeout”). */
const KEEPALIVE_MS = 30_000;
/** How long a cancelled statement may take to end before its connection is cut. */
const CANCEL_GRACE_MS = 5_000;

/** Every value as the server's own text; null is NULL. */
export type Rows = (string | null)[][];

/** A count or another whole number of the first row. Throws a terminal SyncError where there is none. */
export function countIn(rows: Rows, column = 0): number {
  const text = rows[0]?.[column];
  if (text === null || text === undefined || !/^-?\d+$/.test(text))
    throw new SyncError("The warehouse did not answer a count with a number.", "terminal");
  return Number(text);
}

export type RedshiftSession = {
  /** Runs one statement. Aborting the signal cancels it in the warehouse; then the signal's reason is thrown. Errors are SyncErrors. */
  query(sql: string, signal: AbortSignal): Promise<Rows>;
  /** Like `query`; gives the names and types of the result's columns. */
  fields(sql: string, signal: AbortSignal): Promise<ResultField[]>;
  /** Like `query`; the rows stay the bytes that came. */
  read(sql: string, signal: AbortSignal): Promise<RowPage>;
  /** Like `query`; gives the number of rows it wrote. */
  execute(sql: string, signal: AbortSignal): Promise<number>;
  /** COMMIT when `work` ends, ROLLBACK when it throws. Redshift has no savepoints: don't nest. */
  transaction<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  close(): Promise<void>;
};

/** The way to a session, in order. */
const stages = ["tunnel", "name", "tcp", "tls", "login", "database", "redshift"] as const;
export type Stage = (typeof stages)[number];
export const stagesOf = ({ tunnel }: RedshiftConfig): Stage[] =>
  stages.filter((stage) => stage !== "tunnel" || tunnel.use);

export type OpenOptions = {
  statementTimeoutMs: number;
  /** Marks the statements, so that a DBA finds them in STL_QUERY and SYS_QUERY_HISTORY. */
  queryGroup?: string;
  /** Told once for each stage that is behind us; `used` is false where there was nothing to do. */
  onStage?: (stage: Stage, says: string, used: boolean) => void;
  /** An SSH server without a pinned host key is trusted, and its key told: the verification alone pins. */
  onFirstHostKey?: (hostKey: string) => void;
  observe?: StatementObserver;
  /** Further secrets that stand in statements, and must reach no text. */
  hide?: string[];
};

function tlsOptions({ sslMode, caCertificate }: RedshiftConfig): false | ConnectionOptions {
  if (sslMode === "off") return false;
  if (sslMode === "require") return { rejectUnauthorized: false };
  return { rejectUnauthorized: true, secureContext: trusting(caCertificate) };
}

/** Values stay the server's own text: pg's parsers cut timestamps to ms and lose digits of numbers. */
const rawText = { getTypeParser: () => (value: string | Buffer) => value };

/** pg's inner connection, as far as this file leans on it; the version of pg is pinned. */
type Inner = LoginConnection & {
  stream: Socket;
  once(event: "authenticationOk", listener: () => void): unknown;
};
export type OpenClient = pg.Client & {
  connection: Inner;
  processID: number | null;
  secretKey: number | null;
};

type Reached = (stage: Stage, says: string, used?: boolean) => void;

/** Reports name and TCP as pg goes through them, on pg's own connection: a second one could fare otherwise. */
function watchSocket(socket: Socket, { host, port }: RedshiftConfig, reached: Reached): void {
  if (isIP(host) !== 0) reached("name", `${host} is an address: there is nothing to look up.`);
  // A name may have several addresses, and each is told apart
  else
    socket.once("lookup", (error, address) => {
      if (!error) reached("name", `${host} is ${address}.`);
    });
  socket.once("connect", () =>
    reached("tcp", `Connected to ${socket.remoteAddress ?? host}, port ${port}.`),
  );
}

/** Reports TLS and login, and the first thing that is heard of the server. */
function watchLogin(
  inner: Inner,
  config: RedshiftConfig,
  reached: Reached,
  heard: () => void,
): void {
  const socket = inner.stream;
  socket.once("connect", () => {
    socket.once("data", heard);
    if (config.sslMode === "off") reached("tls", "Not used: “SSL mode” is off.", false);
  });
  const attach = inner.attachListeners.bind(inner);
  inner.attachListeners = (stream) => {
    if (stream instanceof TLSSocket)
      stream.once("secureConnect", () => reached("tls", describeTls(stream, config)));
    attach(stream);
  };
  inner.once("authenticationOk", () => reached("login", `The server accepted “${config.user}”.`));
}

const DAY_MS = 24 * 3600_000;

function describeTls(stream: TLSSocket, { host, sslMode }: RedshiftConfig): string {
  const protocol = (stream.getProtocol() ?? "TLS").replace("TLSv", "TLS ");
  if (sslMode === "require")
    return `${protocol}. The certificate isn't checked: “SSL mode” is require.`;
  const days = Math.floor((Date.parse(stream.getPeerCertificate().valid_to) - Date.now()) / DAY_MS);
  return `${protocol}, with a certificate for ${host}, valid for ${days} more ${days === 1 ? "day" : "days"}.`;
}

/** Whether a server starts TLS at once, as web servers do, whatever its certificate. */
export async function speaksTlsAtOnce(
  config: RedshiftConfig,
  secret: RedshiftSecret,
  signal: AbortSignal,
): Promise<boolean> {
  const { host } = config;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TLS_PROBE_MS)]);
  let route: Route | undefined;
  try {
    route = await openRoute(config, secret, { pinFirstKey: true }, limit);
    const stream = await route.dial(limit);
    return await new Promise<boolean>((answer) => {
      const socket = connectTls(
        {
          socket: stream,
          rejectUnauthorized: false,
          ...(isIP(host) === 0 && { servername: host }),
        },
        () => end(true),
      );
      const end = (speaks: boolean) => {
        socket.destroy();
        stream.destroy();
        answer(speaks);
      };
      for (const gone of [socket, stream])
        gone.on("error", () => end(false)).on("close", () => end(false));
      limit.addEventListener("abort", () => end(false), { once: true });
    });
  } catch {
    return false; // what stands in the way was told already
  } finally {
    route?.close();
  }
}
const TLS_PROBE_MS = 3_000;

/** CancelRequest on a connection of its own, as the protocol has it: no answer, no TLS, nothing secret but its one-time key. */
function requestCancel(route: Route, processId: number, secretKey: number): void {
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(80877102, 4);
  request.writeInt32BE(processId, 8);
  request.writeInt32BE(secretKey, 12);
  const limit = AbortSignal.timeout(CANCEL_GRACE_MS);
  // a lost request is what the grace period is for
  route.dial(limit).then(
    (socket) => {
      limit.addEventListener("abort", () => socket.destroy(), { once: true });
      socket.on("error", () => socket.destroy());
      socket.end(request);
    },
    () => undefined,
  );
}

/** Everything that reaches a server and must reach no text. */
export const secretsOf = ({
  password,
  otherPassword = "",
  secretAccessKey = "",
  tunnel,
}: RedshiftSecret): string[] => [
  password,
  otherPassword,
  secretAccessKey,
  ...Object.values(tunnel ?? {}),
];

/**
 * Logs in and makes sure that it is Redshift. Throws a SyncError within ten seconds when it can't, or the signal's
 * reason. The password appears in no error.
 */
export async function openRedshift(
  config: RedshiftConfig,
  secret: RedshiftSecret,
  options: OpenOptions,
  signal: AbortSignal,
): Promise<RedshiftSession> {
  signal.throwIfAborted();
  const secrets = [...secretsOf(secret), ...(options.hide ?? [])];
  const fail = (error: unknown): unknown => {
    if (signal.aborted) return signal.reason;
    return error instanceof SyncError
      ? error
      : toSyncError(diagnose(error, config, secrets), error);
  };
  const problem = hostProblem(config.host);
  if (problem) throw fail(new DriverError(problem, `“${config.host}” was not looked up.`));
  const told = new Set<Stage>();
  const reached: Reached = (stage, says, used = true) => {
    if (!told.has(stage)) options.onStage?.(stage, says, used);
    told.add(stage);
  };
  // one limit for the whole route, with a tunnel or without
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(new TunnelTimeout(`no answer within ${CONNECT_TIMEOUT_MS / 1000} seconds`)),
    CONNECT_TIMEOUT_MS,
  );
  const ended = AbortSignal.any([signal, limit.signal]);
  let route: Route | undefined;
  let connection: Connection;
  try {
    route = await openRoute(
      config,
      secret,
      { pinFirstKey: options.onFirstHostKey !== undefined },
      ended,
    );
    if (route.hostKey) {
      if (config.tunnel.hostKey === "") options.onFirstHostKey?.(route.hostKey);
      reached(
        "tunnel",
        `${config.tunnel.host} let “${config.tunnel.user}” in. Its host key is ${config.tunnel.hostKey === "" ? "pinned from now on" : "the pinned one"}: ${route.hostKey}.`,
      );
    }
    // AWS's clients take 25 MB, which only such logins are worth
    const { user, password } = config.iam.use
      ? await (await import("./iam")).temporaryLogin(config, secret, ended)
      : { user: config.user, password: secret.password };
    const enter = (entered: string) =>
      logIn({ ...config, user }, { ...secret, password: entered }, route as Route, reached, ended);
    connection = await enter(password).catch((error: unknown) => {
      if (!secret.otherPassword || ended.aborted || !isRefusedLogin(error)) throw error;
      return enter(secret.otherPassword);
    });
    reached("database", `“${config.database}” is open.`);
  } catch (error) {
    route?.close();
    throw fail(error);
  } finally {
    clearTimeout(timer);
  }

  const session = sessionOn(connection, route, config, secret, options.observe, options.hide);
  try {
    const serverVersion = (await session.query(version, signal))[0]?.[0] ?? "";
    if (!/redshift/i.test(serverVersion))
      throw fail(new DriverError("NOT_REDSHIFT", serverVersion));
    reached("redshift", `${/redshift [\d.]+/i.exec(serverVersion)?.[0] ?? "Redshift"}.`);
    await session.query(sessionSettings(options.statementTimeoutMs, options.queryGroup), signal);
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** A client that is logged in; `broken` is why it can't be used any more. */
export type Connection = {
  client: OpenClient;
  tap: RowTap;
  cut(error: Error): void;
  broken(): Error | undefined;
};

async function logIn(
  config: RedshiftConfig,
  secret: RedshiftSecret,
  route: Route,
  report: Reached,
  ended: AbortSignal,
): Promise<Connection> {
  const { host, port, database, user } = config;
  const behind = new Set<Stage>();
  const reached: Reached = (stage, says, used) => {
    behind.add(stage);
    report(stage, says, used);
  };
  const stream = config.tunnel.use ? await route.dial(ended) : undefined;
  if (stream)
    for (const [stage, says] of Object.entries(seenThrough(config)))
      reached(stage as keyof ReturnType<typeof seenThrough>, says);
  const client = new pg.Client({
    host,
    port,
    database,
    user,
    password: secret.password,
    ssl: tlsOptions(config),
    application_name: "tidegate",
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MS,
    types: rawText,
    stream: () => (stream ? asConnected(stream) : guardedSocket("database")),
  }) as OpenClient;
  let broken: Error | undefined;
  client.on("error", (error) => {
    broken ??= error;
  }); // without a listener a lost idle connection ends the process; the next query reports it
  const tap = tapRows(client.connection); // behind the login's guard
  guardLogin(client.connection, secret.password);
  let heard = false; // of the server, anything
  if (!stream) watchSocket(client.connection.stream, config, reached);
  watchLogin(client.connection, config, reached, () => {
    heard = true;
  });

  const cut = (error: Error) => {
    broken ??= error;
    client.connection.stream.destroy(error);
  };
  route.onLost(cut);
  const lateCode = (): OwnCode => {
    if (!behind.has("name")) return "NAME_TIMEOUT";
    if (!behind.has("tcp")) return "CONNECT_TIMEOUT";
    return heard ? "LOGIN_TIMEOUT" : "SILENT";
  };
  const onEnd = () =>
    cut(
      ended.reason instanceof TunnelTimeout
        ? new DriverError(lateCode(), ended.reason.message)
        : new Error("aborted"),
    );
  ended.addEventListener("abort", onEnd, { once: true });
  try {
    await client.connect();
  } catch (error) {
    const named = nameTls(broken ?? error);
    cut(new Error("closed"));
    throw behind.has("tcp") && !heard && isLoss(named)
      ? new DriverError("HUNG_UP", messageOf(named), { cause: named })
      : named;
  } finally {
    ended.removeEventListener("abort", onEnd);
  }
  return { client, tap, cut, broken: () => broken };
}

const STATEMENT_RETRIES: RetryOptions = {
  tries: 4,
  firstDelayMs: 100,
  maxDelayMs: 1_000,
  when: (error) => isConflictCode(error.detail.code),
};

const CREATE_RETRIES: RetryOptions = {
  ...STATEMENT_RETRIES,
  when: ({ detail }) => isConflictCode(detail.code) || isMadeMeanwhile(detail.code),
};

/** What runs statements on a client that is logged in. A benchmark makes one on plain PostgreSQL, which `openRedshift` refuses. */
export function sessionOn(
  { client, tap, cut, broken }: Connection,
  route: Route,
  config: RedshiftConfig,
  secret: RedshiftSecret,
  observe: StatementObserver = () => () => undefined,
  hide: string[] = [],
): RedshiftSession {
  const secrets = [...secretsOf(secret), ...hide];
  const mask = (sql: string) => withoutSecrets(sql, secrets);
  const send = async (sql: string, signal: AbortSignal) => {
    signal.throwIfAborted();
    const ended = observe(mask(sql));
    let outcome: Parameters<typeof ended>[0] = { rows: null, failed: true };
    let grace: NodeJS.Timeout | undefined;
    const cancel = () => {
      if (client.processID !== null && client.secretKey !== null)
        requestCancel(route, client.processID, client.secretKey);
      grace = setTimeout(
        () => cut(new DriverError("CONNECTION_LOST", "cut after a cancel")),
        CANCEL_GRACE_MS,
      );
    };
    signal.addEventListener("abort", cancel, { once: true });
    try {
      const result = await client.query<(string | null)[]>({ text: sql, rowMode: "array" });
      outcome = { rows: result.rowCount ?? null, failed: false }; // several statements in one have several results
      return result;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw toSyncError(diagnose(broken() ?? error, config, secrets), error);
    } finally {
      clearTimeout(grace);
      signal.removeEventListener("abort", cancel);
      ended(outcome);
    }
  };
  let isInTransaction = false;
  /** Whether names keep their capitals now, and did when the transaction began: a rollback takes the setting back. */
  let keepsCapitals = false;
  let keptCapitals = false;
  const setCapitals = async (sql: string, signal: AbortSignal) => {
    const needed = needsCapitals(sql);
    // within a transaction it is only switched on: statements about the same table alternate with those about ours
    if (needed === keepsCapitals || (isInTransaction && !needed)) return;
    await send(needed ? keepCapitals : defaultCapitals, signal);
    keepsCapitals = needed;
  };
  const follow = (sql: string) => {
    if (/^BEGIN\b/i.test(sql)) {
      isInTransaction = true;
      keptCapitals = keepsCapitals;
    } else if (/^(COMMIT|ROLLBACK)\b/i.test(sql)) {
      isInTransaction = false;
      if (/^ROLLBACK\b/i.test(sql)) keepsCapitals = keptCapitals;
    }
  };
  /** Outside of a transaction a statement that lost against another one has done nothing, and is run again. */
  const run = async (sql: string, signal: AbortSignal) => {
    const isControl = /^(BEGIN|COMMIT|ROLLBACK)\b/i.test(sql);
    if (!isControl) await setCapitals(sql, signal);
    if (isControl || isInTransaction) {
      const result = await send(sql, signal);
      follow(sql);
      return result;
    }
    const retries = /^CREATE \w+ IF NOT EXISTS\b/i.test(sql) ? CREATE_RETRIES : STATEMENT_RETRIES;
    return retryTransient(() => send(sql, signal), retries, realDelay, signal);
  };
  return {
    query: async (sql, signal) => (await run(sql, signal)).rows,
    fields: async (sql, signal) =>
      (await run(sql, signal)).fields.map(({ name, dataTypeID, dataTypeModifier }) => ({
        name,
        typeId: dataTypeID,
        modifier: dataTypeModifier,
      })),
    read: async (sql, signal) => {
      await setCapitals(sql, signal);
      tap.keep();
      try {
        await send(sql, signal); // once: a second try would add to the rows of the first
        return tap.take();
      } finally {
        tap.take();
      }
    },
    execute: async (sql, signal) => (await run(sql, signal)).rowCount ?? 0,
    transaction: async (work, signal) => {
      await run("BEGIN", signal);
      try {
        const value = await work();
        await run("COMMIT", signal);
        return value;
      } catch (error) {
        // The first error is the one to tell. A rollback that fails leaves a broken connection, and the server rolls back by itself.
        if (!broken())
          await client.query("ROLLBACK").then(
            () => follow("ROLLBACK"),
            (rollbackError: Error) => cut(rollbackError),
          );
        throw error;
      }
    },
    close: async () => {
      await client.end();
      route.close();
    },
  };
}

/** The connection ended, and nobody said why. */
const isLoss = (error: unknown): boolean =>
  error instanceof Error &&
  (error.message === "Connection terminated unexpectedly" ||
    ("code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE")));

/** pg reports a refused TLS negotiation by text alone. */
function nameTls(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.message === "The server does not support SSL connections")
    return new DriverError("TLS_NOT_OFFERED", error.message, { cause: error });
  if (error.message === "There was an error establishing an SSL connection")
    return new DriverError("NOT_POSTGRES", error.message, { cause: error });
  return error;
}
