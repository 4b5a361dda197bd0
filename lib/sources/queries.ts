import { queryOptions } from "@tanstack/react-query";
import type { Result } from "@/lib/platform/result";
import { listSchemasAction, listTablesAction, previewSourceAction, previewTableAction, verifySourceAction } from "@/lib/sources/actions";

/** An action as a query: a refusal becomes the query's error. */
const asQuery = async <T>(answer: Promise<Result<T>>): Promise<T> => {
  const result = await answer;
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};

const MINUTE_MS = 60_000;

/** Runs each time the step is opened: what was true an hour ago is not news. */
export const verificationQuery = (draftId: string) =>
  queryOptions({ queryKey: ["verification", draftId], queryFn: () => asQuery(verifySourceAction({ draftId })), gcTime: 0, staleTime: 0 });

export const schemasQuery = (draftId: string) => queryOptions({ queryKey: ["schemas", draftId], queryFn: () => asQuery(listSchemasAction({ draftId })), staleTime: MINUTE_MS });

export const tablesQuery = (draftId: string, schema: string | null) =>
  queryOptions({ queryKey: ["tables", draftId, schema], queryFn: () => asQuery(listTablesAction({ draftId, schema: schema ?? "" })), enabled: schema !== null, staleTime: MINUTE_MS });

export const previewQuery = (draftId: string, schema: string | null, table: string | null) =>
  queryOptions({ queryKey: ["preview", draftId, schema, table], queryFn: () => asQuery(previewTableAction({ draftId, schema: schema ?? "", table: table ?? "" })), enabled: schema !== null && table !== null, staleTime: MINUTE_MS, gcTime: 5 * MINUTE_MS });

export const sourcePreviewQuery = (sourceId: string) => queryOptions({ queryKey: ["source-preview", sourceId], queryFn: () => asQuery(previewSourceAction({ sourceId })), staleTime: MINUTE_MS });
