// Pure decisions on a mapping: what it is by default and what is wrong with it. Form, action and job ask here.
import type { Mapping } from "./mapping";

/** What the rules need to know of a column; `unusable` says why it can't be sent. */
type Column = { name: string; unusable?: string };

export type MappingProblem = {
  /** The column whose key is at fault; null: the mapping as a whole. */
  column: string | null;
  severity: "error" | "warning";
  message: string;
};

/** Keys that would change an object's prototype where a receiver copies them carelessly. */
const FORBIDDEN_SEGMENTS = new Set(["__proto__", "constructor", "prototype"]);

/** Every column under its own name; `user_id` identifies, else `anonymous_id` alone, else `email` as the user id. */
export function defaultMapping(columns: Column[]): Mapping {
  const has = (name: string) => columns.some((column) => column.name === name);
  const anonymousId = has("anonymous_id") ? "anonymous_id" : null;
  const email = has("email") && !anonymousId ? "email" : null;
  const userId = has("user_id") ? "user_id" : email;
  return {
    columns: columns
      .filter(({ unusable }) => unusable === undefined)
      .map(({ name }) => ({ column: name, traitKey: name })),
    userId,
    anonymousId,
  };
}

/** Everything wrong with a mapping, in the order of its columns. An `error` must be fixed before a run; a `warning` need not. */
export function mappingProblems(mapping: Mapping, columns: Column[]): MappingProblem[] {
  const problems: MappingProblem[] = [];
  const error = (column: string | null, message: string) =>
    problems.push({ column, severity: "error", message });
  const known = new Set(columns.map((column) => column.name));
  const unusable = new Map(columns.map((column) => [column.name, column.unusable]));
  const keys = mapping.columns.map((mapped) => mapped.traitKey);
  const count = (values: string[]) =>
    values.reduce(
      (counts, value) => counts.set(value, (counts.get(value) ?? 0) + 1),
      new Map<string, number>(),
    );
  const keyCounts = count(keys);
  const columnCounts = count(mapping.columns.map((mapped) => mapped.column));
  /** Every proper prefix of a key at a dot: `a` and `a.b` of `a.b.c`, which must be objects, not values. */
  const prefixes = new Map<string, string>();
  for (const key of keys)
    for (let dot = key.indexOf("."); dot >= 0; dot = key.indexOf(".", dot + 1))
      prefixes.set(key.slice(0, dot), key);

  if (mapping.columns.length === 0) error(null, "Select at least one column.");
  if (mapping.userId === null && mapping.anonymousId === null)
    error(null, "Choose the column that identifies a user: a user id or an anonymous id.");
  for (const [column, role] of [
    [mapping.userId, "user id"],
    [mapping.anonymousId, "anonymous id"],
  ] as const) {
    if (column === null) continue;
    if (!known.has(column))
      error(column, `The table has no column “${column}”, which is to be the ${role}.`);
    const reason = unusable.get(column);
    if (reason) error(column, `“${column}” can't be the ${role}. ${reason}`);
  }
  for (const { column, traitKey } of mapping.columns) {
    const segments = traitKey.split(".");
    if (!known.has(column)) error(column, `The table has no column “${column}”.`);
    else if (unusable.get(column))
      error(column, `The column “${column}” can't be sent. ${unusable.get(column)}`);
    else if ((columnCounts.get(column) ?? 0) > 1)
      error(column, `The column “${column}” is selected twice.`);
    if (traitKey.trim() === "") error(column, "Enter a JSON trait key.");
    else if (segments.some((segment) => segment.trim() === ""))
      error(
        column,
        `“${traitKey}” has an empty part: a dot nests, so there must be a name on both of its sides.`,
      );
    else if (segments.some((segment) => FORBIDDEN_SEGMENTS.has(segment)))
      error(
        column,
        `“${traitKey}” can't be a key: receivers may take it for a part of JavaScript itself.`,
      );
    else if ((keyCounts.get(traitKey) ?? 0) > 1)
      error(column, `“${traitKey}” is the key of more than one column.`);
    else if (prefixes.has(traitKey))
      error(
        column,
        `“${traitKey}” can't be a value and, for “${prefixes.get(traitKey)}”, an object too.`,
      );
    else if (traitKey === "timestamp")
      problems.push({
        column,
        severity: "warning",
        message: "Receivers take a trait “timestamp” for the time of the event itself.",
      });
  }
  return problems;
}
