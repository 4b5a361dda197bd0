// ALTER TABLE in Redshift's grammar (AWS's page ALTER TABLE). Clauses about keys, distribution and
// encoding only change notes; they become calls of procedures in catalog.sql.
import {
  columnDefinition,
  columnList,
  encodings,
  tableConstraint,
  type KeyNote,
  type TableNote,
} from "./create-table";
import { RedshiftError, syntaxError, unsupported } from "./errors";
import { applyEdits, type Statement, type Token } from "./lexer";
import { commonEdits, nameOf, qualifiedName, quoteLiteral, type RewriteContext } from "./rewrite";
import { rowLevelSecurity } from "./policies";
import { parseType } from "./sql-types";

export interface AlteredTable {
  sql: string;
  tag: string;
  /** Set when Redshift refuses it inside a transaction. */
  outsideTransaction?: string;
  /** Changes what is protected in the database. */
  protects?: boolean;
}

interface Change {
  diststyle?: string;
  distkey?: string | null;
  sortkeys?: string[];
  encodings?: Record<string, string>;
  addKey?: KeyNote;
  dropConstraint?: string;
}

const word = (all: Token[], at: number): string => all[at]?.up ?? "";

export function alterTable({ sql, tokens: all }: Statement, context: RewriteContext): AlteredTable {
  if (word(all, 2) === "IF") throw syntaxError("IF");
  if (word(all, 2) === "ONLY") throw syntaxError("ONLY");
  const table = qualifiedName(all, 2, context);
  const at = table.next;
  const plain = (): AlteredTable => ({
    sql: applyEdits(sql, commonEdits(all, context)),
    tag: "ALTER TABLE",
  });
  const end = (from: number): void => {
    if (all[from]) throw syntaxError(all[from]?.raw ?? "");
  };
  const note = (change: Change): AlteredTable => ({
    sql: `CALL pg_catalog.rs_alter_table(${quoteLiteral(table.text)}, ${quoteLiteral(JSON.stringify(change))})`,
    tag: "ALTER TABLE",
  });

  switch (word(all, at)) {
    case "RENAME":
      if (word(all, at + 1) === "TO") {
        if (all[at + 2]?.raw.startsWith("#"))
          throw new RedshiftError("42602", `invalid table name "${all[at + 2]?.raw}"`);
        end(at + 3);
        return plain();
      }
      if (word(all, at + 1) !== "COLUMN" || word(all, at + 3) !== "TO")
        throw syntaxError(all[at + 1]?.raw ?? "");
      end(at + 5);
      return plain();
    case "OWNER":
      if (word(all, at + 1) !== "TO") throw syntaxError(all[at + 1]?.raw ?? "");
      end(at + 3);
      return { sql: applyEdits(sql, commonEdits(all, context, true)), tag: "ALTER TABLE" };
    case "DROP":
      if (word(all, at + 1) === "CONSTRAINT") {
        const name = nameOf(all[at + 2], context);
        if (all[at + 3] && !["RESTRICT", "CASCADE"].includes(word(all, at + 3)))
          throw syntaxError(all[at + 3]?.raw ?? "");
        return note({ dropConstraint: name });
      }
      return dropColumn(all, at, table.text, context);
    case "ADD":
      return add({ sql, tokens: all }, at, context, note);
    case "APPEND": {
      if (word(all, at + 1) !== "FROM") throw syntaxError(all[at + 1]?.raw ?? "");
      const source = qualifiedName(all, at + 2, context);
      const option = word(all, source.next);
      if (option && option !== "IGNOREEXTRA" && option !== "FILLTARGET")
        throw syntaxError(all[source.next]?.raw ?? "");
      end(source.next + (option ? 1 : 0));
      return {
        sql: `CALL pg_catalog.rs_append(${quoteLiteral(table.text)}, ${quoteLiteral(source.text)}, ${quoteLiteral(option)})`,
        tag: "ALTER TABLE APPEND",
        outsideTransaction: "ALTER TABLE APPEND",
      };
    }
    case "ALTER":
      return alter({ sql, tokens: all }, at, table.text, context, note);
    case "SET":
    case "PARTITION":
      throw unsupported("sandbox: external tables are not emulated");
    case "ROW":
      return {
        sql: `CALL pg_catalog.rs_row_level_security(${quoteLiteral(table.text)}, ${rowLevelSecurity(all, at)})`,
        tag: "ALTER TABLE",
        protects: true,
      };
    default:
      throw syntaxError(all[at]?.raw ?? "");
  }
}

function dropColumn(
  all: Token[],
  drop: number,
  table: string,
  context: RewriteContext,
): AlteredTable {
  let at = drop + 1;
  if (word(all, at) === "COLUMN") at++;
  if (word(all, at) === "IF" && word(all, at + 1) === "EXISTS") throw syntaxError("EXISTS");
  const column = nameOf(all[at], context);
  const behaviour = word(all, at + 1);
  if (behaviour && behaviour !== "RESTRICT" && behaviour !== "CASCADE")
    throw syntaxError(all[at + 1]?.raw ?? "");
  if (all[at + 2]) throw syntaxError(all[at + 2]?.raw ?? "");
  return {
    sql: `CALL pg_catalog.rs_drop_column(${quoteLiteral(table)}, ${quoteLiteral(column)}, ${behaviour === "CASCADE"})`,
    tag: "ALTER TABLE",
  };
}

function add(
  { sql, tokens: all }: Statement,
  adding: number,
  context: RewriteContext,
  note: (change: Change) => AlteredTable,
): AlteredTable {
  const first = word(all, adding + 1);
  if (["CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE"].includes(first)) {
    const { key, next } = tableConstraint(all, adding + 1, context);
    if (all[next]) throw syntaxError(all[next]?.raw ?? "");
    return note({ addKey: key });
  }
  if (first === "PARTITION") throw unsupported("sandbox: external tables are not emulated");
  const start = first === "COLUMN" ? adding + 2 : adding + 1;
  if (word(all, start) === "IF" && word(all, start + 1) === "NOT") throw syntaxError("NOT");
  if (!all[start]) throw syntaxError("");
  let depth = 0;
  for (const token of all.slice(start)) {
    if (token.raw === "(") depth++;
    if (token.raw === ")") depth--;
    // Redshift adds one column a statement.
    if (token.raw === "," && depth === 0) throw syntaxError(",");
  }
  const edits: { start: number; end: number; text: string }[] = [];
  const tableNote: TableNote = {};
  const seen = columnDefinition(all, start, all.length, context, tableNote, edits, true);
  if (seen.notNull && !seen.hasDefault)
    throw unsupported(
      "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression",
    );
  const column = nameOf(all[start], context);
  const encoding = tableNote.encodings?.[column];
  const altered = applyEdits(sql, [...edits, ...commonEdits(all, context)]);
  const comment = encoding
    ? ` /*rs:${Buffer.from(JSON.stringify({ encodings: { [column]: encoding } })).toString("base64")}*/`
    : "";
  return { sql: altered + comment, tag: "ALTER TABLE" };
}

function alter(
  { tokens: all }: Statement,
  first: number,
  table: string,
  context: RewriteContext,
  note: (change: Change) => AlteredTable,
): AlteredTable {
  if (word(all, first + 1) === "COLUMN" && word(all, first + 3) === "TYPE") {
    const column = nameOf(all[first + 2], context);
    const type = parseType(all, first + 4, "column");
    if (!type) throw syntaxError(all[first + 4]?.raw ?? "");
    if (all[type.next]) throw syntaxError(all[type.next]?.raw ?? "");
    if (type.family !== "varchar")
      throw unsupported(
        `ALTER COLUMN TYPE to ${type.text} is not supported: only the size of a VARCHAR column can be changed`,
      );
    return {
      sql: `CALL pg_catalog.rs_alter_type(${quoteLiteral(table)}, ${quoteLiteral(column)}, ${/\d+/.exec(type.text)?.[0]})`,
      tag: "ALTER TABLE",
      outsideTransaction: "ALTER TABLE ALTER COLUMN",
    };
  }
  const change: Change = {};
  let at = first;
  let clauses = 0;
  for (;;) {
    if (word(all, at) !== "ALTER") throw syntaxError(all[at]?.raw ?? "");
    at = alterClause(all, at + 1, context, change);
    clauses++;
    if (!all[at]) break;
    if (all[at]?.raw !== ",") throw syntaxError(all[at]?.raw ?? "");
    at++;
  }
  if (
    clauses > 1 &&
    change.encodings &&
    (change.sortkeys || change.diststyle || change.distkey !== undefined)
  )
    throw unsupported("this combination of ALTER TABLE clauses is not supported");
  return note(change);
}

function alterClause(all: Token[], at: number, context: RewriteContext, change: Change): number {
  const next = word(all, at + 1);
  switch (word(all, at)) {
    case "COLUMN": {
      const column = nameOf(all[at + 1], context);
      const what = word(all, at + 2);
      if (what === "SET" || what === "DROP") throw syntaxError(all[at + 2]?.raw ?? ""); // defaults and NOT NULL cannot be altered
      if (what !== "ENCODE") throw syntaxError(all[at + 2]?.raw ?? "");
      const encoding = word(all, at + 3);
      if (!encodings.has(encoding))
        throw new RedshiftError(
          "42704",
          `encoding type "${all[at + 3]?.raw ?? ""}" is not supported`,
        );
      change.encodings ??= {};
      if (change.encodings[column])
        throw unsupported(`column "${column}" is altered more than once`);
      change.encodings[column] = encoding.toLowerCase();
      return at + 4;
    }
    case "DISTKEY":
      change.distkey = nameOf(all[at + 1], context);
      change.diststyle = "KEY";
      return at + 2;
    case "DISTSTYLE":
      if (!["ALL", "EVEN", "KEY", "AUTO"].includes(next)) throw syntaxError(all[at + 1]?.raw ?? "");
      change.diststyle = next;
      if (next !== "KEY") {
        change.distkey = null;
        return at + 2;
      }
      if (word(all, at + 2) !== "DISTKEY") throw syntaxError(all[at + 2]?.raw ?? "");
      change.distkey = nameOf(all[at + 3], context);
      return at + 4;
    case "COMPOUND":
      if (next !== "SORTKEY") throw syntaxError(all[at + 1]?.raw ?? "");
      return alterClause(all, at + 1, context, change);
    case "SORTKEY": {
      if (next === "AUTO" || next === "NONE") {
        change.sortkeys = [];
        return at + 2;
      }
      const list = columnList(all, at + 1, context);
      if (list.columns.length > 400)
        throw new RedshiftError("54011", "cannot have more than 400 sort keys in a table");
      change.sortkeys = list.columns;
      return list.next;
    }
    case "ENCODE":
      if (next !== "AUTO") throw syntaxError(all[at + 1]?.raw ?? "");
      return at + 2;
    default:
      throw syntaxError(all[at]?.raw ?? "");
  }
}
