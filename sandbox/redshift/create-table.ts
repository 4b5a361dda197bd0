// CREATE TABLE in Redshift's grammar (AWS's page CREATE TABLE). What PostgreSQL does not know, or would
// enforce where Redshift does not, is taken out of the text and kept as a note, which an event trigger
// of catalog.sql reads from the statement's own comment.
import { RedshiftError, syntaxError, unsupported } from "./errors";
import type { Edit, Token } from "./lexer";
import { closing, nameOf, qualifiedName, quoteName, type RewriteContext } from "./rewrite";
import { reservedWords } from "./reserved";
import { parseType } from "./sql-types";

export interface KeyNote {
  kind: "p" | "u" | "f";
  name: string | null;
  columns: string[];
  references?: string;
  refColumns?: string[];
}

export interface TableNote {
  diststyle?: string;
  distkey?: string;
  sortkeys?: string[];
  interleaved?: boolean;
  encodings?: Record<string, string>;
  keys?: KeyNote[];
  like?: string;
}

export const encodings = new Set(
  "AUTO RAW AZ64 BYTEDICT DELTA DELTA32K LZO MOSTLY8 MOSTLY16 MOSTLY32 RUNLENGTH TEXT255 TEXT32K ZSTD".split(
    " ",
  ),
);
/** Types that cannot be keys (limitations-super, r_VARBYTE_type, spatial-limitations, r_HLLSKTECH_type). */
const unsorted = new Set(["super", "varbyte", "geometry", "geography", "hllsketch"]);
const attributeWords = new Set(
  "DEFAULT IDENTITY GENERATED ENCODE DISTKEY SORTKEY COLLATE NOT NULL UNIQUE PRIMARY REFERENCES CONSTRAINT CHECK".split(
    " ",
  ),
);

/** The note as a comment for the event trigger; base64, so that no name can end the comment. */
export const noteComment = (note: TableNote): string =>
  Object.keys(note).length ? ` /*rs:${Buffer.from(JSON.stringify(note)).toString("base64")}*/` : "";

/** `( a, b )` as names. */
export function columnList(
  all: Token[],
  open: number,
  context: RewriteContext,
): { columns: string[]; next: number } {
  if (all[open]?.raw !== "(") throw syntaxError(all[open]?.raw ?? "");
  const close = closing(all, open);
  const columns: string[] = [];
  for (let at = open + 1; at < close; at += 2) {
    columns.push(nameOf(all[at], context));
    if (at + 1 !== close && all[at + 1]?.raw !== ",") throw syntaxError(all[at + 1]?.raw ?? "");
  }
  if (columns.length === 0) throw syntaxError(")");
  return { columns, next: close + 1 };
}

/** DISTSTYLE, DISTKEY, SORTKEY, ENCODE AUTO and BACKUP after the columns. Returns the index after them. */
export function tableAttributes(
  all: Token[],
  from: number,
  context: RewriteContext,
  note: TableNote,
  edits: Edit[],
): number {
  let at = from;
  for (;;) {
    const word = all[at]?.up;
    const start = at;
    if (word === "BACKUP") {
      if (all[at + 1]?.up !== "YES" && all[at + 1]?.up !== "NO")
        throw syntaxError(all[at + 1]?.raw ?? "");
      at += 2;
    } else if (word === "DISTSTYLE") {
      const style = all[at + 1]?.up ?? "";
      if (!["AUTO", "EVEN", "KEY", "ALL"].includes(style))
        throw syntaxError(all[at + 1]?.raw ?? "");
      note.diststyle = style;
      at += 2;
    } else if (word === "DISTKEY") {
      const { columns, next } = columnList(all, at + 1, context);
      if (columns.length !== 1) throw syntaxError(",");
      note.distkey = columns[0] as string;
      at = next;
    } else if (
      word === "SORTKEY" ||
      ((word === "COMPOUND" || word === "INTERLEAVED") && all[at + 1]?.up === "SORTKEY")
    ) {
      if (word !== "SORTKEY") at++;
      if (all[at + 1]?.up === "AUTO") at += 2;
      else {
        const { columns, next } = columnList(all, at + 1, context);
        if (columns.length > 400)
          throw new RedshiftError("54011", "cannot have more than 400 sort keys in a table");
        if (word === "INTERLEAVED" && columns.length > 8)
          throw new RedshiftError(
            "54011",
            "cannot have more than 8 interleaved sort keys in a table",
          );
        note.sortkeys = columns;
        if (word === "INTERLEAVED") note.interleaved = true;
        at = next;
      }
    } else if (word === "ENCODE" && all[at + 1]?.up === "AUTO") at += 2;
    else break;
    edits.push({ start: (all[start] as Token).start, end: (all[at - 1] as Token).end, text: "" });
  }
  if (note.diststyle === "KEY" && !note.distkey && from !== at)
    throw new RedshiftError("42601", "DISTKEY column must be specified with DISTSTYLE KEY");
  if (note.distkey && note.diststyle && note.diststyle !== "KEY")
    throw new RedshiftError(
      "42601",
      `DISTKEY cannot be specified with DISTSTYLE ${note.diststyle}`,
    );
  return at;
}

/** Edits and the note for CREATE [TEMP] TABLE; `at` is the index after the word TABLE. */
export function createTable(
  all: Token[],
  afterTable: number,
  context: RewriteContext,
  temporary: boolean,
): { edits: Edit[]; note: TableNote } {
  const edits: Edit[] = [];
  const note: TableNote = {};
  let at = afterTable;
  if (all[at]?.up === "IF") {
    if (all[at + 1]?.up !== "NOT" || all[at + 2]?.up !== "EXISTS")
      throw syntaxError(all[at + 1]?.raw ?? "");
    at += 3;
  }
  const nameToken = all[at];
  if (nameToken?.kind === "word" && reservedWords.has(nameToken.up))
    throw syntaxError(nameToken.raw);
  if (nameToken?.raw.startsWith("#") && !temporary) {
    const table = all[afterTable - 1] as Token;
    edits.push({ start: table.start, end: table.start, text: "TEMPORARY " });
  }
  at = qualifiedName(all, at, context).next;
  if (all[at]?.raw === "(" && isColumnDefinitions(all, at)) {
    const close = closing(all, at);
    elements(all, at, close, context, note, edits);
    at = close + 1;
  } else if (all[at]?.raw === "(") at = closing(all, at) + 1; // CREATE TABLE t (a, b) AS …
  at = tableAttributes(all, at, context, note, edits);
  const rest = all[at];
  if (rest && rest.up !== "AS") throw syntaxError(rest.raw);
  if (!rest && all[at - 1]?.raw !== ")" && !edits.length) throw syntaxError("");
  return { edits, note };
}

/** CREATE TABLE t (a, b) AS has bare names in its brackets, or the query itself. */
function isColumnDefinitions(all: Token[], open: number): boolean {
  const first = all[open + 1];
  const second = all[open + 2]?.raw;
  return first?.up === "LIKE" || !(second === "," || second === ")");
}

function elements(
  all: Token[],
  open: number,
  close: number,
  context: RewriteContext,
  note: TableNote,
  edits: Edit[],
): void {
  let columns = 0;
  let from = open + 1;
  let kept = 0;
  const bounds: [number, number][] = [];
  let depth = 0;
  for (let at = open + 1; at <= close; at++) {
    if (all[at]?.raw === "(") depth++;
    if (all[at]?.raw === ")" && at < close) depth--;
    if (at === close || (depth === 0 && all[at]?.raw === ",")) {
      if (at === from) throw syntaxError(all[at]?.raw ?? "");
      bounds.push([from, at]);
      from = at + 1;
    }
  }
  for (const [start, end] of bounds) {
    const word = all[start]?.kind === "word" ? all[start]?.up : "";
    if (word === "LIKE") {
      const like = qualifiedName(all, start + 1, context);
      note.like = like.text;
      const option = all
        .slice(like.next, end)
        .map((token) => token.up)
        .join(" ");
      if (!["", "INCLUDING DEFAULTS", "EXCLUDING DEFAULTS"].includes(option))
        throw syntaxError(all[like.next]?.raw ?? "");
      kept++;
    } else if (
      word === "CONSTRAINT" ||
      word === "PRIMARY" ||
      word === "UNIQUE" ||
      word === "FOREIGN" ||
      word === "CHECK" ||
      word === "EXCLUDE"
    ) {
      const key = tableConstraint(all, start, context);
      if (key.next !== end) throw syntaxError(all[key.next]?.raw ?? "");
      addKey(note, key.key);
      // Take the element out, with the comma before it.
      const before = kept > 0 ? (all[start - 1] as Token).start : (all[start] as Token).start;
      const endsWithComma = kept === 0 && (all[end] as Token).raw === ",";
      const after = (all[endsWithComma ? end : end - 1] as Token).end;
      edits.push({ start: before, end: after, text: "" });
    } else {
      columnDefinition(all, start, end, context, note, edits, false);
      columns++;
      kept++;
    }
  }
  if (columns > 1600) throw new RedshiftError("54011", "tables can have at most 1600 columns");
}

function addKey(note: TableNote, key: KeyNote): void {
  note.keys ??= [];
  if (key.kind === "p" && note.keys.some((other) => other.kind === "p"))
    throw new RedshiftError("42P16", "multiple primary keys for table are not allowed");
  note.keys.push(key);
}

/** [CONSTRAINT name] UNIQUE (…) | PRIMARY KEY (…) | FOREIGN KEY (…) REFERENCES t [(…)] */
export function tableConstraint(
  all: Token[],
  from: number,
  context: RewriteContext,
): { key: KeyNote; next: number } {
  let at = from;
  let name: string | null = null;
  if (all[at]?.up === "CONSTRAINT") {
    name = nameOf(all[at + 1], context);
    at += 2;
  }
  const word = all[at]?.up;
  if (word === "CHECK") throw unsupported("CHECK constraints are not supported");
  if (word === "EXCLUDE") throw unsupported("EXCLUDE constraints are not supported");
  if (word === "UNIQUE") {
    const list = columnList(all, at + 1, context);
    return { key: { kind: "u", name, columns: list.columns }, next: list.next };
  }
  if ((word !== "PRIMARY" && word !== "FOREIGN") || all[at + 1]?.up !== "KEY")
    throw syntaxError(all[at]?.raw ?? "");
  const list = columnList(all, at + 2, context);
  if (word === "PRIMARY")
    return { key: { kind: "p", name, columns: list.columns }, next: list.next };
  const target = references(all, list.next, context);
  return { key: { kind: "f", name, columns: list.columns, ...target.to }, next: target.next };
}

function references(
  all: Token[],
  at: number,
  context: RewriteContext,
): { to: { references: string; refColumns?: string[] }; next: number } {
  if (all[at]?.up !== "REFERENCES") throw syntaxError(all[at]?.raw ?? "");
  const table = qualifiedName(all, at + 1, context);
  if (all[table.next]?.raw !== "(") return { to: { references: table.text }, next: table.next };
  const list = columnList(all, table.next, context);
  return { to: { references: table.text, refColumns: list.columns }, next: list.next };
}

/** One column: name, type and attributes. `adding` is for ALTER TABLE ADD COLUMN, which takes fewer of them. */
export function columnDefinition(
  all: Token[],
  start: number,
  end: number,
  context: RewriteContext,
  note: TableNote,
  edits: Edit[],
  adding: boolean,
): { notNull: boolean; hasDefault: boolean } {
  const nameToken = all[start] as Token;
  if (nameToken.kind === "word" && reservedWords.has(nameToken.up))
    throw syntaxError(nameToken.raw);
  const name = nameOf(nameToken, context);
  // Quoted always: a word that is free on Redshift may be reserved in PostgreSQL.
  edits.push({ start: nameToken.start, end: nameToken.end, text: quoteName(name) });
  if (start + 1 >= end) throw syntaxError(all[end]?.raw ?? "");
  const type = parseType(all, start + 1, "column");
  if (!type || type.next > end) throw syntaxError(all[start + 1]?.raw ?? "");
  edits.push({
    start: (all[start + 1] as Token).start,
    end: (all[type.next - 1] as Token).end,
    text: type.text,
  });

  const seen = { notNull: false, hasDefault: false };
  const drop = (from: number, to: number): void => {
    edits.push({ start: (all[from] as Token).start, end: (all[to - 1] as Token).end, text: "" });
  };
  const refuseAdding = (what: string): void => {
    if (adding) throw unsupported(`ALTER TABLE ADD COLUMN with ${what} is not supported`);
  };
  let at = type.next;
  while (at < end) {
    const from = at;
    const word = all[at]?.up ?? "";
    if (word === "DEFAULT") {
      seen.hasDefault = true;
      at += 2;
      for (
        let depth = all[at - 1]?.raw === "(" ? 1 : 0;
        at < end && (depth > 0 || !attributeWords.has(all[at]?.up ?? ""));
        at++
      ) {
        if (all[at]?.raw === "(") depth++;
        if (all[at]?.raw === ")") depth--;
      }
      continue;
    }
    if (word === "NOT" && all[at + 1]?.up === "NULL") {
      seen.notNull = true;
      at += 2;
      continue;
    }
    if (word === "NULL") {
      at++;
      continue;
    }
    if (word === "IDENTITY" || word === "GENERATED") {
      refuseAdding("IDENTITY");
      const byDefault = word === "GENERATED";
      if (byDefault) {
        if (
          all
            .slice(at + 1, at + 5)
            .map((token) => token.up)
            .join(" ") !== "BY DEFAULT AS IDENTITY"
        )
          throw syntaxError(all[at + 1]?.raw ?? "");
        at += 4;
      }
      const close = closing(all, at + 1);
      const [seed, step] = all
        .slice(at + 2, close)
        .map((token) => token.raw)
        .join("")
        .split(",")
        .map(Number);
      if (
        seed === undefined ||
        step === undefined ||
        !Number.isInteger(seed) ||
        !Number.isInteger(step)
      )
        throw syntaxError(all[at + 2]?.raw ?? "");
      if (type.family !== "integer" && type.family !== "bigint")
        throw new RedshiftError("42601", "identity column must be of type INT or BIGINT");
      const bound = step < 0 ? "MAXVALUE" : "MINVALUE";
      at = close + 1;
      const text = `GENERATED ${byDefault ? "BY DEFAULT" : "ALWAYS"} AS IDENTITY (START WITH ${seed} INCREMENT BY ${step} ${bound} ${seed})`;
      edits.push({ start: (all[from] as Token).start, end: (all[close] as Token).end, text });
      continue;
    }
    if (word === "ENCODE") {
      const encoding = all[at + 1]?.up ?? "";
      if (!encodings.has(encoding))
        throw new RedshiftError(
          "42704",
          `encoding type "${all[at + 1]?.raw ?? ""}" is not supported`,
        );
      if (type.family === "super" && !["RAW", "ZSTD", "AUTO"].includes(encoding))
        throw unsupported(
          `encoding ${encoding.toLowerCase()} is not supported for column "${name}" of type super`,
        );
      (note.encodings ??= {})[name] = encoding.toLowerCase();
      at += 2;
    } else if (word === "DISTKEY") {
      refuseAdding("DISTKEY");
      if (note.distkey) throw new RedshiftError("42601", "multiple distkeys are not allowed");
      if (unsorted.has(type.family))
        throw unsupported(`column "${name}" of type ${type.family} cannot be a distribution key`);
      note.distkey = name;
      at++;
    } else if (word === "SORTKEY") {
      refuseAdding("SORTKEY");
      if (unsorted.has(type.family))
        throw unsupported(`column "${name}" of type ${type.family} cannot be a sort key`);
      if (note.sortkeys) throw new RedshiftError("42601", "multiple sortkeys are not allowed");
      note.sortkeys = [name];
      at++;
    } else if (word === "COLLATE") {
      if (all[at + 1]?.up !== "CASE_SENSITIVE" && all[at + 1]?.up !== "CASE_INSENSITIVE")
        throw unsupported("collations are not supported");
      if (all[at + 1]?.up === "CASE_INSENSITIVE")
        edits.push({
          start: (all[at] as Token).start,
          end: (all[at] as Token).start,
          text: "COLLATE pg_catalog.case_insensitive ",
        });
      at += 2;
    } else if (word === "UNIQUE") {
      refuseAdding("UNIQUE");
      addKey(note, { kind: "u", name: null, columns: [name] });
      at++;
    } else if (word === "PRIMARY" && all[at + 1]?.up === "KEY") {
      refuseAdding("PRIMARY KEY");
      addKey(note, { kind: "p", name: null, columns: [name] });
      at += 2;
      drop(from, at);
      // A primary key is not enforced, but its columns are NOT NULL.
      edits.push({
        start: (all[at - 1] as Token).end,
        end: (all[at - 1] as Token).end,
        text: " NOT NULL",
      });
      continue;
    } else if (word === "REFERENCES") {
      refuseAdding("REFERENCES");
      const target = references(all, at, context);
      addKey(note, { kind: "f", name: null, columns: [name], ...target.to });
      at = target.next;
    } else if (word === "CHECK") throw unsupported("CHECK constraints are not supported");
    else throw syntaxError(all[at]?.raw ?? "");
    drop(from, at);
  }
  return seen;
}
