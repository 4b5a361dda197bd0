// What is to be done with one statement: its PostgreSQL text, or the order to run COPY or UNLOAD.
// Whatever Redshift would refuse throws here.
import { alterTable } from "./alter-table";
import { parseCopy, type CopyOptions } from "./copy-options";
import { createTable, noteComment, tableAttributes, type TableNote } from "./create-table";
import { syntaxError, unsupported } from "./errors";
import { applyEdits, type Edit, type Statement, type Token } from "./lexer";
import { mergeStatement } from "./merge";
import { checkTree } from "./refuse";
import { commonEdits, nameOf, qualifiedName, type RewriteContext } from "./rewrite";
import { resetStatement, setStatement, showStatement } from "./settings";
import { parseUnload, type UnloadOptions } from "./unload-options";
import { createOrAlterUser } from "./users";

export interface PlanContext extends RewriteContext {
  /** Cursors declared in the open transaction. */
  cursors?: Set<string>;
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
      /** The text is the sandbox's own; the client's part of it was checked apart. */
      checked?: boolean;
      onSuccess?: (context: PlanContext) => void;
    }
  | { kind: "copy"; options: CopyOptions }
  | { kind: "unload"; options: UnloadOptions };

type SqlPlan = Extract<Plan, { kind: "sql" }>;

const sqlPlan = (sql: string, rest: Omit<SqlPlan, "kind" | "sql"> = {}): SqlPlan => ({
  kind: "sql",
  sql,
  ...rest,
});
const cache = new Map<string, SqlPlan>();

/** Plans a statement. Short ones are remembered: clients send the same text again and again. */
export function plan(statement: Statement, context: PlanContext): Plan {
  const first = statement.tokens[0]?.up ?? "";
  if (first === "COPY") return { kind: "copy", options: parseCopy(statement.tokens, context) };
  if (first === "UNLOAD")
    return { kind: "unload", options: parseUnload(statement.tokens, context) };
  if (first === "DECLARE" || first === "CLOSE") return cursor(statement, context);
  const key = `${context.caseSensitive}${statement.sql}`;
  const known = cache.get(key);
  if (known) return known;
  const made = planSql(statement, context);
  if (!made.checked) checkTree(made.sql, statement);
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
        });
      }
      if (second === "USER")
        return sqlPlan(createOrAlterUser(statement, context), { tag: () => "ALTER USER" });
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
      return sqlPlan(showStatement(statement), { tag: () => "SHOW" });
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
      return sqlPlan(
        `CREATE DATABASE ${qualifiedName(all, at + 1, context).text} TEMPLATE template1`,
        { outsideTransaction: "CREATE DATABASE" },
      );
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

/** All isolation levels mean SERIALIZABLE on Redshift. */
function begin({ sql, tokens: all }: Statement, context: RewriteContext): SqlPlan {
  const edits: Edit[] = [];
  all.forEach((token, at) => {
    if (token.up !== "LEVEL" || all[at - 1]?.up !== "ISOLATION") return;
    const two = all[at + 1]?.up === "READ" || all[at + 1]?.up === "REPEATABLE";
    edits.push({
      start: token.end,
      end: (all[at + (two ? 2 : 1)] ?? token).end,
      text: " SERIALIZABLE",
    });
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
  checkTree(text, statement);
  if (context.cursors?.size)
    throw unsupported("only one cursor can be open in a session: close the other one first");
  const name = nameOf(all[1], context);
  return sqlPlan(text, { onSuccess: (session) => void (session.cursors ??= new Set()).add(name) });
}

function fetch({ sql, tokens: all }: Statement, context: PlanContext): SqlPlan {
  const direction = all[1]?.up ?? "";
  const allowed =
    ["NEXT", "ALL", "FORWARD", "FROM", "IN"].includes(direction) || all[1]?.kind === "number";
  if (!allowed) throw syntaxError(all[1]?.raw ?? "");
  return sqlPlan(applyEdits(sql, commonEdits(all, context)));
}
