import {
  experimental_streamedQuery as streamedQuery,
  infiniteQueryOptions,
  queryOptions,
} from "@tanstack/react-query";
import type { CatalogCursor, Page } from "@/lib/connectors/contract/catalog";
import type { CheckUpdate } from "@/lib/connectors/contract/checks";
import { paths } from "@/lib/paths";
import type { Result } from "@/lib/platform/result";
import {
  listOwnersAction,
  testUnloadAction,
  verifyDraftAction,
  verifySourceAction,
} from "@/lib/sources/actions";
import type { BrowseAnswers, BrowseRequest, Subject } from "@/lib/sources/schema";
import { withCheck } from "@/lib/verification/rules";

/** An action as a query: a refusal becomes the query's error. */
const asQuery = async <T>(answer: Promise<Result<T>>): Promise<T> => {
  const result = await answer;
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};

const MINUTE_MS = 60_000;

/** What is known of each check so far. */
async function* updates(
  answer: Promise<Result<AsyncIterable<Result<CheckUpdate>>>>,
): AsyncGenerator<CheckUpdate> {
  for await (const update of await asQuery(answer)) {
    if (!update.ok) throw new Error(update.reason);
    yield update.value;
  }
}

/** Runs each time the step is opened: what was true an hour ago is not news. Fetching ends once the outcome is saved. */
export const verificationQuery = (draftId: string) =>
  queryOptions({
    queryKey: ["verification", draftId],
    queryFn: streamedQuery({
      streamFn: () => updates(verifyDraftAction({ draftId })),
      reducer: withCheck<CheckUpdate>,
      initialValue: [] as CheckUpdate[],
    }),
    gcTime: 0,
    staleTime: 0,
  });

/** Runs when asked to. */
export const sourceVerificationQuery = (sourceId: string) =>
  queryOptions({
    queryKey: ["source-verification", sourceId],
    queryFn: streamedQuery({
      streamFn: () => updates(verifySourceAction({ sourceId })),
      reducer: withCheck<CheckUpdate>,
      initialValue: [] as CheckUpdate[],
    }),
    enabled: false,
    gcTime: 0,
  });

/** Large reads, tested when asked to. */
export const unloadTestQuery = (sourceId: string) =>
  queryOptions({
    queryKey: ["unload-test", sourceId],
    queryFn: streamedQuery({
      streamFn: () => updates(testUnloadAction({ sourceId })),
      reducer: withCheck<CheckUpdate>,
      initialValue: [] as CheckUpdate[],
    }),
    enabled: false,
    gcTime: 0,
  });

/** One question to the warehouse. Its signal is the query's: who types on, or leaves, cancels the statement that runs. */
async function browse<A extends BrowseRequest["ask"]>(
  request: Extract<BrowseRequest, { ask: A }>,
  signal: AbortSignal,
): Promise<BrowseAnswers[A]> {
  const response = await fetch(paths.browse, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
    signal,
  }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new Error("Tidegate did not answer. Check your network, then try again.");
  });
  return asQuery(response.json() as Promise<Result<BrowseAnswers[A]>>);
}

const nextPage = (page: Page<unknown>) => page.next ?? undefined;
const firstPage: CatalogCursor | null = null;

/** Pages of schemas that match; those of the search before stay while the next ones are read. */
export const schemasQuery = (draftId: string, search: string) =>
  infiniteQueryOptions({
    queryKey: ["schemas", draftId, search],
    queryFn: ({ pageParam: after, signal }) =>
      browse({ ask: "schemas", draftId, search, after }, signal),
    initialPageParam: firstPage as CatalogCursor | null,
    getNextPageParam: nextPage,
    placeholderData: (before) => before,
    staleTime: MINUTE_MS,
    retry: false,
  });

export const tablesQuery = (draftId: string, schema: string | null, search: string) =>
  infiniteQueryOptions({
    queryKey: ["tables", draftId, schema, search],
    queryFn: ({ pageParam: after, signal }) =>
      browse({ ask: "tables", draftId, schema: schema ?? "", search, after }, signal),
    initialPageParam: firstPage as CatalogCursor | null,
    getNextPageParam: nextPage,
    placeholderData: (before, query) => (query?.queryKey[2] === schema ? before : undefined),
    enabled: schema !== null,
    staleTime: MINUTE_MS,
    retry: false,
  });

/** Whether a table may be read, and its first rows. Not kept for long: a grant given meanwhile is what one waits for. */
export const inspectionQuery = (of: Subject | null) =>
  queryOptions({
    queryKey: ["inspection", of],
    queryFn: ({ signal }) => browse({ ask: "inspection", of: of! }, signal),
    enabled: of !== null,
    staleTime: (query) => (query.state.data?.preview ? MINUTE_MS : 0),
    gcTime: 5 * MINUTE_MS,
    retry: false,
  });

/** Counts over the whole table: asked for by a person, and not again by itself. */
const counted = {
  staleTime: Infinity,
  gcTime: MINUTE_MS,
  retry: false,
  refetchOnWindowFocus: false,
} as const;

export const keyHealthQuery = (of: Subject, keys: string[], isWanted: boolean) =>
  queryOptions({
    queryKey: ["key-health", of, keys],
    queryFn: ({ signal }) => browse({ ask: "keyHealth", of, keys }, signal),
    enabled: isWanted,
    ...counted,
  });

export const profileQuery = (of: Subject, column: string | null) =>
  queryOptions({
    queryKey: ["profile", of, column],
    queryFn: ({ signal }) => browse({ ask: "profile", of, column: column ?? "" }, signal),
    enabled: column !== null,
    ...counted,
  });

export const dryRunQuery = (asked: Omit<Extract<BrowseRequest, { ask: "dryRun" }>, "ask"> | null) =>
  queryOptions({
    queryKey: ["dry-run", asked],
    queryFn: ({ signal }) => browse({ ask: "dryRun", ...asked! }, signal),
    enabled: asked !== null,
    ...counted,
    staleTime: MINUTE_MS,
  });

export const keptQuery = (sourceId: string, isWanted: boolean) =>
  queryOptions({
    queryKey: ["kept", sourceId],
    queryFn: ({ signal }) => browse({ ask: "kept", sourceId }, signal),
    enabled: isWanted,
    ...counted,
    staleTime: 0,
  });

export const cellQuery = (
  of: Subject,
  cell: Omit<Extract<BrowseRequest, { ask: "cell" }>, "ask" | "of">,
  isWanted: boolean,
) =>
  queryOptions({
    queryKey: ["cell", of, cell],
    queryFn: ({ signal }) => browse({ ask: "cell", of, ...cell }, signal),
    enabled: isWanted,
    ...counted,
    gcTime: 0,
  });

/** Known once somebody could log in. */
export const ownersQuery = (draftId: string, canLogIn: boolean) =>
  queryOptions({
    queryKey: ["owners", draftId],
    queryFn: () => asQuery(listOwnersAction({ draftId })),
    enabled: canLogIn,
    staleTime: MINUTE_MS,
  });
