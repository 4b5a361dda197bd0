import { randomBytes } from "node:crypto";
import type { CheckResult } from "@/lib/connectors/contract";
import { SyncError } from "@/lib/platform/errors";
import { isTrue, listSchemas } from "./catalog";
import { openRedshift, type RedshiftSession } from "./client";
import { diagnose, type Remedy } from "./errors";
import { STATE_SCHEMA, type RedshiftConfig, type RedshiftSecret } from "./spec";
import * as sql from "./sql";

const CHECK_LIMIT_MS = 15_000;

/** A check's own verdict, where no error of the server's says it better. */
class Found extends Error {
  constructor(readonly summary: string, readonly remedy: Remedy) {
    super(summary);
  }
}

type Check = { id: string; title: string; needs?: string; run(signal: AbortSignal, tried: (statement: string) => string): Promise<string> };

/**
 * The three validations of “Verifying Credentials”, in this order and with these titles. Each yields one result as
 * soon as it is known, within 15 seconds; the second and third are `skipped` when there is no connection, and
 * neither hides the other.
 */
export async function* checkRedshift(config: RedshiftConfig, secret: RedshiftSecret, signal: AbortSignal): AsyncIterable<CheckResult> {
  let session: RedshiftSession | undefined;
  const connected = () => {
    if (!session) throw new Error("The checks ran out of order.");
    return session;
  };
  const checks: Check[] = [
    {
      id: "connection",
      title: "Verifying Connection",
      run: async (limit, tried) => {
        tried(sql.version);
        session = await openRedshift(config, secret, { statementTimeoutMs: CHECK_LIMIT_MS }, limit);
        return `Logged in to the database “${config.database}” as “${config.user}”.`;
      },
    },
    {
      id: "schemas",
      title: "Able to List Schema",
      needs: "connection",
      run: async (limit, tried) => {
        tried(sql.schemaPrivileges);
        const schemas = await listSchemas(connected(), limit);
        const readable = schemas.filter((schema) => schema.readable).length;
        if (readable > 0) return `${schemas.length} ${schemas.length === 1 ? "schema" : "schemas"} found, ${readable} of which this user may look into.`;
        throw new Found(`${schemas.length} ${schemas.length === 1 ? "schema" : "schemas"} found, but “${config.user}” may look into none.`, {
          text: "Grant the use of the schema that holds your table. A superuser runs this:",
          sql: `GRANT USAGE ON SCHEMA "<YOUR_SCHEMA>" TO ${sql.identifier(config.user)};`,
        });
      },
    },
    { id: "state-schema", title: "Able to Access RudderStack Schema", needs: "connection", run: (limit, tried) => checkStateSchema(connected(), config.user, limit, tried) },
  ];

  const failed = new Map<string, string>();
  try {
    for (const { id, title, needs, run } of checks) {
      const cause = needs && failed.get(needs);
      if (cause) {
        yield { id, title, status: "skipped", summary: `Not run because “${cause}” failed.` };
        continue;
      }
      const began = performance.now();
      const limit = AbortSignal.any([signal, AbortSignal.timeout(CHECK_LIMIT_MS)]);
      let statement: string | undefined;
      const result = await run(limit, (text) => (statement = text)).then(
        (summary) => ({ status: "passed" as const, summary }),
        (error: unknown) => {
          signal.throwIfAborted(); // the person left: nobody asks any more
          failed.set(id, title);
          return { status: "failed" as const, ...explain(error, limit, config, secret) };
        },
      );
      yield { id, title, ...result, ...(statement && { statement }), ms: Math.round(performance.now() - began) };
    }
  } finally {
    await session?.close();
  }
}

/** Existence first, since the privilege functions fail without it; then the deed itself, in one transaction so that nothing is left behind. */
async function checkStateSchema(session: RedshiftSession, user: string, signal: AbortSignal, tried: (statement: string) => string): Promise<string> {
  const grants = sql.stateSchemaGrants(user);
  const [exists] = await session.query(tried(sql.stateSchemaExists), signal);
  if (exists?.[0] !== "1") {
    throw new Found(`There is no schema “${STATE_SCHEMA}”.`, { text: "A superuser creates it and grants its use with these statements:", sql: `${grants.create}\n${grants.schema}` });
  }
  const [privileges] = await session.query(tried(sql.stateSchemaPrivileges), signal);
  const missing = ["USAGE", "CREATE"].filter((_, index) => !isTrue(privileges?.[index]));
  if (missing.length > 0) {
    throw new Found(`“${user}” lacks ${missing.join(" and ")} on the schema “${STATE_SCHEMA}”.`, { text: "A superuser, or the schema's owner, runs this:", sql: grants.schema });
  }
  const probe = sql.writeProbe(randomBytes(8).toString("hex"));
  tried([probe.create, probe.write, probe.read, probe.drop].join(";\n"));
  await session.transaction(async () => {
    await session.query(probe.create, signal);
    await session.query(probe.write, signal);
    const [row] = await session.query(probe.read, signal);
    if (row?.[0] !== "written") throw new Found(`What was written to “${STATE_SCHEMA}” could not be read back.`, { text: "Ask the warehouse's administrator to look at the schema." });
    await session.query(probe.drop, signal);
  }, signal);
  return `A table in “${STATE_SCHEMA}” was created, written, read and dropped.`;
}

function explain(error: unknown, limit: AbortSignal, config: RedshiftConfig, secret: RedshiftSecret): Pick<CheckResult, "summary" | "serverText" | "remedy"> {
  if (error instanceof Found) return { summary: error.summary, remedy: error.remedy };
  if (limit.aborted) return { summary: "No answer within 15 seconds.", remedy: { text: "The warehouse may be paused, overloaded or waiting in its queue. Try again in a minute." } };
  // A SyncError was told in words already; its cause still has the code from which remedy and SQL come.
  const { message, serverText, remedy } = diagnose(error instanceof SyncError && error.cause ? error.cause : error, config, [secret.password]);
  return { summary: message, ...(serverText && { serverText }), ...(remedy && { remedy }) };
}
