// One client's session: reads its messages one at a time, plans every statement, and passes on what
// PostgreSQL may answer itself. Statements that only Redshift knows (COPY, UNLOAD) are run here.
import type { Socket } from "node:net";
import { matchesSql } from "../faults";
import { Backend, commandComplete, type Settled } from "./backend";
import { runCopy } from "./copy";
import { RedshiftError, translateError, unsupported } from "./errors";
import { statements, type Statement } from "./lexer";
import type { Question, TableColumns } from "./lateral";
import { LongNames } from "./long-names";
import type { Isolation, Mode } from "./modes";
import {
  plan,
  singleNodeFetch,
  tooLargeFetch,
  type Plan,
  type PlanContext,
  type SqlPlan,
} from "./plan";
import { protectedRelation } from "./policies";
import { quoteLiteral, quoteName } from "./rewrite";
import type { RedshiftServer } from "./server";
import { runUnload } from "./unload";
import {
  cstring,
  fieldsMessage,
  Framer,
  int16,
  int32,
  message,
  readCstring,
  runUnderName,
  type Fields,
  type Message,
} from "./wire";

/** Redshift's limit for one statement, and its words. */
const maxStatement = 16_777_216;
/** Parsed but never executed: stands in PostgreSQL for a statement the sandbox runs itself. */
const placeholder = "RESET redshift.query_group";
/** PostgreSQL tells clients of settings that Redshift does not have. */
const reported = new Set([
  "server_encoding",
  "client_encoding",
  "DateStyle",
  "is_superuser",
  "session_authorization",
  "TimeZone",
  "integer_datetimes",
]);

interface Prepared {
  sql: string;
  plan: Plan | undefined;
}

export class Session {
  private readonly framer = new Framer();
  private readonly backend: Backend;
  private readonly prepared = new Map<string, Prepared>();
  private readonly portals = new Map<string, Prepared>();
  private pumping = false;
  private started = false;
  private suspendedPortal: string | undefined;
  private commitAtSync = false;
  private mute = false;
  private dropAtReady = false;
  private implicitBlock = false;
  private cancellation = new AbortController();
  /** Transaction state as PostgreSQL last said it: I, T or E. */
  transaction = "I";
  key = "";
  readonly context: PlanContext;

  constructor(
    private readonly client: Socket,
    private readonly upstream: Socket,
    private readonly server: RedshiftServer,
    readonly user: string,
    readonly database: string,
    readonly mode: Mode,
    private isolation: Isolation,
  ) {
    this.context = { caseSensitive: false, names: server.names, mode };
    this.backend = new Backend(upstream, {
      forward: (bytes) => this.toClient(bytes),
      inspect: (each) => this.inspect(each),
      translate: (fields) => translateError(fields, this.isolation),
      expand: (text) => server.names.expand(text),
      ready: (state) => this.ready(state),
    });
    client.on("data", (chunk: Buffer) => this.received(chunk));
    client.on("close", () => this.end());
    client.on("error", () => this.end());
    upstream.on("error", () => this.end());
    upstream.on("close", () => {
      this.server.sessions.delete(this.key);
      this.client.end();
    });
  }

  /** Closes both sides at once; PostgreSQL rolls back what was open. */
  end(): void {
    this.cancellation.abort(new RedshiftError("57P01", "connection closed"));
    this.upstream.destroy();
    this.client.destroy();
  }

  /** A CancelRequest: stops also what runs outside PostgreSQL, as reading from S3. */
  cancel(): void {
    this.cancellation.abort(new RedshiftError("57014", "Query cancelled on user's request"));
  }

  received(chunk: Buffer): void {
    this.framer.push(chunk);
    if (this.pumping) {
      // A statement runs: take a little more, so that a closed socket is noticed, but not endlessly.
      if (this.framer.buffered > 1 << 20) this.client.pause();
      return;
    }
    void this.pump();
  }

  private async pump(): Promise<void> {
    this.pumping = true;
    try {
      for (let next = this.framer.next(); next; next = this.framer.next()) await this.front(next);
    } catch (error) {
      this.server.log.error({ error, user: this.user }, "session failed");
      this.end();
    } finally {
      this.pumping = false;
      this.client.resume();
    }
  }

  private toClient(bytes: Buffer): void {
    if (this.mute || this.client.destroyed) return;
    if (!this.client.write(bytes)) {
      this.backend.pause();
      this.client.once("drain", () => this.backend.resume());
    }
  }

  private inspect({ type, bytes }: Message): Buffer | undefined {
    if (type === "S") {
      const name = readCstring(bytes, 5).text;
      if (name === "server_version")
        return message("S", cstring("server_version"), cstring("8.0.2"));
      return reported.has(name) ? bytes : undefined;
    }
    if (type === "K") {
      this.key = bytes.toString("hex", 5);
      this.server.sessions.set(this.key, this);
    }
    if (type === "T") return LongNames.describe(bytes, this.server.names, this.server.types);
    return bytes;
  }

  private ready(state: string): void {
    this.started = true;
    this.transaction = state;
    if (state !== "T") {
      this.suspendedPortal = undefined;
      this.context.cursors?.clear();
    }
    if (this.dropAtReady) this.end();
  }

  private async front({ type, bytes }: Message): Promise<void> {
    if (!this.started || type === "p") {
      this.backend.send(bytes);
      return;
    }
    if (this.cancellation.signal.aborted && !this.client.destroyed)
      this.cancellation = new AbortController();
    switch (type) {
      case "Q":
        return this.simple(bytes.toString("utf8", 5, bytes.length - 1));
      case "P":
        return this.parse(bytes);
      case "B":
        return this.bind(bytes);
      case "D":
        this.backend.send(bytes, { until: "Tn" });
        return;
      case "E":
        return this.execute(bytes);
      case "C":
        return this.close(bytes);
      case "S":
        return this.sync(bytes);
      case "X":
        this.upstream.end(bytes);
        return;
      case "F":
        return this.refuseExtended(unsupported("fast-path function calls are not supported"));
      default:
        this.backend.send(bytes); // Flush, and stray CopyData that PostgreSQL ignores
    }
  }

  // ---- simple protocol

  private async simple(sql: string): Promise<void> {
    const size = Buffer.byteLength(sql);
    if (size > maxStatement) {
      const error = new RedshiftError(
        "42601",
        `Statement is too large. Statement Size: ${size} bytes. Maximum Allowed: ${maxStatement} bytes`,
      );
      this.toClient(fieldsMessage("E", error.fields()));
      return this.readyForQuery();
    }
    const parts = statements(sql);
    if (parts.length === 0) this.toClient(message("I"));
    // Several statements in one message are one transaction, unless they say themselves where it ends.
    const block =
      parts.length > 1 && this.transaction === "I" && !parts.some((part) => endsTransaction(part));
    if (block) await this.backend.run("BEGIN", { muted: true });
    this.implicitBlock = block;
    let failed = false;
    for (const part of parts) {
      failed = !(await this.runSimple(part));
      if (failed || this.client.destroyed) break;
    }
    this.implicitBlock = false;
    if (block && this.transaction !== "I")
      await this.backend.run(failed ? "ROLLBACK" : "COMMIT", { muted: true });
    this.readyForQuery();
  }

  private readyForQuery(): void {
    this.toClient(message("Z", Buffer.from(this.transaction)));
  }

  /** True when it went well. */
  private async runSimple(part: Statement): Promise<boolean> {
    const fault = this.server.faults.take((rule) => matchesSql(rule, part.sql, this.user));
    const entry = this.server.statements.start(this.user, this.database, part.sql.trim());
    if (fault?.drop === "before") {
      entry.finish("dropped before");
      this.end();
      return false;
    }
    if (fault?.delayMs) {
      // PostgreSQL itself sleeps, so that cancel and statement_timeout work as they do in a slow query.
      const cancelled = await this.backend.run(
        `SELECT pg_catalog.pg_sleep(${fault.delayMs / 1000})`,
        { muted: true },
      );
      if (cancelled) return finished(entry, cancelled);
    }
    if (fault?.error) {
      const { code, message: text, detail } = fault.error;
      return finished(
        entry,
        await this.refuse(new RedshiftError(code, text, detail ? { detail } : {})),
      );
    }
    if (fault?.drop === "after") this.mute = true;
    const failure = await this.perform(part);
    finished(entry, failure);
    if (fault?.drop === "after") this.end();
    return failure === undefined;
  }

  private async perform(part: Statement): Promise<Fields | undefined> {
    let planned: Plan;
    try {
      planned = await this.planned(part);
    } catch (error) {
      return this.refuse(asRedshiftError(error));
    }
    if (planned.kind === "sql") {
      const failure = await this.backend.run(planned.sql, planned.tag ? { tag: planned.tag } : {});
      if (!failure) await this.afterwards(planned);
      return failure;
    }
    try {
      this.toClient(commandComplete(await this.runSpecial(planned)));
      return undefined;
    } catch (error) {
      return this.refuse(asRedshiftError(error));
    }
  }

  private async afterwards(planned: Plan & { kind: "sql" }): Promise<void> {
    planned.onSuccess?.(this.context);
    if (planned.protects) this.server.protection.delete(this.database);
    if (planned.isolation?.database === this.database) this.isolation = planned.isolation.level;
    for (const sql of planned.followedBy ?? []) await this.backend.run(sql, { muted: true });
    if (planned.commits && this.transaction === "T")
      await this.backend.run("COMMIT", { muted: true });
  }

  /** Makes PostgreSQL fail, so that its transaction aborts as Redshift's would, and shows our error for its. */
  private async refuse(error: RedshiftError): Promise<Fields | undefined> {
    return this.backend.run("rs_refused", { replaceError: error });
  }

  private async planned(part: Statement): Promise<Plan> {
    const made = plan(part, this.context);
    if (
      made.kind === "sql" &&
      made.outsideTransaction &&
      this.transaction !== "I" &&
      !this.implicitBlock
    )
      throw new RedshiftError(
        "25001",
        `${made.outsideTransaction} cannot run inside a transaction block`,
      );
    if (made.kind === "sql" && made.outsideTransaction && this.implicitBlock)
      throw new RedshiftError(
        "25001",
        `${made.outsideTransaction} cannot run inside a multiple commands statement`,
      );
    if (made.kind === "sql" && made.alone !== undefined) this.checkAlone(made.alone);
    await this.server.names.stored();
    return made.kind === "sql" ? this.answered(made) : made;
  }

  private async answered(made: SqlPlan): Promise<SqlPlan> {
    if (made.reads?.length && this.context.caseSensitive && this.transaction !== "E")
      await this.refuseProtected(made.reads);
    if (!made.question || this.transaction === "E") return made;
    const sql = made.question.answer(await this.columnsOf(made.question.tables));
    return { ...made, sql };
  }

  /**
   * A session whose enable_case_sensitive_identifier is not the cluster's may not query what policies protect
   * (AWS's pages on row-level security and dynamic data masking).
   */
  private async refuseProtected(tables: Question["tables"]): Promise<void> {
    const ask = async (paths: string): Promise<string | null | undefined> => {
      this.backend.send(message("H"));
      await this.backend.drained();
      return (await this.backend.rows(`SELECT pg_catalog.rs_protected(${paths}) LIMIT 1`))[0]?.[0];
    };
    const known = this.server.protection.get(this.database);
    const any = known ?? (await ask("NULL")) !== undefined;
    this.server.protection.set(this.database, any);
    if (!any) return;
    const paths = tables.map(({ schema, name }) =>
      quoteLiteral([schema, name].filter(Boolean).map(quoteName).join(".")),
    );
    const found = await ask(`ARRAY[${paths.join(", ")}]`);
    if (found) throw protectedRelation(found);
  }

  /** Columns of the tables as this session sees them: in its transaction, with its temporary ones. */
  private async columnsOf(tables: Question["tables"]): Promise<TableColumns> {
    const paths = new Map<string, string>();
    for (const { schema, name } of tables) {
      const parts = schema ? [schema, name] : [name];
      paths.set(parts.join("."), quoteLiteral(parts.map(quoteName).join(".")));
    }
    const columns = new Map<string, { name: string; type: string }[]>();
    if (paths.size === 0) return columns;
    this.backend.send(message("H"));
    await this.backend.drained();
    const found = await this.backend.rows(
      `SELECT p.path, a.attname, y.typname FROM (VALUES ${[...paths].map(([path, quoted]) => `(${quoteLiteral(path)}, ${quoted})`).join(", ")}) AS p(path, quoted)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = pg_catalog.to_regclass(p.quoted) AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_catalog.pg_type y ON y.oid = a.atttypid ORDER BY a.attnum`,
    );
    for (const [path, name, type] of found) {
      if (!path || !name || !type) continue;
      columns.set(path, [...(columns.get(path) ?? []), { name, type }]);
    }
    return columns;
  }

  private checkAlone(database: string): void {
    for (const other of this.server.sessions.values())
      if (other !== this && other.database === database)
        throw new RedshiftError("55006", `database "${database}" is being accessed by other users`);
  }

  // ---- statements that the sandbox runs itself

  private async runSpecial(planned: Plan): Promise<string> {
    if (this.transaction === "E")
      throw new RedshiftError(
        "25P02",
        "current transaction is aborted, commands ignored until end of transaction block",
      );
    const host = {
      backend: this.backend,
      server: this.server,
      mode: this.mode,
      user: this.user,
      database: this.database,
      context: this.context,
      answered: (made: SqlPlan) => this.answered(made),
      signal: this.cancellation.signal,
      info: (text: string) => this.toClient(fieldsMessage("N", { S: "INFO", C: "00000", M: text })),
    };
    if (planned.kind === "copy") return runCopy(host, planned.options);
    if (planned.kind === "unload") return runUnload(host, planned.options);
    throw new Error("not a special statement");
  }

  // ---- extended protocol

  private async parse(bytes: Buffer): Promise<void> {
    const name = readCstring(bytes, 5);
    const sql = readCstring(bytes, name.next);
    const rest = bytes.subarray(sql.next);
    const send = (text: string, replaceError?: RedshiftError): void => {
      this.backend.send(
        message("P", cstring(name.text), cstring(text), this.server.types.toPostgres(rest)),
        {
          until: "1",
          ...(replaceError ? { replaceError } : {}),
        },
      );
    };
    try {
      if (this.suspendedPortal !== undefined)
        throw new RedshiftError(
          "08P01",
          "Invalid protocol sequence 'P' while in PortalSuspended state.",
        );
      if (Buffer.byteLength(sql.text) > maxStatement)
        throw new RedshiftError(
          "42601",
          `Statement is too large. Statement Size: ${Buffer.byteLength(sql.text)} bytes. Maximum Allowed: ${maxStatement} bytes`,
        );
      const parts = statements(sql.text);
      if (parts.length > 1)
        throw new RedshiftError(
          "42601",
          "cannot insert multiple commands into a prepared statement",
        );
      const part = parts[0];
      const planned = part ? await this.planned(part) : undefined;
      this.prepared.set(name.text, { sql: sql.text, plan: planned });
      const sent = planned?.kind === "sql" ? planned.sql : placeholder;
      send(planned === undefined ? "" : sent);
    } catch (error) {
      const refused = asRedshiftError(error);
      if (!this.backend.skipping)
        this.server.statements
          .start(this.user, this.database, sql.text)
          .finish(`${refused.code} ${refused.message}`);
      send("rs_refused", refused);
    }
  }

  private bind(bytes: Buffer): void {
    const portal = readCstring(bytes, 5);
    const statement = readCstring(bytes, portal.next);
    const prepared = this.prepared.get(statement.text);
    if (prepared) this.portals.set(portal.text, prepared);
    this.backend.send(bytes, { until: "2" });
  }

  private async execute(bytes: Buffer): Promise<void> {
    const portal = readCstring(bytes, 5).text;
    const prepared = this.portals.get(portal);
    if (!prepared || this.backend.skipping) {
      this.backend.send(bytes, { until: "CsI" });
      return;
    }
    const fault = this.server.faults.take((rule) => matchesSql(rule, prepared.sql, this.user));
    const entry = this.server.statements.start(this.user, this.database, prepared.sql.trim());
    if (fault?.drop === "before") {
      entry.finish("dropped before");
      return this.end();
    }
    if (fault?.delayMs)
      this.slipIn("rs_delay", `SELECT pg_catalog.pg_sleep(${fault.delayMs / 1000})`);
    if (fault?.error) {
      const { code, message: text, detail } = fault.error;
      entry.finish(`${code} ${text}`);
      return this.refuseExtended(new RedshiftError(code, text, detail ? { detail } : {}));
    }
    if (fault?.drop === "after") {
      this.mute = true;
      this.dropAtReady = true;
    }
    const onSettled = (how: Settled): void => {
      if ("failed" in how) finished(entry, how.failed);
      else entry.finish("skipped" in how ? "skipped after an error" : "ok");
    };
    if (prepared.plan && prepared.plan.kind !== "sql") {
      this.backend.send(message("H"));
      await this.backend.drained();
      if (this.backend.skipping) return entry.finish("skipped after an error");
      try {
        this.toClient(commandComplete(await this.runSpecial(prepared.plan)));
        entry.finish("ok");
      } catch (error) {
        const refused = asRedshiftError(error);
        entry.finish(`${refused.code} ${refused.message}`);
        this.refuseExtended(refused);
      }
      return;
    }
    const planned = prepared.plan;
    // Redshift honours a row limit on a named portal only.
    const request = portal === "" ? message("E", cstring(""), int32(0)) : bytes;
    const limit = portal === "" ? 0 : bytes.readInt32BE(bytes.length - 4);
    if (this.mode === "single-node" && limit > singleNodeFetch)
      return this.refuseExtended(tooLargeFetch(limit));
    this.backend.send(request, {
      until: "CsI",
      ...(planned?.tag ? { tag: planned.tag } : {}),
      onSettled: (how) => {
        onSettled(how);
        if ("ended" in how && how.ended === "s") this.suspendedPortal = portal;
        else if (this.suspendedPortal === portal) this.suspendedPortal = undefined;
        if ("ended" in how && how.ended === "C") planned?.onSuccess?.(this.context);
        if (planned?.protects) this.server.protection.delete(this.database);
      },
    });
    for (const sql of planned?.followedBy ?? []) this.slipIn("rs_followed", sql);
    if (planned?.commits) this.commitAtSync = true;
  }

  private close(bytes: Buffer): void {
    const name = readCstring(bytes, 6).text;
    if (bytes[5] === 0x50) {
      this.portals.delete(name);
      if (this.suspendedPortal === name) this.suspendedPortal = undefined;
    } else this.prepared.delete(name);
    this.backend.send(bytes, { until: "3" });
  }

  private sync(bytes: Buffer): void {
    if (this.commitAtSync && this.transaction === "T") this.slipIn("rs_commit", "COMMIT");
    this.commitAtSync = false;
    this.backend.send(bytes, { until: "Z" });
  }

  /** Runs a statement inside the client's own pipeline, without its knowing. */
  private slipIn(name: string, sql: string): void {
    for (const until of ["3", "1", "2", "CI"])
      this.backend.send(Buffer.alloc(0), { until, muted: true });
    this.backend.send(runUnderName(name, sql), { until: "3", muted: true });
  }

  private refuseExtended(error: RedshiftError): void {
    this.backend.send(message("P", cstring("rs_refused"), cstring("rs_refused"), int16(0)), {
      until: "1",
      replaceError: error,
    });
    // The answer must leave PostgreSQL even when the client waits for it before its Sync.
    this.backend.send(message("H"));
  }
}

function finished(entry: { finish(outcome: string): void }, failure: Fields | undefined): boolean {
  entry.finish(failure ? `${failure["C"]} ${failure["M"]}` : "ok");
  return failure === undefined;
}

function asRedshiftError(error: unknown): RedshiftError {
  if (error instanceof RedshiftError) return error;
  throw error;
}

const control = new Set([
  "BEGIN",
  "START",
  "COMMIT",
  "END",
  "ROLLBACK",
  "ABORT",
  "TRUNCATE",
  "VACUUM",
]);

function endsTransaction({ tokens }: Statement): boolean {
  return control.has(tokens[0]?.up ?? "");
}
