import { createHash } from "node:crypto";
import type { Selection } from "@/lib/connectors/contract";
import type { Mapping } from "@/lib/event/mapping";
import { mappingProblems } from "@/lib/event/rules";
import { SyncError } from "@/lib/platform/errors";

/**
 * The columns that a mapping needs read: the selected ones and the identifiers, by name. Not in the mapping's order,
 * which can change without another event being made, while what is remembered of a row is by position.
 */
export function selectionOf(mapping: Mapping, table: { schema: string; table: string; keys: string[] }): Selection {
  const names = [...mapping.columns.map(({ column }) => column), mapping.userId, mapping.anonymousId].filter((name) => name !== null);
  return { ...table, columns: [...new Set(names)].sort() };
}

/** The columns that a table gets: the selected ones and the key, by name as above. */
export const tableSelectionOf = (mapping: Mapping, table: { schema: string; table: string; keys: string[] }): Selection =>
  ({ ...table, columns: [...new Set([...mapping.columns.map(({ column }) => column), ...table.keys])].sort() });

/**
 * sha256 (hex) of everything that shapes an event but the row itself. The order of columns is left out: it changes
 * no value, so it need not send every row again.
 */
export function mappingHash(mapping: Mapping, selection: Selection): string {
  const keys = mapping.columns.map(({ column, traitKey }) => [column, traitKey]).sort(([a = ""], [b = ""]) => (a < b ? -1 : a > b ? 1 : 0));
  const canonical = JSON.stringify([1, selection.schema, selection.table, selection.keys, keys, mapping.userId, mapping.anonymousId]);
  return createHash("sha256").update(canonical).digest("hex");
}

/** Throws a user-fixable SyncError when the mapping can't be run, or the selection lacks a column of it. */
export function assertRunnable(mapping: Mapping, selection: Selection): void {
  const error = mappingProblems(mapping, selection.columns.map((name) => ({ name }))).find(({ severity }) => severity === "error");
  if (error) throw new SyncError(`The mapping can't be used: ${error.message}`, "user-fixable", { remedy: "Open the source and mend its columns." });
}
