import { experimental_streamedQuery as streamedQuery, queryOptions } from "@tanstack/react-query";
import type { CheckUpdate } from "@/lib/connectors/contract";
import type { Result } from "@/lib/platform/result";
import { listOwnersAction, listSchemasAction, listTablesAction, previewSourceAction, previewTableAction, verifyDraftAction, verifySourceAction } from "@/lib/sources/actions";
import { withCheck } from "@/lib/sources/steps";

/** An action as a query: a refusal becomes the query's error. */
const asQuery = async <T>(answer: Promise<Result<T>>): Promise<T> => {
  const result = await answer;
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};

const MINUTE_MS = 60_000;

/** What is known of each check so far. */
async function* updates(answer: Promise<Result<AsyncIterable<Result<CheckUpdate>>>>): AsyncGenerator<CheckUpdate> {
  for await (const update of await asQuery(answer)) {
    if (!update.ok) throw new Error(update.reason);
    yield update.value;
  }
}

/** Runs each time the step is opened: what was true an hour ago is not news. Fetching ends once the outcome is saved. */
export const verificationQuery = (draftId: string) =>
  queryOptions({
    queryKey: ["verification", draftId],
    queryFn: streamedQuery({ streamFn: () => updates(verifyDraftAction({ draftId })), reducer: withCheck<CheckUpdate>, initialValue: [] as CheckUpdate[] }),
    gcTime: 0,
    staleTime: 0,
  });

/** Runs when asked to. */
export const sourceVerificationQuery = (sourceId: string) =>
  queryOptions({
    queryKey: ["source-verification", sourceId],
    queryFn: streamedQuery({ streamFn: () => updates(verifySourceAction({ sourceId })), reducer: withCheck<CheckUpdate>, initialValue: [] as CheckUpdate[] }),
    enabled: false,
    gcTime: 0,
  });

export const schemasQuery = (draftId: string) => queryOptions({ queryKey: ["schemas", draftId], queryFn: () => asQuery(listSchemasAction({ draftId })), staleTime: MINUTE_MS });

export const tablesQuery = (draftId: string, schema: string | null) =>
  queryOptions({ queryKey: ["tables", draftId, schema], queryFn: () => asQuery(listTablesAction({ draftId, schema: schema ?? "" })), enabled: schema !== null, staleTime: MINUTE_MS });

/** Known once somebody could log in. */
export const ownersQuery = (draftId: string, canLogIn: boolean) =>
  queryOptions({ queryKey: ["owners", draftId], queryFn: () => asQuery(listOwnersAction({ draftId })), enabled: canLogIn, staleTime: MINUTE_MS });

export const previewQuery = (draftId: string, schema: string | null, table: string | null) =>
  queryOptions({ queryKey: ["preview", draftId, schema, table], queryFn: () => asQuery(previewTableAction({ draftId, schema: schema ?? "", table: table ?? "" })), enabled: schema !== null && table !== null, staleTime: MINUTE_MS, gcTime: 5 * MINUTE_MS });

export const sourcePreviewQuery = (sourceId: string) => queryOptions({ queryKey: ["source-preview", sourceId], queryFn: () => asQuery(previewSourceAction({ sourceId })), staleTime: MINUTE_MS });
