import type { Selection } from "@/lib/connectors/contract/changes";
import type { Mapping } from "@/lib/event/mapping";
import { mappingProblems } from "@/lib/event/rules";
import { SyncError } from "@/lib/platform/errors";

/** Throws a user-fixable SyncError when the mapping can't be run, or the selection lacks a column of it. */
export function assertRunnable(mapping: Mapping, selection: Selection): void {
  const error = mappingProblems(
    mapping,
    selection.columns.map((name) => ({ name })),
  ).find(({ severity }) => severity === "error");
  if (error)
    throw new SyncError(`The mapping can't be used: ${error.message}`, "user-fixable", {
      remedy: "Open the source and mend its columns.",
    });
}
