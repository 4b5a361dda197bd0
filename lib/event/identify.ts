import { encoderOf, type ColumnKind, type Encoder } from "./encode";
import type { Mapping } from "./mapping";

/** What stays the same over a run. */
export type IdentifyRun = { sourceId: string; runId: string; table: string };

/** What an event has beside the row's values. Times are ISO 8601 in UTC. */
export type IdentifyRow = { key: string; messageId: string; originalTimestamp: string; sentAt: string };

/** Cells in the order of `columns` → the event's JSON text, or null when the row identifies nobody. */
export type Identify = (cells: readonly (string | null)[], row: IdentifyRow) => string | null;

type Leaf = { index: number; encode: Encoder };
type Tree = Map<string, Leaf | Tree>;

/**
 * The events of one run, compiled once. Rules:
 * - Shape: that of RudderStack's warehouse sources (`channel: "sources"`, `context.sources`, `recordId`).
 * - `traits` hold the selected columns in their order; dots in a key nest at the place of the group's first key.
 * - A NULL is sent as null: it clears the trait. Each value's own rule is in encode.ts.
 * - `userId` and `anonymousId` are strings, the wire's own text; NULL and empty are left out. A row with neither
 *   gives null instead of an event, since an identify call without an identity means nothing to any receiver.
 * - An identifier is a trait as well only where its column is selected.
 * - `timestamp` is the time of the run; a trait with that key moves it at the receiver (the mapping's rules warn).
 * The mapping must be free of errors (`mappingProblems`); a column it names and `columns` lacks throws an Error.
 */
export function compileIdentify(columns: readonly { name: string; kind: ColumnKind }[], mapping: Mapping, run: IdentifyRun): Identify {
  const indexOf = (name: string) => {
    const index = columns.findIndex((column) => column.name === name);
    if (index < 0) throw new Error(`The mapping names a column that was not read: ${name}`);
    return index;
  };
  const tree: Tree = new Map();
  for (const { column, traitKey } of mapping.columns) {
    const index = indexOf(column);
    const leaf: Leaf = { index, encode: encoderOf(columns[index]!.kind) };
    const path = traitKey.split(".");
    let node = tree;
    for (const segment of path.slice(0, -1)) {
      const child = node.get(segment) ?? new Map<string, Leaf | Tree>();
      if (!(child instanceof Map)) throw new Error(`The mapping's key “${traitKey}” is below one that is a value.`);
      node.set(segment, child);
      node = child;
    }
    node.set(path.at(-1)!, leaf);
  }
  const traits = flatten(tree);
  const user = mapping.userId === null ? -1 : indexOf(mapping.userId);
  const anonymous = mapping.anonymousId === null ? -1 : indexOf(mapping.anonymousId);
  const context = JSON.stringify({ sources: { job_id: `${run.sourceId}/Syncher`, task_id: run.table, version: "v1", job_run_id: run.runId, task_run_id: run.runId } });

  return (cells, row) => {
    const userId = cells[user];
    const anonymousId = cells[anonymous];
    if (!userId && !anonymousId) return null;
    let json = '{"type":"identify","channel":"sources"';
    if (userId) json += `,"userId":${JSON.stringify(userId)}`;
    if (anonymousId) json += `,"anonymousId":${JSON.stringify(anonymousId)}`;
    json += ',"traits":';
    for (const part of traits) {
      if (typeof part === "string") json += part;
      else {
        const cell = cells[part.index];
        json += cell === null || cell === undefined ? "null" : part.encode(cell);
      }
    }
    json += `,"context":${context},"recordId":${JSON.stringify(row.key)},"messageId":${JSON.stringify(row.messageId)}`;
    return json + `,"originalTimestamp":"${row.originalTimestamp}","sentAt":"${row.sentAt}","timestamp":"${row.originalTimestamp}"}`;
  };
}

/** The traits object as constant text and values between: all that is left to do per row. */
function flatten(tree: Tree): (string | Leaf)[] {
  const parts: (string | Leaf)[] = [];
  let text = "";
  const walk = (node: Tree) => {
    text += "{";
    let first = true;
    for (const [key, child] of node) {
      text += `${first ? "" : ","}${JSON.stringify(key)}:`;
      first = false;
      if (child instanceof Map) walk(child);
      else {
        parts.push(text, child);
        text = "";
      }
    }
    text += "}";
  };
  walk(tree);
  return [...parts, text];
}
