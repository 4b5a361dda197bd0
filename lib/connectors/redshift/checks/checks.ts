import { randomBytes } from "node:crypto";
import { ReadableStream } from "node:stream/web";
import type { CheckPart, CheckUpdate, Remedy } from "@/lib/connectors/contract/checks";
import { SyncError } from "@/lib/platform/errors";
import { isTrue, listSchemas } from "@/lib/connectors/redshift/catalog/catalog";
import {
  secretsOf,
  speaksTlsAtOnce,
  stagesOf,
  type RedshiftSession,
  type Stage,
} from "@/lib/connectors/redshift/session/client";
import { openWithinLimit } from "@/lib/connectors/redshift/session/sessions";
import { diagnose, DriverError } from "@/lib/connectors/redshift/session/errors";
import { readingGrants, SCHEMA_PLACEHOLDER, stateSchemaGrants } from "./permissions";
import {
  STATE_SCHEMA,
  type RedshiftConfig,
  type RedshiftSecret,
} from "@/lib/connectors/redshift/spec";
import * as sql from "@/lib/connectors/redshift/sql";

const CHECK_LIMIT_MS = 15_000;
/** A statement asks about so many tables at most: four answers each. */
const TABLES_PER_STATEMENT = 100;

export type Failure = { summary: string; serverText?: string; remedy?: Remedy; code?: string };

/** A check's verdict, in words. */
export class Failed extends Error {
  constructor(readonly failure: Failure) {
    super(failure.summary);
  }
}

/** What is known of a check's parts, in their order; told with each that becomes known. */
export class Parts {
  private readonly known = new Map<string, CheckPart>();
  private since = performance.now();
  constructor(
    private readonly titles: Record<string, string>,
    private readonly tell: (parts: CheckPart[]) => void,
  ) {}

  list = (): CheckPart[] => Object.keys(this.titles).flatMap((id) => this.known.get(id) ?? []);
  set(
    id: string,
    status: CheckPart["status"],
    summary: string,
    more: Partial<CheckPart> = {},
  ): void {
    const now = performance.now();
    this.known.set(id, {
      id,
      title: this.titles[id] ?? id,
      status,
      summary,
      ...(status !== "skipped" && { ms: Math.round(now - this.since) }),
      ...more,
    });
    this.since = now;
    this.tell(this.list());
  }
  fail(id: string, { summary, serverText }: Failure, statement?: string): void {
    this.set(id, "failed", summary, {
      ...(serverText && { serverText }),
      ...(statement && { statement }),
    });
  }
  /** Whatever is still unknown can't be found out, because of this part. */
  skipRest(because: string): void {
    for (const id of Object.keys(this.titles))
      if (!this.known.has(id))
        this.set(id, "skipped", `Not run because “${this.titles[because]}” failed.`);
  }
}

export type Check = {
  id: string;
  title: string;
  needs?: string | string[];
  parts: Record<string, string>;
  run(signal: AbortSignal, parts: Parts): Promise<string>;
};
export type Explain = (error: unknown, limit: AbortSignal) => Failure;
type Tell = (update: CheckUpdate) => void;

/** What `run` tells, as it becomes known. Who stops reading stops the checks. */
export function streamChecks(
  run: (signal: AbortSignal, tell: Tell) => Promise<void>,
  signal: AbortSignal,
): AsyncIterable<CheckUpdate> {
  const unread = new AbortController();
  const ended = AbortSignal.any([signal, unread.signal]);
  return new ReadableStream<CheckUpdate>({
    start: (controller) => {
      const tell = (update: CheckUpdate) => {
        if (!ended.aborted) controller.enqueue(update);
      };
      void run(ended, tell).then(
        () => {
          if (!unread.signal.aborted) controller.close();
        },
        (error: unknown) => controller.error(error),
      );
    },
    cancel: () => unread.abort(new Error("Nobody waits for the checks any more.")),
  });
}

/** Whatever was thrown, in words. */
export const explainer =
  (config: RedshiftConfig, secrets: string[], signal: AbortSignal): Explain =>
  (error, limit) => {
    if (error instanceof Failed) return error.failure;
    signal.throwIfAborted(); // the person left: nobody asks any more
    if (limit.aborted)
      return {
        summary: "No answer within 15 seconds.",
        remedy: {
          text: "The warehouse may be paused, overloaded or waiting in its queue. Try again in a minute.",
        },
      };
    // A SyncError was told in words already; its cause still has the code from which remedy and SQL come.
    const { message, serverText, remedy, code } = diagnose(
      error instanceof SyncError && error.cause ? error.cause : error,
      config,
      secrets,
    );
    return { summary: message, serverText, remedy, code };
  };

/** Runs checks in their order, each within 15 seconds. One whose need failed isn't run, and says because of what. */
export async function runInOrder(
  checks: readonly Check[],
  {
    explain,
    signal,
    tell,
    more,
  }: { explain: Explain; signal: AbortSignal; tell: Tell; more?(id: string): Partial<CheckUpdate> },
): Promise<void> {
  const failed = new Map<string, string>();
  for (const { id, title, needs, parts: titles, run } of checks) {
    const cause = [needs ?? []].flat().flatMap((need) => failed.get(need) ?? [])[0];
    if (cause) {
      failed.set(id, cause);
      tell({ id, title, status: "skipped", summary: `Not run because “${cause}” failed.` });
      continue;
    }
    const began = performance.now();
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CHECK_LIMIT_MS)]);
    const parts = new Parts(titles, (known) =>
      tell({ id, title, status: "running", summary: "", parts: known }),
    );
    tell({ id, title, status: "running", summary: "" });
    const result = await run(limit, parts).then(
      (summary) => ({ status: "passed" as const, summary }),
      (error: unknown) => {
        failed.set(id, title);
        const { summary, serverText, remedy } = explain(error, limit);
        return {
          status: "failed" as const,
          summary,
          ...(serverText && parts.list().length === 0 && { serverText }),
          ...(remedy && { remedy }),
        };
      },
    );
    signal.throwIfAborted();
    tell({
      id,
      title,
      ...result,
      parts: parts.list(),
      ms: Math.round(performance.now() - began),
      ...more?.(id),
    });
  }
}

/**
 * The three validations of “Verifying Credentials”, in this order and with these titles. Each is told as its parts
 * become known and ends with one result, within 15 seconds; the second and third are `skipped` when there is no
 * connection, and neither hides the other.
 */
export const checkRedshift = (
  config: RedshiftConfig,
  secret: RedshiftSecret,
  signal: AbortSignal,
): AsyncIterable<CheckUpdate> =>
  streamChecks((ended, tell) => runChecks(config, secret, ended, tell), signal);

/** The first of them alone. */
export const checkConnection = (
  config: RedshiftConfig,
  secret: RedshiftSecret,
  signal: AbortSignal,
): AsyncIterable<CheckUpdate> =>
  streamChecks((ended, tell) => runChecks(config, secret, ended, tell, ["connection"]), signal);

async function runChecks(
  config: RedshiftConfig,
  secret: RedshiftSecret,
  signal: AbortSignal,
  tell: (update: CheckUpdate) => void,
  wanted = ["connection", "schemas", "state-schema"],
): Promise<void> {
  let session: RedshiftSession | undefined;
  const connected = () => {
    if (!session) throw new Error("The checks ran out of order.");
    return session;
  };
  const explain = explainer(config, secretsOf(secret), signal);
  let firstHostKey: string | undefined;
  const checks: Check[] = [
    {
      id: "connection",
      title: "Verifying Connection",
      parts: connectionParts(config),
      run: async (limit, parts) => {
        session = await connect(config, secret, limit, parts, explain, (hostKey) => {
          firstHostKey = hostKey;
        });
        await tryAnother(config, secret, limit, parts, explain);
        return `Logged in to the database “${config.database}” as “${config.user}”.`;
      },
    },
    {
      id: "schemas",
      title: "Able to List Schema",
      needs: "connection",
      parts: { list: "Schemas listed", use: "Schemas that may be used" },
      run: (limit, parts) => checkSchemas(connected(), config.user, limit, parts, explain),
    },
    {
      id: "state-schema",
      title: "Able to Access RudderStack Schema",
      needs: "connection",
      parts: {
        exists: `${STATE_SCHEMA} exists`,
        usage: "USAGE on it",
        create: "CREATE in it",
        tables: "Its existing tables",
        write: "A table written, read and dropped",
      },
      run: (limit, parts) => checkStateSchema(connected(), config.user, limit, parts, explain),
    },
  ];

  try {
    await runInOrder(
      checks.filter(({ id }) => wanted.includes(id)),
      {
        explain,
        signal,
        tell,
        more: (id) => (id === "connection" && firstHostKey ? { firstHostKey } : {}),
      },
    );
  } finally {
    await session?.close();
  }
}

export const stageTitles: Record<Stage, string> = {
  tunnel: "SSH tunnel",
  name: "Name resolves",
  tcp: "TCP connection",
  tls: "TLS",
  login: "Login",
  database: "Database",
  redshift: "Amazon Redshift",
};

/** The stages of one connection, and whether there may be another. */
export const connectionParts = (config: RedshiftConfig): Record<string, string> => ({
  ...Object.fromEntries(stagesOf(config).map((stage) => [stage, stageTitles[stage]])),
  another: "Another connection beside it",
});

/** Where a refusal belongs that comes earlier or later than what it is about. */
const stageOf: Record<string, Stage> = {
  "3D000": "database",
  TLS_REQUIRED: "tls",
  HOST_IS_ADDRESS: "name",
  HOST_UNREADABLE: "name",
  TUNNEL_FORWARDING_REFUSED: "tunnel",
  TUNNEL_TARGET_UNREACHABLE: "tcp",
  TUNNEL_TARGET_SILENT: "tcp",
  TUNNEL_LOST: "tunnel",
};
const stageAt = (code = ""): Stage | undefined =>
  code.startsWith("IAM_") ? "login" : stageOf[code];

/** One login, told stage by stage; what failed is the first stage that wasn't reached. It tells of the present password alone. */
export async function connect(
  config: RedshiftConfig,
  secret: RedshiftSecret,
  limit: AbortSignal,
  parts: Parts,
  explain: Explain,
  onFirstHostKey: (hostKey: string) => void,
): Promise<RedshiftSession> {
  const { host, port, database, user, sslMode, tunnel } = config;
  const seenFrom = tunnel.use ? `, from ${tunnel.host}` : "";
  const stages = stagesOf(config);
  const tried: Record<Stage, string> = {
    tunnel: `ssh -p ${tunnel.port} ${tunnel.user}@${tunnel.host}, forwarding to ${host}:${port}`,
    name: `look up ${host}${seenFrom}`,
    tcp: `connect to ${host}, port ${port}${seenFrom}`,
    tls: `SSLRequest, then the TLS handshake (SSL mode ${sslMode})`,
    login: `log in as ${user}`,
    database: `open the database ${database}`,
    redshift: sql.version,
  };
  const ahead = new Set<Stage>(stages);
  try {
    return await openWithinLimit(
      config,
      { ...secret, otherPassword: undefined },
      {
        statementTimeoutMs: CHECK_LIMIT_MS,
        onFirstHostKey,
        onStage: (stage, says, used) => {
          ahead.delete(stage);
          parts.set(
            stage,
            used ? "passed" : "skipped",
            says,
            used ? { statement: tried[stage] } : {},
          );
        },
      },
      "page",
      limit,
    );
  } catch (error) {
    let failure = explain(error, limit);
    // TLS from the first byte looks like hanging up, or like another protocol: asked only then
    if (
      (failure.code === "HUNG_UP" || failure.code === "NOT_POSTGRES") &&
      (await speaksTlsAtOnce(config, secret, limit))
    ) {
      failure = {
        ...explain(new DriverError("TLS_AT_ONCE", ""), limit),
        serverText: failure.serverText,
      };
    }
    const at = stageAt(failure.code) ?? [...ahead][0] ?? "redshift";
    for (const stage of stages.slice(0, stages.indexOf(at)))
      if (ahead.has(stage))
        parts.set(stage, "skipped", "Not known: something else stood in the way.");
    parts.fail(at, failure, tried[at]);
    parts.skipRest(at);
    throw new Failed(failure);
  }
}

/**
 * Logs in once more while the first connection is open. Its refusal is a warning: a run gets along with one, but nothing
 * else can be done meanwhile, and nothing loaded into the same cluster.
 */
export async function tryAnother(
  config: RedshiftConfig,
  secret: RedshiftSecret,
  limit: AbortSignal,
  parts: Parts,
  explain: Explain,
): Promise<void> {
  const statement = `log in as ${config.user} a second time`;
  try {
    const another = await openWithinLimit(
      config,
      { ...secret, otherPassword: undefined },
      { statementTimeoutMs: CHECK_LIMIT_MS },
      "none",
      limit,
    );
    await another.close();
    parts.set("another", "passed", "It was let in.", { statement });
  } catch (error) {
    const { summary, serverText, remedy } = explain(error, limit);
    parts.set(
      "another",
      "warned",
      `It was refused. ${summary} While a run goes on, pages can't ask the warehouse, and a run can't load into the same cluster as the same user.`,
      { statement, ...(serverText && { serverText }), ...(remedy && { remedy }) },
    );
  }
}

async function checkSchemas(
  session: RedshiftSession,
  user: string,
  limit: AbortSignal,
  parts: Parts,
  explain: Explain,
): Promise<string> {
  const schemas = await listSchemas(session, limit).catch((error: unknown) => {
    const failure = explain(error, limit);
    parts.fail("list", failure, sql.schemaPrivileges);
    parts.skipRest("list");
    throw new Failed(failure);
  });
  const found = `${schemas.length} ${schemas.length === 1 ? "schema" : "schemas"} found`;
  parts.set("list", "passed", `${found}.`, {
    statement: "SELECT schema_name FROM svv_all_schemas",
  });
  const readable = schemas.filter((schema) => schema.readable).length;
  if (readable === 0) {
    const failure = {
      summary: `${found}, but “${user}” can access none of them.`,
      remedy: {
        text: "Grant the use of the schema that holds your table. A superuser runs this:",
        sql: readingGrants(SCHEMA_PLACEHOLDER, user).usage,
      },
    };
    parts.fail("use", failure, sql.schemaPrivileges);
    throw new Failed(failure);
  }
  const isAll = readable === schemas.length;
  const summary = `${found}; this user can access ${isAll ? "all" : readable} of them.`;
  parts.set("use", "passed", summary, { statement: sql.schemaPrivileges });
  return summary;
}

/** Existence first, since the privilege functions fail without it; then the deed itself, in one transaction so that nothing is left behind. */
async function checkStateSchema(
  session: RedshiftSession,
  user: string,
  limit: AbortSignal,
  parts: Parts,
  explain: Explain,
): Promise<string> {
  const grants = stateSchemaGrants(user);
  let first: Failure | undefined;
  const attempt = async (id: string, statement: string, work: () => Promise<void>) => {
    await work().catch((error: unknown) => {
      const failure = explain(error, limit);
      parts.fail(id, failure, statement);
      first ??= failure;
    });
  };

  await attempt("exists", sql.stateSchemaExists, async () => {
    const [exists] = await session.query(sql.stateSchemaExists, limit);
    if (exists?.[0] !== "1")
      throw new Failed({
        summary: `There is no schema “${STATE_SCHEMA}”.`,
        remedy: {
          text: "A superuser creates it and grants its use with these statements:",
          sql: `${grants.create}\n${grants.schema}`,
        },
      });
    parts.set("exists", "passed", "It is there.", { statement: sql.stateSchemaExists });
  });
  if (first) {
    parts.skipRest("exists");
    throw new Failed(first);
  }

  await attempt("usage", sql.stateSchemaPrivileges, async () => {
    const [privileges] = await session.query(sql.stateSchemaPrivileges, limit);
    const rights = [
      ["usage", "USAGE", grants.usage],
      ["create", "CREATE", grants.createIn],
    ] as const;
    const missing = rights.filter((_, index) => !isTrue(privileges?.[index]));
    for (const right of rights) {
      const [id, word] = right;
      if (missing.includes(right))
        parts.fail(id, { summary: `“${user}” doesn't have it.` }, sql.stateSchemaPrivileges);
      else
        parts.set(id, "passed", `“${user}” has ${word}.`, { statement: sql.stateSchemaPrivileges });
    }
    const only = missing.length === 1 ? missing[0]?.[2] : grants.schema;
    if (missing.length > 0)
      first = {
        summary: `“${user}” lacks ${missing.map(([, word]) => word).join(" and ")} on the schema “${STATE_SCHEMA}”.`,
        remedy: { text: "A superuser, or the schema's owner, runs this:", sql: only },
      };
  });
  const privilegeMissing = first;

  await attempt("tables", sql.stateTables, () => lookAtTables(session, user, limit, parts));
  if (privilegeMissing) {
    parts.set("write", "skipped", `Not run because a privilege on “${STATE_SCHEMA}” is missing.`);
    throw new Failed(privilegeMissing);
  }

  const probe = sql.writeProbe(randomBytes(8).toString("hex"));
  const statement = [probe.create, probe.write, probe.read, probe.drop].join(";\n");
  await attempt("write", statement, async () => {
    await session.transaction(async () => {
      await session.query(probe.create, limit);
      await session.query(probe.write, limit);
      const [row] = await session.query(probe.read, limit);
      if (row?.[0] !== "written")
        throw new Failed({
          summary: `What was written to “${STATE_SCHEMA}” could not be read back.`,
          remedy: { text: "Ask the warehouse's administrator to look at the schema." },
        });
      await session.query(probe.drop, limit);
    }, limit);
    parts.set("write", "passed", "Nothing of it is left.", { statement });
  });
  if (first) throw new Failed(first);
  return `A table in “${STATE_SCHEMA}” was created, written, read and dropped.`;
}

/** State that another user left behind. Not ours to use is no failure: each sync has tables of its own, unless it changes its user. */
async function lookAtTables(
  session: RedshiftSession,
  user: string,
  limit: AbortSignal,
  parts: Parts,
): Promise<void> {
  const closed = await closedTables(session, limit).catch(async (error: unknown) => {
    if (error instanceof SyncError && error.detail.code === "42P01")
      return closedTables(session, limit); // one was dropped meanwhile: listed anew
    throw error;
  });
  const { all, without } = closed;
  const statement = all.length > 0 ? sql.stateTablePrivileges(all.slice(0, 1)) : sql.stateTables;
  if (without.length === 0)
    return parts.set(
      "tables",
      "passed",
      all.length === 0
        ? "There are none yet."
        : `All privileges on ${all.length === 1 ? "its table" : `its ${all.length} tables`}.`,
      { statement },
    );
  const grants = stateSchemaGrants(user);
  parts.set(
    "tables",
    "warned",
    `${without.length} of ${all.length} can't be used by “${user}”. New syncs make tables of their own; only syncs that were another user's need these.`,
    {
      statement,
      remedy: {
        text: "If this user takes over from another one, a superuser, or the tables' owner, runs this:",
        sql: without.length > 10 ? grants.tables : without.map(grants.table).join("\n"),
      },
    },
  );
}

async function closedTables(
  session: RedshiftSession,
  limit: AbortSignal,
): Promise<{ all: string[]; without: string[] }> {
  const all = (await session.query(sql.stateTables, limit)).flatMap(([name]) => name ?? []);
  const without: string[] = [];
  for (let from = 0; from < all.length; from += TABLES_PER_STATEMENT) {
    const some = all.slice(from, from + TABLES_PER_STATEMENT);
    const [answers = []] = await session.query(sql.stateTablePrivileges(some), limit);
    const each = sql.tableRights.length;
    without.push(
      ...some.filter((_, index) => !answers.slice(index * each, (index + 1) * each).every(isTrue)),
    );
  }
  return { all, without };
}
