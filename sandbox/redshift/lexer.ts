// Cuts Redshift SQL into tokens. An own lexer, because libpg-query's scan() fails on control
// characters, and because Redshift keeps the backslash as an escape inside ordinary literals.

type TokenKind = "word" | "quoted" | "string" | "number" | "parameter" | "operator";

export interface Token {
  kind: TokenKind;
  /** As written. */
  raw: string;
  /** Upper case for words, as written for the rest. */
  up: string;
  start: number;
  end: number;
}

const wordStart = /[A-Za-z_#\u0080-\uffff]/;
const wordEnd = /[^\w$#\u0080-\uffff]/g;
const numberForm = /\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?/y;
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const operators = ["::", "<=", ">=", "<>", "!=", "||", ":=", "=>"];

/** Index after the closing quote; the end of the text if it never closes. */
function stringEnd(sql: string, open: number, quote: string, backslash: boolean): number {
  for (let at = open + 1; at < sql.length; at++) {
    const char = sql[at];
    if (char === "\\" && backslash) at++;
    else if (char === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at++;
    }
  }
  return sql.length;
}

function commentEnd(sql: string, open: number): number {
  let depth = 0;
  for (let at = open; at < sql.length; at++) {
    if (sql.startsWith("/*", at)) (depth++, at++);
    else if (sql.startsWith("*/", at)) {
      at++;
      if (--depth === 0) return at + 1;
    }
  }
  return sql.length;
}

export function tokens(sql: string): Token[] {
  const found: Token[] = [];
  const add = (kind: TokenKind, start: number, end: number): number => {
    const raw = sql.slice(start, end);
    found.push({ kind, raw, up: kind === "word" ? raw.toUpperCase() : raw, start, end });
    return end;
  };
  for (let at = 0; at < sql.length;) {
    const char = sql[at] ?? "";
    if (
      char === " " ||
      char === "\n" ||
      char === "\t" ||
      char === "\r" ||
      char === "\f" ||
      char === "\v"
    )
      at++;
    else if (sql.startsWith("--", at)) {
      const end = sql.indexOf("\n", at);
      at = end < 0 ? sql.length : end + 1;
    } else if (sql.startsWith("/*", at)) at = commentEnd(sql, at);
    else if (char === "'") at = add("string", at, stringEnd(sql, at, "'", true));
    else if ((char === "e" || char === "E") && sql[at + 1] === "'")
      at = add("string", at, stringEnd(sql, at + 1, "'", true));
    else if (char === '"') at = add("quoted", at, stringEnd(sql, at, '"', false));
    else if (char === "$") {
      dollarTag.lastIndex = at;
      const tag = dollarTag.exec(sql)?.[0];
      if (tag) {
        const close = sql.indexOf(tag, at + tag.length);
        at = add("string", at, close < 0 ? sql.length : close + tag.length);
      } else {
        const end = /\D/g;
        end.lastIndex = at + 1;
        at = add("parameter", at, end.exec(sql)?.index ?? sql.length);
      }
    } else if (wordStart.test(char)) {
      wordEnd.lastIndex = at + 1;
      at = add("word", at, wordEnd.exec(sql)?.index ?? sql.length);
    } else if (/[\d.]/.test(char)) {
      numberForm.lastIndex = at;
      const number = numberForm.exec(sql)?.[0];
      at = number ? add("number", at, at + number.length) : add("operator", at, at + 1);
    } else {
      const operator = operators.find((each) => sql.startsWith(each, at));
      at = add("operator", at, at + (operator?.length ?? 1));
    }
  }
  return found;
}

export interface Statement {
  sql: string;
  tokens: Token[];
}

/** Splits at semicolons; tokens are relative to their statement. */
export function statements(sql: string): Statement[] {
  const all = tokens(sql);
  if (!all.some((token) => token.raw === ";")) return all.length ? [{ sql, tokens: all }] : [];
  const parts: Statement[] = [];
  let inside: Token[] = [];
  let from = 0;
  const close = (to: number): void => {
    if (inside.length) parts.push({ sql: sql.slice(from, to), tokens: inside });
    inside = [];
    from = to + 1;
  };
  for (const token of all) {
    if (token.raw === ";") close(token.start);
    else inside.push({ ...token, start: token.start - from, end: token.end - from });
  }
  close(sql.length);
  return parts;
}

const escapes: Record<string, string> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };

/** The value of a literal token, backslashes resolved as Redshift does. */
export function literalValue(token: Token): string {
  const { raw } = token;
  if (raw.startsWith("$")) {
    const tag = raw.slice(0, raw.indexOf("$", 1) + 1);
    return raw.slice(tag.length, raw.length - tag.length);
  }
  const body = raw.slice(raw.indexOf("'") + 1, -1);
  if (!body.includes("\\")) return body.replaceAll("''", "'");
  return body.replace(/''|\\([0-7]{1,3}|[\s\S])/g, (whole, after: string | undefined) => {
    if (after === undefined) return "'";
    if (/^[0-7]+$/.test(after)) return String.fromCharCode(Number.parseInt(after, 8));
    return escapes[after] ?? after;
  });
}

/** A text that replaces the part of the SQL between two offsets. */
export interface Edit {
  start: number;
  end: number;
  text: string;
}

export function applyEdits(sql: string, edits: Edit[]): string {
  if (edits.length === 0) return sql;
  const ordered = edits
    .map((edit, index) => ({ ...edit, index }))
    .sort((a, b) => a.start - b.start || a.index - b.index);
  const parts: string[] = [];
  let at = 0;
  for (const edit of ordered) {
    if (edit.start < at) continue; // inside a part already replaced
    parts.push(sql.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  parts.push(sql.slice(at));
  return parts.join("");
}
