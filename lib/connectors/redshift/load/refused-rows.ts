// Which rows of a batch COPY left out, and why. That they are missing is known from the stage itself, by the positions
// that it lacks: no system view is needed for it. STL_LOAD_ERRORS, which has the beginning of each line, isn't there on
// Serverless, and knows nothing of what concurrency scaling loaded; SYS_LOAD_ERROR_DETAIL has no line.
import { gunzipSync } from "node:zlib";
import type { Rejection } from "@/lib/connectors/contract/events";
import type { Bucket } from "@/lib/connectors/s3/client";
import type { Part } from "@/lib/connectors/s3/parts";
import { SyncError } from "@/lib/platform/errors";
import type { RedshiftSession } from "@/lib/connectors/redshift/session/client";
import { refusalText, type RefusedValue } from "./load-errors";
import { lastStaged, stagedRuns } from "./load-sql";

/** Positions from the first to the last, both included. */
export type Run = { first: number; last: number };

/** Adds a position behind those that are there. */
export function addPosition(runs: Run[], position: number): void {
  const open = runs.at(-1);
  if (open && open.last + 1 === position) open.last = position;
  else runs.push({ first: position, last: position });
}

/** The positions of `written` that no run of `loaded` has; both are in order. At most `limit`. */
export function positionsMissing(written: Run[], loaded: Run[], limit: number): number[] {
  const missing: number[] = [];
  let next = 0;
  for (const { first, last } of written) {
    for (let position = first; position <= last && missing.length < limit; position += 1) {
      while (next < loaded.length && loaded[next]!.last < position) next += 1;
      const run = loaded[next];
      if (run && run.first <= position) position = Math.min(run.last, last);
      else missing.push(position);
    }
  }
  return missing;
}

/** The positions that a stage has. */
export async function loadedRuns(
  session: RedshiftSession,
  stage: string,
  signal: AbortSignal,
): Promise<Run[]> {
  const begins = await session.query(stagedRuns(stage), signal);
  const [last] = await session.query(lastStaged(stage), signal);
  return begins.map(([first], index) => ({
    first: Number(first),
    last: Number(begins[index + 1]?.[1] ?? last?.[0]),
  }));
}

/** The cells of some rows of a batch, by position, read back from the files that COPY read. */
export async function readStagedRows(
  bucket: Bucket,
  parts: readonly Part[],
  positions: readonly number[],
  signal: AbortSignal,
): Promise<Map<number, string[]>> {
  const wanted = new Set(positions);
  const found = new Map<number, string[]>();
  for (const { key } of parts) {
    if (found.size === wanted.size) break;
    const text = gunzipSync(await bucket.get(key, signal));
    for (const cells of recordsAt(text, wanted)) found.set(Number(cells[0]), cells);
  }
  return found;
}

const [QUOTE, COMMA, NEWLINE] = [34, 44, 10];

/** The records of a file whose first cell is among `wanted`. A quoted cell may hold any line's end. */
function* recordsAt(text: Buffer, wanted: ReadonlySet<number>): Generator<string[]> {
  for (let begin = 0; begin < text.length;) {
    const comma = text.indexOf(COMMA, begin);
    const isWanted = comma >= 0 && wanted.has(Number(text.toString("latin1", begin, comma)));
    let isQuoted = false;
    let end = begin;
    for (; end < text.length && (isQuoted || text[end] !== NEWLINE); end += 1)
      if (text[end] === QUOTE) isQuoted = !isQuoted;
    if (isWanted) yield cellsOf(text.toString("utf8", begin, end));
    begin = end + 1;
  }
}

/** The cells of one record, without the quotes around them; one that was cut within its quotes is left out. */
export function cellsOf(record: string): string[] {
  const cells: string[] = [];
  const found = record.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)("?)|([^,"]*))/g);
  for (const [, quoted, closing, plain] of found)
    if (quoted === undefined) cells.push(plain ?? "");
    else if (closing !== "") cells.push(quoted.replaceAll('""', '"'));
  return cells;
}

/** The key of a row: of several columns a JSON array, as elsewhere. Null where not all of it is known. */
function keyOf(cells: string[], names: readonly string[], keys: readonly string[]): string | null {
  const found = keys.map((key) => cells[names.indexOf(key) + 1]);
  if (found.some((cell) => cell === undefined)) return null;
  return found.length === 1 ? (found[0] ?? null) : JSON.stringify(found);
}

const unexplained = "COPY didn't load this row, and the warehouse doesn't say why.";

/** Which error is which row's: by its line where the warehouse has it, else by the order, where there are as many. */
function explained(missing: readonly number[], errors: RefusedValue[]): Map<number, RefusedValue> {
  const byPosition = new Map<number, RefusedValue>();
  for (const error of errors) {
    const position = Number(/^(\d+),/.exec(error.raw ?? "")?.[1]);
    if (missing.includes(position) && !byPosition.has(position)) byPosition.set(position, error);
  }
  if (byPosition.size > 0) return byPosition;
  // a COPY that was run again left its errors twice
  const lines = [
    ...new Map(errors.map((error) => [`${error.file}:${error.line}`, error])).values(),
  ].sort((a, b) => a.file.localeCompare(b.file, "en") || a.line - b.line);
  if (lines.length !== missing.length) return byPosition;
  return new Map(missing.map((position, index) => [position, lines[index]!]));
}

/** What becomes of the rows that COPY left out. `names` are the columns in the order of the file, behind the position. */
export function rejectionsOf(
  missing: readonly number[],
  errors: RefusedValue[],
  rows: ReadonlyMap<number, string[]>,
  names: readonly string[],
  keys: readonly string[],
): Rejection[] {
  const reasons = explained(missing, errors);
  return missing.map((seq) => {
    const error = reasons.get(seq);
    const cells = rows.get(seq) ?? cellsOf(error?.raw ?? "");
    const value = error?.value ?? cells[names.indexOf(error?.column ?? "") + 1] ?? null;
    return {
      seq,
      key: keyOf(cells, names, keys),
      ...(error?.column && { column: error.column }),
      reason: error ? refusalText({ ...error, value }) : unexplained,
      code: "copy-refused",
    };
  });
}

/** Thrown when the stage lacks more or other rows than COPY's count says. */
export const lostTrack = (left: number, missing: number): SyncError =>
  new SyncError(
    `COPY left out ${left} ${left === 1 ? "row" : "rows"}, but ${missing} ${missing === 1 ? "is" : "are"} missing: nothing was loaded.`,
    "terminal",
  );
