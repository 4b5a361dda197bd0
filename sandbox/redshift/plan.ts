// What is to be done with one statement: its PostgreSQL text, or the order to run COPY or UNLOAD.
// Whatever Redshift would refuse throws here.
import { alterTable } from "./alter-table";
import { parseCopy, type CopyOptions } from "./copy-options";
import { withLiteralLengths } from "./literal-lengths";
import { createTable, noteComment, tableAttributes, type TableNote } from "./create-table";
import { RedshiftError, syntaxError, unsupported } from "./errors";
import { applyEdits, type Edit, type Statement, type Token } from "./lexer";
import { questionOf, type Question } from "./lateral";
import { mergeStatement } from "./merge";
import { isolations, postgresIsolation, type Isolation, type Mode } from "./modes";
import { policyStatement } from "./policies";
import { withoutQualify } from "./qualify";
import { checkTree } from "./refuse";
import { commonEdits, nameOf, qualifiedName, quoteName, type RewriteContext } from "./rewrite";
import { resetStatement, setStatement, showStatement } from "./settings";
import { parseUnload, type UnloadOptions } from "./unload-options";
import { createOrAlterUser } from "./users";

export interface PlanContext extends RewriteContext {
  /** Cursors declared in the open transaction. */
  cursors?: Set<string>;
  mode: Mode;
}

export type Plan =
  | {
      kind: "sql";
      sql: string;
      tag?: (own: string) => string;
      /** Name of a command that may not run inside a transaction. */
      outsideTransaction?: string;
      /** TRUNCATE commits the transaction it runs in. */
      commits?: boolean;
      /** Asked before it is run: the answer gives the text. */
      question?: Question;
      /** Tables that it reads or changes, but for the target of an INSERT. */
      reads?: { schema: string; name: string }[];
      /** Changes what is protected in the database. */
      protects?: boolean;
      /** A database in which no other session may be. */
      alone?: string;
      /** What the statement makes of a database's isolation. */
      isolation?: { database: string; level: Isolation };
      /** Run after it, unseen by the client. */
      followedBy?: string[];
      /** The text is the sandbox's own; the client's part of it was checked apart. */
      checked?: boolean;
      onSuccess?: (context: PlanContext) => void;
    }
  | { kind: "copy"; options: CopyOptions }
  | { kind: "unload"; options: UnloadOptions };

export type SqlPlan = Extract<Plan, { kind: "sql" }>;

const sqlPlan = (sql: string, rest: Omit<SqlPlan, "kind" | "sql"> = {}): SqlPlan => ({
  kind: "sql",
  sql,
  ...rest,
});
const cache = new Map<string, SqlPlan>();
const mayAsk = new Set([
  "SELECT",
  "WITH",
  "INSERT",
  "UPDATE",
  "DELETE",
  "CREATE",
  "EXPLAIN",
  "PREPARE",
  "(",
]);

/** Plans a statement. Short ones are remembered: clients send the same text again and again. */
export function plan(given: Statement, context: PlanContext): Plan {
  const statement = given.tokens.some((token) => token.up === "QUALIFY")
    ? withoutQualify(given)
    : given;
  const first = statement.tokens[0]?.up ?? "";
  if (first === "COPY") return { kind: "copy", options: parseCopy(statement.tokens, context) };
  if (first === "UNLOAD")
    return { kind: "unload", options: parseUnload(statement.tokens, context) };
  if (first === "DECLARE" || first === "CLOSE") return cursor(statement, context);
  const key = `${context.caseSensitive}${context.mode}${statement.sql}`;
  const known = cache.get(key);
  if (known) return known;
  const made = planSql(statement, context);
  if (!made.checked) {
    let { tree, reads } = checkTree(made.sql, statement, context.mode);
    const sql = first === "CREATE" ? withLiteralLengths(made.sql, tree) : made.sql;
    if (sql !== made.sql) ({ tree, reads } = checkTree(sql, statement, context.mode));
    made.sql = sql;
    made.reads = reads;
    const question = mayAsk.has(first) ? questionOf(made.sql, tree, reads.length > 0) : undefined;
    if (question) made.question = question;
  }
  if (statement.sql.length < 8192) {
    if (cache.size >= 500) cache.clear();
    cache.set(key, made);
  }
  return made;
}

function planSql(statement: Statement, context: PlanContext): SqlPlan {
  const { sql, tokens: all } = statement;
  const second = all[1]?.up ?? "";
  const common = (edits: Edit[] = [], keepQuoted = false): string =>
    applyEdits(sql, [...edits, ...commonEdits(all, context, keepQuoted)]);
  const policy = policyStatement(statement, context);
  if (policy) return sqlPlan(policy.sql, { tag: () => policy.tag, protects: true, checked: true });
  switch (all[0]?.up) {
    case "CREATE":
      return create(statement, context);
    case "ALTER":
      checkOwner(all);
      if (second === "TABLE") {
        const { tag, ...altered } = alterTable(statement, context);
        return sqlPlan(altered.sql, {
          tag: () => tag,
          ...(altered.outsideTransaction ? { outsideTransaction: altered.outsideTransaction } : {}),
          ...(altered.protects ? { protects: true } : {}),
        });
      }
      if (second === "USER")
        return sqlPlan(createOrAlterUser(statement, context), { tag: () => "ALTER USER" });
      if (second === "DATABASE") return alterDatabase(statement, context);
      return sqlPlan(common([], second === "DEFAULT" || second === "GROUP"));
    case "DROP":
      if (second === "USER")
        return sqlPlan(common([], true).replace(/\bFORCE\b/i, ""), { tag: () => "DROP USER" });
      return sqlPlan(common());
    case "GRANT":
    case "REVOKE":
      return grant(statement, context);
    case "SET": {
      const { sql: text, caseSensitive } = setStatement(statement, context);
      return sqlPlan(
        text,
        caseSensitive === undefined
          ? {}
          : { onSuccess: (session) => void (session.caseSensitive = caseSensitive) },
      );
    }
    case "RESET": {
      const { sql: text, caseSensitive } = resetStatement(statement);
      return sqlPlan(
        text,
        caseSensitive === undefined
          ? {}
          : { onSuccess: (session) => void (session.caseSensitive = caseSensitive) },
      );
    }
    case "SHOW":
      return sqlPlan(showStatement(statement, context), { tag: () => "SHOW" });
    case "MERGE":
      return mergeStatement(statement, context);
    case "DELETE":
      // Redshift's FROM is optional.
      return sqlPlan(
        common(second === "FROM" ? [] : [{ start: all[0].end, end: all[0].end, text: " FROM" }]),
      );
    case "TRUNCATE": {
      const at = second === "TABLE" ? 2 : 1;
      const table = qualifiedName(all, at, context);
      if (all[table.next]) throw syntaxError(all[table.next]?.raw ?? "");
      return sqlPlan(common(), { commits: true });
    }
    case "VACUUM":
      return vacuum(all, context);
    case "ANALYZE":
    case "ANALYSE":
      return analyze(statement, context);
    case "LOCK":
      if (all.some((token) => token.up === "MODE" || token.up === "NOWAIT"))
        throw syntaxError(
          all.find((token) => token.up === "IN" || token.up === "NOWAIT")?.raw ?? "",
        );
      return sqlPlan(common());
    case "BEGIN":
    case "START":
      return begin(statement, context);
    case "CANCEL":
      if (all[1]?.kind !== "number") throw syntaxError(all[1]?.raw ?? "");
      return sqlPlan(`SELECT pg_catalog.pg_cancel_backend(${all[1].raw})`, { tag: () => "CANCEL" });
    case "FETCH":
      return fetch(statement, context);
    default:
      return sqlPlan(common());
  }
}

function create(statement: Statement, context: PlanContext): SqlPlan {
  const { sql, tokens: all } = statement;
  let at = 1;
  if (all[at]?.up === "OR" && all[at + 1]?.up === "REPLACE") at += 2;
  if (all[at]?.up === "LOCAL") at++;
  const temporary = all[at]?.up === "TEMP" || all[at]?.up === "TEMPORARY";
  if (temporary) at++;
  const edits: Edit[] = [];
  const common = (): string => applyEdits(sql, [...edits, ...commonEdits(all, context)]);
  switch (all[at]?.up) {
    case "TABLE": {
      const made = createTable(all, at + 1, context, temporary);
      return sqlPlan(
        applyEdits(sql, [...made.edits, ...commonEdits(all, context)]) + noteComment(made.note),
      );
    }
    case "USER":
      return sqlPlan(createOrAlterUser(statement, context), { tag: () => "CREATE USER" });
    case "VIEW": {
      // WITH NO SCHEMA BINDING: the tables must exist here at once; the view is marked late-binding.
      const tail = all.slice(-4);
      if (tail.map((token) => token.up).join(" ") !== "WITH NO SCHEMA BINDING")
        return sqlPlan(common());
      edits.push({ start: (tail[0] as Token).start, end: (tail[3] as Token).end, text: "" });
      return sqlPlan(`${common()} /*rs:${Buffer.from('{"late":true}').toString("base64")}*/`);
    }
    case "MATERIALIZED": {
      let end = qualifiedName(all, at + 2, context).next;
      const note: TableNote = {};
      for (let before = -1; before !== end;) {
        before = end;
        end = tableAttributes(all, end, context, note, edits);
        if (all[end]?.up === "AUTO" && all[end + 1]?.up === "REFRESH") {
          edits.push({
            start: (all[end] as Token).start,
            end: (all[end + 2] as Token).end,
            text: "",
          });
          end += 3;
        }
      }
      return sqlPlan(common());
    }
    case "SCHEMA": {
      const quota = all.findIndex((token) => token.up === "QUOTA");
      if (quota > 0) edits.push({ start: (all[quota] as Token).start, end: sql.length, text: "" });
      return sqlPlan(common());
    }
    case "EXTERNAL":
    case "MODEL":
    case "DATASHARE":
    case "LIBRARY":
      throw unsupported(`sandbox: CREATE ${all[at]?.up} is not emulated`);
    case "DATABASE":
      return createDatabase(all, at + 1, context);
    case "GROUP":
    case "ROLE":
    case "FUNCTION":
    case "PROCEDURE":
      return sqlPlan(common());
    default:
      throw unsupported(
        `CREATE ${all
          .slice(1, 3)
          .map((token) => token.up)
          .join(" ")} is not supported`,
      );
  }
}

/** The grammar of ALTER … OWNER TO takes the name of a user (r_ALTER_TABLE, r_ALTER_SCHEMA, r_ALTER_DATABASE). */
function checkOwner(all: Token[]): void {
  const owner = all.findIndex((token, at) => token.up === "OWNER" && all[at + 1]?.up === "TO") + 2;
  const name = all[owner];
  if (owner > 1 && name?.kind === "word" && /^((CURRENT|SESSION)_)?(USER|ROLE)$/.test(name.up))
    throw syntaxError(name.raw);
}

/** SERIALIZABLE or SNAPSHOT at `at`. */
function isolationAt(all: Token[], at: number): Isolation {
  const level = isolations.find((each) => each === all[at]?.up.toLowerCase());
  if (!level) throw syntaxError(all[at]?.raw ?? "");
  return level;
}

const setIsolation = (database: string, level: Isolation): string =>
  `ALTER DATABASE ${quoteName(database)} SET default_transaction_isolation = '${postgresIsolation[level]}'`;

/** AWS's page r_CREATE_DATABASE; the options come in any order. */
function createDatabase(all: Token[], from: number, context: PlanContext): SqlPlan {
  const database = nameOf(all[from], context);
  let sql = `CREATE DATABASE ${quoteName(database)} TEMPLATE template1`;
  let isolation: Isolation = "snapshot";
  let at = all[from + 1]?.up === "WITH" ? from + 2 : from + 1;
  while (at < all.length) {
    const next = all[at + 1];
    if (all[at]?.up === "OWNER") {
      if (next?.raw === "=") at++;
      sql += ` OWNER ${quoteName(nameOf(all[at + 1], { ...context, caseSensitive: true }))}`;
      at += 2;
    } else if (all[at]?.up === "CONNECTION" && next?.up === "LIMIT") {
      const limit = all[at + 2];
      if (limit?.kind !== "number" && limit?.up !== "UNLIMITED")
        throw syntaxError(limit?.raw ?? "");
      sql += ` CONNECTION LIMIT ${limit.kind === "number" ? limit.raw : -1}`;
      at += 3;
    } else if (all[at]?.up === "COLLATE" && next?.up === "CASE_SENSITIVE") at += 2;
    else if (all[at]?.up === "COLLATE" && next?.up === "CASE_INSENSITIVE")
      throw unsupported("sandbox: case-insensitive databases are not emulated");
    else if (all[at]?.up === "ISOLATION" && next?.up === "LEVEL") {
      isolation = isolationAt(all, at + 2);
      at += 3;
    } else throw syntaxError(all[at]?.raw ?? "");
  }
  return sqlPlan(sql, {
    outsideTransaction: "CREATE DATABASE",
    followedBy: [setIsolation(database, isolation)],
  });
}

/** AWS's page r_ALTER_DATABASE: a new isolation level needs the database for itself, and `dev` keeps its own. */
function alterDatabase({ sql, tokens: all }: Statement, context: PlanContext): SqlPlan {
  if (all[3]?.up !== "ISOLATION") return sqlPlan(applyEdits(sql, commonEdits(all, context)));
  if (all[4]?.up !== "LEVEL") throw syntaxError(all[4]?.raw ?? "");
  const database = nameOf(all[2], context);
  const level = isolationAt(all, 5);
  if (all[6]) throw syntaxError(all[6].raw);
  if (database === "dev")
    throw unsupported('ALTER ISOLATION LEVEL is not supported for database "dev"');
  return sqlPlan(setIsolation(database, level), {
    outsideTransaction: "ALTER DATABASE",
    alone: database,
    isolation: { database, level },
  });
}

/** GRANT and REVOKE: user names keep their case, object names fold. */
function grant({ sql, tokens: all }: Statement, context: RewriteContext): SqlPlan {
  const split = all.findLastIndex((token) => token.up === "TO" || token.up === "FROM");
  if (split < 0) throw syntaxError("");
  const edits = [
    ...commonEdits(all.slice(0, split), context),
    ...commonEdits(all.slice(split), context, true),
  ];
  return sqlPlan(applyEdits(sql, edits));
}

function vacuum(all: Token[], context: RewriteContext): SqlPlan {
  let at = 1;
  if (["FULL", "REINDEX", "RECLUSTER"].includes(all[at]?.up ?? "")) at++;
  else if (["SORT", "DELETE"].includes(all[at]?.up ?? "") && all[at + 1]?.up === "ONLY") at += 2;
  if (!all[at]) return sqlPlan("VACUUM", { outsideTransaction: "VACUUM" });
  const table = qualifiedName(all, at, context);
  const rest = all
    .slice(table.next)
    .map((token) => token.up)
    .join(" ");
  if (!/^(TO \d+ PERCENT)?( ?BOOST)?$/.test(rest)) throw syntaxError(all[table.next]?.raw ?? "");
  return sqlPlan(`VACUUM ${table.text}`, { outsideTransaction: "VACUUM" });
}

function analyze({ sql, tokens: all }: Statement, context: RewriteContext): SqlPlan {
  if (all[1]?.up === "COMPRESSION")
    throw unsupported("sandbox: ANALYZE COMPRESSION is not emulated");
  const edits: Edit[] = [];
  all.forEach((token, at) => {
    if ((token.up === "PREDICATE" || token.up === "ALL") && all[at + 1]?.up === "COLUMNS")
      edits.push({ start: token.start, end: (all[at + 1] as Token).end, text: "" });
  });
  return sqlPlan(applyEdits(sql, [...edits, ...commonEdits(all, context)]));
}

/** A transaction has its database's isolation, whatever level it asks for (r_BEGIN: the levels make no difference). */
function begin({ sql, tokens: all }: Statement, context: RewriteContext): SqlPlan {
  const edits: Edit[] = [];
  all.forEach((token, at) => {
    if (token.up !== "ISOLATION" || all[at + 1]?.up !== "LEVEL") return;
    const two = all[at + 2]?.up === "READ" || all[at + 2]?.up === "REPEATABLE";
    let end = at + (two ? 3 : 2);
    if (!/^(SERIALIZABLE|READ|COMMITTED|UNCOMMITTED)$/.test(all[end]?.up ?? ""))
      throw syntaxError(all[end]?.raw ?? "");
    let start = at;
    if (all[end + 1]?.raw === ",") end++;
    else if (all[at - 1]?.raw === ",") start--;
    edits.push({ start: (all[start] as Token).start, end: (all[end] as Token).end, text: "" });
  });
  return sqlPlan(applyEdits(sql, [...edits, ...commonEdits(all, context)]));
}

/** One open cursor a session, forward only. */
function cursor(statement: Statement, context: PlanContext): SqlPlan {
  const { sql, tokens: all } = statement;
  const text = applyEdits(sql, commonEdits(all, context));
  if (all[0]?.up === "CLOSE") {
    const name = all[1]?.up === "ALL" ? undefined : nameOf(all[1], context);
    return sqlPlan(text, {
      onSuccess: (session) =>
        void (name ? session.cursors?.delete(name) : session.cursors?.clear()),
    });
  }
  if (all[2]?.up !== "CURSOR") throw syntaxError(all[2]?.raw ?? "");
  if (all[3]?.up !== "FOR") throw syntaxError(all[3]?.raw ?? "");
  const { tree, reads } = checkTree(text, statement, context.mode);
  const question = questionOf(text, tree, reads.length > 0);
  if (context.cursors?.size)
    throw unsupported("only one cursor can be open in a session: close the other one first");
  const name = nameOf(all[1], context);
  return sqlPlan(text, {
    reads,
    ...(question ? { question } : {}),
    onSuccess: (session) => void (session.cursors ??= new Set()).add(name),
  });
}

/** Rows that a single-node cluster gives at once (AWS's page fetch). */
export const singleNodeFetch = 1000;

/** The text from microsoft/vscode-postgresql #91 and PostHog/posthog #78729. */
export const tooLargeFetch = (rows: number): RedshiftError =>
  new RedshiftError(
    "XX000",
    `Fetch size ${rows} exceeds the limit of ${singleNodeFetch} for a single node configuration. Reduce the client fetch/cache size or upgrade to a multi node installation.`,
  );

function fetch({ sql, tokens: all }: Statement, context: PlanContext): SqlPlan {
  const direction = all[1]?.up ?? "";
  const allowed =
    ["NEXT", "ALL", "FORWARD", "FROM", "IN"].includes(direction) || all[1]?.kind === "number";
  if (!allowed) throw syntaxError(all[1]?.raw ?? "");
  if (context.mode === "single-node") {
    const count = all.find((token) => token.kind === "number");
    if (count && Number(count.raw) > singleNodeFetch) throw tooLargeFetch(Number(count.raw));
    if (all[1]?.up === "ALL" || all[2]?.up === "ALL")
      throw unsupported("FETCH ALL is not supported on single-node clusters");
  }
  return sqlPlan(applyEdits(sql, commonEdits(all, context)));
}
