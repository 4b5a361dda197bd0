// Cuts load files into records. Everything works on "byte strings" (latin1: one character a byte), so
// that lengths are byte lengths, as Redshift counts them, and nothing is decoded that need not be.
import type { CopyOptions } from "./copy-options";

/** A reason why a record or a field cannot be loaded, with Redshift's load error code. */
export class LoadError extends Error {
  constructor(
    readonly code: number,
    reason: string,
    /** Position in the line, where known. */
    readonly position = 0,
  ) {
    super(reason);
  }
}

export interface RawRecord {
  /** Number of the line it begins at, from 1. */
  line: number;
  raw: string;
  /** Fields of the record, or why it has none. */
  fields: string[] | LoadError;
}

/** Takes a byte string of the file and returns where the unread rest begins. */
export type RecordCutter = (
  text: string,
  final: boolean,
  emit: (record: RawRecord) => void,
) => number;

/** Lines to skip at the head of a file, then the cutter of its format. */
export function recordCutter(options: CopyOptions): RecordCutter {
  const cutters = { csv: cutCsv, text: cutText, fixedwidth: cutFixed, json: cutJson };
  const cut = cutters[options.format](options);
  let header = options.ignoreHeader;
  let line = 1;
  return (text, final, emit) => {
    let from = 0;
    while (header > 0) {
      const end = text.indexOf("\n", from);
      if (end < 0) return final ? text.length : from;
      from = end + 1;
      line++;
      header--;
    }
    const state = { line };
    const rest = cut(text, from, final, state, emit);
    line = state.line;
    return rest;
  };
}

type Cut = (
  text: string,
  from: number,
  final: boolean,
  state: { line: number },
  emit: (record: RawRecord) => void,
) => number;

const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);

function cutCsv(options: CopyOptions): Cut {
  const { delimiter, quote, ignoreBlankLines } = options;
  return (text, from, final, state, emit) => {
    let at = from;
    let quoted = text.indexOf(quote, at); // looked for once, not once a line
    while (at < text.length) {
      const end = text.indexOf("\n", at);
      if (end < 0 && !final) return at;
      const lineEnd = end < 0 ? text.length : end;
      if (quoted >= 0 && quoted < at) quoted = text.indexOf(quote, at);
      if (quoted < 0 || quoted > lineEnd) {
        const raw = withoutReturn(text.slice(at, lineEnd));
        if (!(raw === "" && ignoreBlankLines))
          emit({ line: state.line, raw, fields: raw.split(delimiter) });
        state.line++;
        at = lineEnd + 1;
        continue;
      }
      const parsed = quotedRecord(text, at, delimiter, quote, final);
      if (!parsed) return at;
      const raw = withoutReturn(text.slice(at, parsed.end));
      emit({ line: state.line, raw, fields: parsed.fields });
      for (
        let newline = text.indexOf("\n", at);
        newline >= 0 && newline < parsed.end;
        newline = text.indexOf("\n", newline + 1)
      )
        state.line++;
      state.line++;
      at = parsed.end + 1;
    }
    return Math.min(at, text.length);
  };
}

/** One record with quoted fields; undefined when its end has not come yet. */
function quotedRecord(
  text: string,
  start: number,
  delimiter: string,
  quote: string,
  final: boolean,
): { fields: string[] | LoadError; end: number } | undefined {
  const fields: string[] = [];
  const broken = (at: number): { fields: LoadError; end: number } => {
    const end = text.indexOf("\n", at);
    return {
      fields: new LoadError(1214, "Invalid quote formatting for CSV", at - start),
      end: end < 0 ? text.length : end,
    };
  };
  const blank = (char: string | undefined): boolean =>
    (char === " " || char === "\t") && char !== delimiter;
  let at = start;
  for (;;) {
    let first = at;
    while (blank(text[first])) first++;
    if (text[first] === quote) {
      let value = "";
      let from = first + 1;
      for (;;) {
        const close = text.indexOf(quote, from);
        if (close < 0) return final ? broken(text.length) : undefined;
        if (close + 1 >= text.length && !final) return undefined;
        value += text.slice(from, close);
        from = close + 1;
        if (text[from] !== quote) break;
        value += quote;
        from++;
      }
      fields.push(value);
      at = from;
      while (blank(text[at])) at++;
      if (text[at] === "\r" && (text[at + 1] === "\n" || at + 1 >= text.length)) at++;
    } else {
      const nextDelimiter = text.indexOf(delimiter, at);
      const newline = text.indexOf("\n", at);
      const stop = Math.min(
        nextDelimiter < 0 ? Infinity : nextDelimiter,
        newline < 0 ? Infinity : newline,
      );
      if (stop === Infinity && !final) return undefined;
      const end = Math.min(stop, text.length);
      const value = text.slice(at, end);
      if (value.includes(quote)) return broken(at);
      fields.push(text[end] === delimiter ? value : withoutReturn(value));
      at = end;
    }
    if (at >= text.length) return final ? { fields, end: text.length } : undefined;
    if (text[at] === "\n") return { fields, end: at };
    if (text[at] !== delimiter) return broken(at);
    at++;
  }
}

function cutText(options: CopyOptions): Cut {
  const { delimiter, escape, ignoreBlankLines, removeQuotes } = options;
  return (text, from, final, state, emit) => {
    let at = from;
    while (at < text.length) {
      let end = text.indexOf("\n", at);
      // A backslash before the newline keeps the record going.
      while (escape && end > 0 && escaped(text, at, end)) end = text.indexOf("\n", end + 1);
      if (end < 0 && !final) return at;
      const stop = end < 0 ? text.length : end;
      const raw = withoutReturn(text.slice(at, stop));
      if (!(raw === "" && ignoreBlankLines))
        emit({ line: state.line, raw, fields: textFields(raw, delimiter, escape, removeQuotes) });
      state.line++;
      at = stop + 1;
    }
    return Math.min(at, text.length);
  };
}

/** An odd number of backslashes before the character. */
function escaped(text: string, from: number, at: number): boolean {
  let count = 0;
  while (at - count - 1 >= from && text[at - count - 1] === "\\") count++;
  return count % 2 === 1;
}

function textFields(
  raw: string,
  delimiter: string,
  escape: boolean,
  removeQuotes: boolean,
): string[] | LoadError {
  if (!escape && !removeQuotes) return raw.split(delimiter);
  const fields: string[] = [];
  let value = "";
  let quote: string | undefined;
  let opened = false;
  const close = (): void => {
    fields.push(value);
    value = "";
    opened = false;
  };
  for (let at = 0; at < raw.length; at++) {
    const char = raw[at] ?? "";
    if (escape && char === "\\" && at + 1 < raw.length) {
      at++;
      // \N alone stays what it is: the default null string
      value += raw[at] === "N" && value === "" ? "\\N" : raw[at];
    } else if (removeQuotes && !opened && value === "" && (char === '"' || char === "'")) {
      quote = char;
      opened = true;
    } else if (
      quote !== undefined &&
      char === quote &&
      (at + 1 === raw.length || raw[at + 1] === delimiter)
    )
      quote = undefined;
    else if (quote === undefined && char === delimiter) close();
    else value += char;
  }
  if (quote !== undefined)
    return new LoadError(1214, "Delimiter not found: quotation mark without its end");
  close();
  return fields;
}

function cutFixed(options: CopyOptions): Cut {
  return (text, from, final, state, emit) => {
    let at = from;
    while (at < text.length) {
      const end = text.indexOf("\n", at);
      if (end < 0 && !final) return at;
      const stop = end < 0 ? text.length : end;
      const raw = withoutReturn(text.slice(at, stop));
      if (!(raw === "" && options.ignoreBlankLines)) {
        // Widths count characters, not bytes.
        const characters = [...Buffer.from(raw, "latin1").toString("utf8")];
        let column = 0;
        const fields = options.widths.map((width) => {
          const field = characters.slice(column, column + width).join("");
          column += width;
          return Buffer.from(field, "utf8").toString("latin1").trimEnd();
        });
        emit({ line: state.line, raw, fields });
      }
      state.line++;
      at = stop + 1;
    }
    return Math.min(at, text.length);
  };
}

/** Whole JSON objects or arrays, one a record; what stands between them is an error each. */
function cutJson(): Cut {
  return (text, from, final, state, emit) => {
    let at = from;
    for (;;) {
      for (; at < text.length; at++) {
        const char = text[at];
        if (char === "\n") state.line++;
        else if (char !== " " && char !== "\t" && char !== "\r") break;
      }
      if (at >= text.length) return text.length;
      const open = text[at];
      if (open !== "{" && open !== "[") {
        const end = text.indexOf("\n", at);
        if (end < 0 && !final) return at;
        const stop = end < 0 ? text.length : end;
        emit({
          line: state.line,
          raw: text.slice(at, stop),
          fields: new LoadError(1216, "Invalid JSON: a record must be an object or an array"),
        });
        at = stop;
        continue;
      }
      const end = jsonEnd(text, at);
      if (end < 0) {
        if (!final) return at;
        emit({
          line: state.line,
          raw: text.slice(at),
          fields: new LoadError(1216, "Invalid JSON: unexpected end of file"),
        });
        return text.length;
      }
      const raw = text.slice(at, end);
      emit({ line: state.line, raw, fields: [raw] });
      for (let newline = raw.indexOf("\n"); newline >= 0; newline = raw.indexOf("\n", newline + 1))
        state.line++;
      at = end;
    }
  };
}

function jsonEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      for (at++; at < text.length && text.charCodeAt(at) !== 0x22; at++)
        if (text.charCodeAt(at) === 0x5c) at++;
    } else if (code === 0x7b || code === 0x5b) depth++;
    else if ((code === 0x7d || code === 0x5d) && --depth === 0) return at + 1;
  }
  return -1;
}
