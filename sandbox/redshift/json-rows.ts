// JSON records to columns: by key ('auto', 'auto ignorecase'), by JSONPaths, or whole ('noshred').
import type { Column } from "./convert";
import { RedshiftError } from "./errors";
import { LoadError } from "./records";

/** JSON.parse keeps the digits of a number for us (ECMAScript's proposal "JSON.parse source text access"). */
const rawJson = JSON as typeof JSON & {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): value is { rawJSON: string };
};
const withSource = (_: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === "number" && context?.source !== undefined
    ? rawJson.rawJSON(context.source)
    : value;

const maxObject = 4 * 1024 * 1024;
type Path = (string | number)[];

/** The JSONPaths of a file's text; undefined when its key is another one, which means 'auto'. */
export function readJsonPaths(text: string): Path[] | undefined {
  const malformed = (why: string): RedshiftError =>
    new RedshiftError("XX000", `Invalid JSONPath format: ${why}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw malformed("not well-formed JSON");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw malformed("the file must contain a single JSON object");
  const paths: unknown = "jsonpaths" in parsed ? parsed.jsonpaths : undefined;
  if (paths === undefined) return undefined;
  if (!Array.isArray(paths)) throw malformed("jsonpaths must be an array");
  return paths.map((path: unknown) => {
    if (typeof path !== "string" || path === "")
      throw malformed("array element is an empty string or not a string");
    return pathSteps(path, malformed);
  });
}

function pathSteps(path: string, malformed: (why: string) => RedshiftError): Path {
  if (!path.startsWith("$")) throw malformed(`"${path}" does not start with $`);
  const steps: Path = [];
  const step = /\.([^.[\]'"*]+)|\['([^']*)'\]|\[(\d+)\]/y;
  step.lastIndex = 1;
  let dots = 0;
  let brackets = 0;
  while (step.lastIndex < path.length) {
    const match = step.exec(path);
    if (!match) throw malformed(`"${path}" is not supported`);
    if (match[1] !== undefined) dots++;
    if (match[2] !== undefined) brackets++;
    steps.push(match[1] ?? match[2] ?? Number(match[3]));
  }
  if (dots && brackets) throw malformed(`"${path}" mixes dot and bracket notation`);
  return steps;
}

/** Gets the fields of a record (a JSON record is one field, its text) and says what each column gets. */
export type RowReader = (fields: string[]) => (string | null)[];

/** Reads one record's byte string into byte strings, one a column. */
export function jsonRowReader(
  columns: Column[],
  mode: { kind: "auto" | "ignorecase" | "noshred" } | { kind: "paths"; paths: Path[] },
): RowReader {
  const names = columns.map((column) =>
    mode.kind === "ignorecase" ? column.name.toLowerCase() : column.name,
  );
  return ([raw = ""]) => {
    if (raw.length > maxObject)
      throw new LoadError(1224, "JSON object exceeds the maximum size of 4 MB");
    let value: unknown;
    try {
      value = JSON.parse(Buffer.from(raw, "latin1").toString("utf8"), withSource);
    } catch {
      throw new LoadError(1216, "Invalid JSON object");
    }
    if (mode.kind === "noshred") return [raw];
    if (mode.kind === "paths")
      return columns.map((column, at) => text(follow(value, mode.paths[at] ?? []), column));
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new LoadError(1216, "Invalid JSONPath format: a JSONPaths file is needed for arrays");
    const found = new Map(
      Object.entries(value).map(([key, item]) => [
        mode.kind === "ignorecase" ? key.toLowerCase() : key,
        item,
      ]),
    );
    return columns.map((column, at) => text(found.get(names[at] ?? ""), column));
  };
}

function follow(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) {
    if (typeof step === "number") {
      if (!Array.isArray(at) || step >= at.length)
        throw new LoadError(1216, "Invalid JSONPath format: Not an array or index out of range.");
      at = at[step];
    } else {
      if (typeof at !== "object" || at === null || rawJson.isRawJSON(at)) return undefined;
      at = Object.hasOwn(at, step) ? (at as Record<string, unknown>)[step] : undefined;
    }
  }
  return at;
}

const bytes = (value: string): string => Buffer.from(value, "utf8").toString("latin1");

function text(value: unknown, column: Column): string | null {
  if (value === undefined || value === null) return null;
  if (column.type === "super") return bytes(JSON.stringify(value));
  if (typeof value === "string") return bytes(value);
  if (rawJson.isRawJSON(value)) return value.rawJSON;
  return bytes(JSON.stringify(value));
}
