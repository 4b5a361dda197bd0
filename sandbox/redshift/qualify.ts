// QUALIFY (AWS's page r_QUALIFY_clause): a filter over window functions. PostgreSQL has none, so the query
// becomes a subquery that computes the condition as one more column.
import { syntaxError, unsupported } from "./errors";
import { tokens, type Statement, type Token } from "./lexer";

const clauseEnd = /^(ORDER|LIMIT|OFFSET|UNION|EXCEPT|INTERSECT|MINUS)$/;
const isQualify = (all: Token[], at: number): boolean =>
  all[at]?.up === "QUALIFY" && all[at - 1]?.raw !== "." && all[at - 1]?.up !== "AS";

/** The statement without its QUALIFY clauses, the first one first. */
export function withoutQualify(statement: Statement): Statement {
  let current = statement;
  for (;;) {
    const at = current.tokens.findIndex((_, index) => isQualify(current.tokens, index));
    if (at < 0) return current;
    const sql = rewritten(current, at);
    current = { sql, tokens: tokens(sql) };
  }
}

interface Item {
  /** Its expression as written, without the alias. */
  expression: string;
  name: string;
  star: boolean;
  literal: boolean;
  window: boolean;
}

function rewritten({ sql, tokens: all }: Statement, qualify: number): string {
  const select = selectBefore(all, qualify);
  const from = atDepth(all, select, qualify, (token) => token.up === "FROM");
  if (from < 0) throw syntaxError("QUALIFY");
  const end = atDepth(all, qualify, all.length, (token) => clauseEnd.test(token.up));
  const last = end < 0 ? closingAfter(all, qualify) : end;
  const slice = (start: number, stop: number): string =>
    sql.slice((all[start] as Token).start, (all[stop - 1] as Token).end);
  const distinct = all[select + 1]?.up === "DISTINCT";
  let first = select + 1;
  if (distinct || all[first]?.up === "ALL") first++;
  const top = all[first]?.up === "TOP" ? slice(first, first + 2) : "";
  if (top) first += 2;
  if (qualify + 1 >= last) throw syntaxError(all[last]?.raw ?? "");

  const items = split(all, first, from).map(([start, stop]) => itemOf(all, start, stop, slice));
  const aliases = new Map(items.filter((item) => item.window).map((item) => [item.name, item]));
  const condition = all
    .slice(qualify + 1, last)
    .map((token, index, inside) => {
      const alias = token.kind === "word" ? aliases.get(token.raw.toLowerCase()) : undefined;
      const alone = inside[index - 1]?.raw !== "." && !/^[.(]$/.test(inside[index + 1]?.raw ?? "");
      return alias && alone ? `(${alias.expression})` : token.raw;
    })
    .join(" ");
  if (!items.some((item) => item.window) && !/\bover\b/i.test(condition))
    throw unsupported("QUALIFY clause requires a window function");

  const inner: string[] = [];
  const outer = items.map((item, index) => {
    if (item.literal) return `${item.expression} AS ${item.name}`;
    if (item.star) {
      inner.push(`${rowOf(all, item, from, qualify)} AS rs_row${index}`);
      return `(rs_q.rs_row${index}).*`;
    }
    inner.push(`${item.expression} AS rs_c${index}`);
    return `rs_q.rs_c${index} AS ${item.name}`;
  });
  inner.push(`(${condition}) AS rs_qualify`);
  const query = `SELECT ${distinct ? "DISTINCT " : ""}${top} ${outer.join(", ")} FROM (SELECT ${inner.join(", ")} ${slice(from, qualify)}) rs_q WHERE rs_q.rs_qualify`;
  const stop = all[last - 1] as Token;
  return sql.slice(0, (all[select] as Token).start) + query + sql.slice(stop.end);
}

/** The SELECT of the block that the token at `at` ends. */
function selectBefore(all: Token[], at: number): number {
  let depth = 0;
  for (let index = at - 1; index >= 0; index--) {
    if (all[index]?.raw === ")") depth++;
    else if (all[index]?.raw === "(" && depth-- === 0) break;
    else if (depth === 0 && all[index]?.up === "SELECT") return index;
  }
  throw syntaxError("QUALIFY");
}

/** The first token of a kind at the level of brackets of `from`, or -1. */
function atDepth(
  all: Token[],
  from: number,
  to: number,
  wanted: (token: Token) => boolean,
): number {
  let depth = 0;
  for (let index = from + 1; index < to; index++) {
    const token = all[index] as Token;
    if (token.raw === "(") depth++;
    else if (token.raw === ")" && depth-- === 0) return -1;
    else if (depth === 0 && wanted(token)) return index;
  }
  return -1;
}

function closingAfter(all: Token[], from: number): number {
  let depth = 0;
  for (let index = from; index < all.length; index++) {
    if (all[index]?.raw === "(") depth++;
    if (all[index]?.raw === ")" && depth-- === 0) return index;
  }
  return all.length;
}

function split(all: Token[], from: number, to: number): [number, number][] {
  const parts: [number, number][] = [];
  let depth = 0;
  let start = from;
  for (let index = from; index < to; index++) {
    if (all[index]?.raw === "(") depth++;
    if (all[index]?.raw === ")") depth--;
    if (depth !== 0 || all[index]?.raw !== ",") continue;
    parts.push([start, index]);
    start = index + 1;
  }
  parts.push([start, to]);
  if (parts.some(([begin, end]) => begin >= end)) throw syntaxError(",");
  return parts;
}

const isName = (token: Token | undefined): boolean =>
  token?.kind === "word" || token?.kind === "quoted";

function itemOf(
  all: Token[],
  start: number,
  stop: number,
  slice: (start: number, stop: number) => string,
): Item {
  const last = all[stop - 1] as Token;
  const before = all[stop - 2];
  const single = stop - start === 1;
  const explicit = before?.up === "AS" && stop - start > 2;
  const endsExpression =
    isName(before) || before?.raw === ")" || before?.kind === "string" || before?.kind === "number";
  const bare = !explicit && !single && isName(last) && endsExpression && last.up !== "END";
  let end = stop;
  if (explicit) end = stop - 2;
  else if (bare) end = stop - 1;
  const call = all[start + 1]?.raw === "(" && all[start]?.kind === "word";
  let name = '"?column?"';
  if (explicit || bare || isName(last)) name = last.raw;
  else if (call) name = (all[start] as Token).raw;
  if (all[start]?.up === "CASE" && end === stop) name = '"case"';
  const first = all[start] as Token;
  return {
    expression: slice(start, end),
    name: name.startsWith('"') ? name : name.toLowerCase(),
    star: all[end - 1]?.raw === "*" && (end - start === 1 || all[end - 2]?.raw === "."),
    literal: end - start === 1 && (first.kind === "string" || first.up === "NULL"),
    window: all.slice(start, end).some((token) => token.up === "OVER"),
  };
}

/** What stands for all columns: the alias before the star, or that of the only table. */
function rowOf(all: Token[], item: Item, from: number, qualify: number): string {
  if (item.expression.includes(".")) return item.expression.replace(/\s*\.\s*\*$/, "");
  const stop = atDepth(all, from, qualify, (token) => /^(WHERE|GROUP|HAVING)$/.test(token.up));
  const end = stop < 0 ? qualify : stop;
  if (atDepth(all, from, end, (token) => token.raw === "," || token.up === "JOIN") >= 0)
    throw unsupported("sandbox: QUALIFY over SELECT * of several tables is not emulated");
  return (all[end - 1] as Token).raw;
}
