// Rewriting by token what Redshift says differently from PostgreSQL, in any statement. The client's own
// text is kept but for these edits: a deparser would change more than it should.
import { RedshiftError, syntaxError } from "./errors";
import type { Edit, Token } from "./lexer";
import type { LongNames } from "./long-names";
import { parseType } from "./sql-types";

export interface RewriteContext {
  /** enable_case_sensitive_identifier */
  caseSensitive: boolean;
  names: LongNames;
}

/** The name a token stands for, as PostgreSQL shall know it. */
export function nameOf(token: Token | undefined, context: RewriteContext): string {
  if (!token) throw syntaxError("");
  if (token.kind !== "word" && token.kind !== "quoted") throw syntaxError(token.raw);
  const bare = token.kind === "quoted" ? token.raw.slice(1, -1).replaceAll('""', '"') : token.raw;
  if (bare === "")
    throw new RedshiftError("42601", 'zero-length delimited identifier at or near """"');
  // ASCII letters only: other capitals stay as they are.
  const folded =
    token.kind === "quoted" && context.caseSensitive
      ? bare
      : bare.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return context.names.short(folded);
}

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A literal for PostgreSQL itself, which gets no backslash escapes here. */
export function quoteLiteral(text: string): string {
  const doubled = text.replaceAll("'", "''");
  return doubled.includes("\\") ? ` E'${doubled.replaceAll("\\", "\\\\")}'` : `'${doubled}'`;
}

/** Reads `a`, `a.b` or `a.b.c` as a quoted, folded PostgreSQL name. */
export function qualifiedName(
  all: Token[],
  at: number,
  context: RewriteContext,
): { text: string; parts: string[]; next: number } {
  const parts = [nameOf(all[at], context)];
  let next = at + 1;
  while (all[next]?.raw === ".") {
    parts.push(nameOf(all[next + 1], context));
    next += 2;
  }
  return { text: parts.map(quoteName).join("."), parts, next };
}

/** Index of the bracket that closes the one at `open`. */
export function closing(all: Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < all.length; at++) {
    if (all[at]?.raw === "(") depth++;
    else if (all[at]?.raw === ")" && --depth === 0) return at;
  }
  throw syntaxError("");
}

/** Functions whose first argument may be a bare date part. */
const withDatePart = new Set([
  "DATEADD",
  "DATEDIFF",
  "DATE_PART",
  "DATE_TRUNC",
  "DATE_ADD",
  "DATE_DIFF",
]);
/** Catalogue tables that the sandbox answers from a view of its own: keys are not enforced in PostgreSQL, its names are shorter. */
const shadowed: Record<string, string> = {
  PG_CONSTRAINT: "rs_constraint",
  PG_NAMESPACE: "rs_pg_namespace",
  PG_CLASS: "rs_pg_class",
  PG_TABLES: "rs_pg_tables",
  PG_VIEWS: "rs_pg_views",
};
/** Functions for which the same holds. */
const shadowedFunctions = new Set([
  "HAS_TABLE_PRIVILEGE",
  "HAS_SCHEMA_PRIVILEGE",
  "PG_GET_VIEWDEF",
]);

/** Edits that any statement may need. `keepQuoted` leaves the case of quoted names: user names keep theirs. */
export function commonEdits(all: Token[], context: RewriteContext, keepQuoted = false): Edit[] {
  const edits: Edit[] = [];
  const replace = (token: Token | undefined, text: string): void => {
    if (token) edits.push({ start: token.start, end: token.end, text });
  };
  for (let at = 0; at < all.length; at++) {
    const token = all[at] as Token;
    const next = all[at + 1];
    if (token.kind === "string") {
      if (token.raw.startsWith("'") && token.raw.includes("\\")) replace(token, ` E${token.raw}`);
    } else if (token.kind === "quoted") {
      if (!keepQuoted) {
        const name = quoteName(nameOf(token, context));
        if (name !== token.raw) replace(token, name);
      }
    } else if (token.raw === "::" || (token.up === "AS" && inCast(all, at))) {
      const type = parseType(all, at + 1, "cast");
      const last = type && all[type.next - 1];
      if (type && last && next)
        edits.push({ start: next.start, end: last.end, text: ` ${type.text}` });
    } else if (token.kind === "word") {
      if (token.raw.startsWith("#")) replace(token, quoteName(nameOf(token, context)));
      else if (token.raw.length > 21 && nameOf(token, context) !== token.raw.toLowerCase())
        replace(token, quoteName(nameOf(token, context)));
      else if (Object.hasOwn(shadowed, token.up)) replace(token, shadowed[token.up] ?? token.raw);
      else if (token.up === "SYSDATE" && all[at - 1]?.raw !== ".")
        replace(token, "pg_catalog.sysdate()");
      else if (token.up === "CURRENT_NAMESPACE" && all[at - 1]?.raw !== ".")
        replace(token, "pg_catalog.current_namespace()");
      else if (token.up === "MINUS" && (next?.up === "SELECT" || next?.raw === "(") && at > 0)
        replace(token, "EXCEPT");
      else if (token.up === "APPROXIMATE" && next?.up === "COUNT") replace(token, "");
      else if (token.up === "SELECT") editTop(all, at, edits);
      else if (next?.raw === "(" && all[at - 1]?.raw !== ".") editCall(all, at, edits);
    }
  }
  return edits;
}

/** AS stands for a cast only directly inside CAST( … ). */
function inCast(all: Token[], as: number): boolean {
  let depth = 0;
  for (let at = as - 1; at > 0; at--) {
    if (all[at]?.raw === ")") depth++;
    else if (all[at]?.raw === "(" && depth-- === 0)
      return all[at - 1]?.up === "CAST" || all[at - 1]?.up === "TRY_CAST";
    else if (depth === 0 && (all[at]?.up === "SELECT" || all[at]?.up === "FROM")) return false;
  }
  return false;
}

/** `… cols(view_schema name, …, col_num int)`: PostgreSQL wants the function's own types, and its `name` is shorter. */
function editColumnList(all: Token[], from: number, edits: Edit[]): void {
  let at = from;
  while (all[at] && all[at]?.raw !== "(" && at < from + 3) at++;
  if (all[at]?.raw !== "(") return;
  const close = closing(all, at);
  for (at += 2; at < close; at++) {
    const token = all[at] as Token;
    if (token.up === "NAME" || token.up === "VARCHAR")
      edits.push({ start: token.start, end: token.end, text: "text" });
  }
}

/** SELECT TOP n … becomes SELECT … LIMIT n at the end of its own brackets. */
function editTop(all: Token[], select: number, edits: Edit[]): void {
  let at = select + 1;
  if (all[at]?.up === "ALL" || all[at]?.up === "DISTINCT") at++;
  const count = all[at + 1];
  if (all[at]?.up !== "TOP" || count?.kind !== "number") return;
  edits.push({ start: (all[at] as Token).start, end: count.end, text: "" });
  let depth = 0;
  let last = count;
  for (let end = at + 2; end < all.length; end++) {
    const token = all[end] as Token;
    if (token.raw === "(") depth++;
    if (token.raw === ")" && depth-- === 0) break;
    last = token;
  }
  edits.push({ start: last.end, end: last.end, text: ` LIMIT ${count.raw}` });
}

/** Functions of Redshift whose names are grammar in PostgreSQL. */
const grammarNames = new Set([
  "JSON_SERIALIZE",
  "JSON_ARRAY",
  "JSON_OBJECT",
  "JSON_SCALAR",
  "OBJECT",
]);

/**
 * DECODE(e, s, r [, s, r]… [, otherwise]) is a CASE in which NULL equals NULL (r_DECODE_expression). `marks` are
 * the brackets and commas. An expression that is more than a name is written once, and then NULL equals nothing.
 */
function editDecode(all: Token[], marks: number[], edits: Edit[]): void {
  const put = (from: number, to: number, text: string): void => {
    edits.push({ start: (all[from] as Token).start, end: (all[to] as Token).end, text });
  };
  const [open = 0, first = 0] = marks;
  if (marks.length < 4) throw new RedshiftError("42883", "function decode needs three arguments");
  const subject = all.slice(open + 1, first);
  const simple = subject.every((token) => /^(word|number)$/.test(token.kind) || token.raw === ".");
  const name = subject.map((token) => token.raw).join("");
  put(open - 1, simple ? first - 1 : open, simple ? "(CASE" : "(CASE (");
  for (let mark = 1; mark < marks.length - 1; mark++) {
    const at = marks[mark] ?? 0;
    const next = marks[mark + 1] ?? 0;
    const closes = mark === 1 && simple ? "" : ")";
    if (mark % 2 === 0) put(at, at, ") THEN (");
    else if (mark === marks.length - 2) put(at, at, ") ELSE (");
    else if (!simple) put(at, at, `${closes} WHEN (`);
    else if (next - at === 2 && all[at + 1]?.up === "NULL")
      put(at, at + 1, `${closes} WHEN (${name} IS NULL`);
    else put(at, at, `${closes} WHEN (${name} = `);
  }
  put(marks.at(-1) ?? 0, marks.at(-1) ?? 0, ") END)");
}

/** Calls whose arguments must be put differently. */
function editCall(all: Token[], at: number, edits: Edit[]): void {
  const token = all[at] as Token;
  const open = at + 1;
  const replace = (part: Token | undefined, text: string): void => {
    if (part) edits.push({ start: part.start, end: part.end, text });
  };
  if (grammarNames.has(token.up)) return replace(token, `pg_catalog.${token.raw}`);
  if (shadowedFunctions.has(token.up))
    return replace(token, `pg_catalog.rs_${token.raw.toLowerCase()}`);
  if (token.up === "PG_GET_LATE_BINDING_VIEW_COLS")
    return editColumnList(all, closing(all, open) + 1, edits);
  if (token.up === "NVL") return replace(token, "COALESCE");
  if (withDatePart.has(token.up)) {
    const part = all[open + 1];
    if (part?.kind === "word" && all[open + 2]?.raw === ",")
      replace(part, `'${part.raw.toLowerCase()}'`);
    return;
  }
  if (token.up === "MEDIAN") {
    // PostgreSQL spells it as PERCENTILE_CONT (r_MEDIAN: the same interpolation).
    replace(token, "(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ");
    replace(all[open], "");
    return replace(all[closing(all, open)], "))");
  }
  if (!["NVL2", "LISTAGG", "DECODE"].includes(token.up)) return;

  const close = closing(all, open);
  const commas: number[] = [];
  let depth = 0;
  for (let inside = open + 1; inside < close; inside++) {
    if (all[inside]?.raw === "(") depth++;
    else if (all[inside]?.raw === ")") depth--;
    else if (depth === 0 && all[inside]?.raw === ",") commas.push(inside);
  }
  if (token.up === "NVL2") {
    const [first, second] = commas;
    if (commas.length !== 2 || first === undefined || second === undefined)
      throw new RedshiftError("42883", "function nvl2 needs three arguments");
    edits.push({ start: token.start, end: (all[open] as Token).end, text: "(CASE WHEN (" });
    replace(all[first], ") IS NOT NULL THEN (");
    replace(all[second], ") ELSE (");
    replace(all[close], ") END)");
    return;
  }
  if (token.up === "DECODE") return editDecode(all, [open, ...commas, close], edits);
  // LISTAGG([DISTINCT] x [, d]) [WITHIN GROUP (ORDER BY …)] → string_agg(x::varchar, d ORDER BY …),
  // whose result is no longer than a VARCHAR (r_LISTAGG)
  let last = close;
  if (all[last + 1]?.up === "WITHIN" && all[last + 3]?.raw === "(") last = closing(all, last + 3);
  if (all[last + 1]?.up === "OVER" && all[last + 2]?.raw === "(") last = closing(all, last + 2);
  edits.push({ start: token.start, end: token.start, text: "(" });
  const distinct = all[open + 1]?.up === "DISTINCT";
  const start = all[distinct ? open + 1 : open] as Token;
  edits.push({ start: start.end, end: start.end, text: " (" });
  const end = all[commas[0] ?? close] as Token;
  // With DISTINCT the ORDER BY must name the very argument, so it stays as it is.
  edits.push({ start: end.start, end: end.start, text: distinct ? ")" : ")::varchar" });
  if (commas.length === 0) edits.push({ start: end.start, end: end.start, text: ", ''" });
  if (
    all[close + 1]?.up === "WITHIN" &&
    all[close + 2]?.up === "GROUP" &&
    all[close + 3]?.raw === "("
  ) {
    // the bracket that closed the ORDER BY now closes the aggregate
    edits.push({
      start: (all[close] as Token).start,
      end: (all[close + 3] as Token).end,
      text: " ",
    });
  }
  const after = (all[last] as Token).end;
  edits.push({ start: after, end: after, text: ")::pg_catalog.rs_list_text::varchar" });
}
