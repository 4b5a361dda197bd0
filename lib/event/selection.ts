import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Mapping } from "./mapping";

/** What a source reads: chosen columns of one table, and which ones together identify a row. */
type Selected = { schema: string; table: string; keys: string[]; columns: string[] };

/**
 * The columns that a mapping needs read: the selected ones and the identifiers, by name. Not in the mapping's order,
 * which can change without another event being made, while what is remembered of a row is by position.
 */
export function selectionOf(mapping: Mapping, table: Omit<Selected, "columns">): Selected {
  const names = [
    ...mapping.columns.map(({ column }) => column),
    mapping.userId,
    mapping.anonymousId,
  ].filter((name) => name !== null);
  return { ...table, columns: [...new Set(names)].sort() };
}

/** The columns that a table gets: the selected ones and the key, by name as above. */
export const tableSelectionOf = (mapping: Mapping, table: Omit<Selected, "columns">): Selected => ({
  ...table,
  columns: [...new Set([...mapping.columns.map(({ column }) => column), ...table.keys])].sort(),
});

/**
 * sha256 (hex) of everything that shapes an event but the row itself. The order of columns is left out: it changes
 * no value, so it need not send every row again.
 */
export function mappingHash(mapping: Mapping, selection: Selected, rawNumbers = false): string {
  const keys = mapping.columns
    .map(({ column, traitKey }) => [column, traitKey])
    .sort(([a = ""], [b = ""]) => Number(a > b) - Number(a < b));
  const canonical = JSON.stringify([
    1,
    selection.schema,
    selection.table,
    selection.keys,
    keys,
    mapping.userId,
    mapping.anonymousId,
    ...(rawNumbers ? ["raw numbers"] : []),
  ]);
  return bytesToHex(sha256(utf8ToBytes(canonical)));
}
