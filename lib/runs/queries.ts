import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { paths } from "@/lib/paths";
import type { Result } from "@/lib/platform/result";
import type { RunAnswers, RunRequest, RunView } from "@/lib/runs/schema";

/** A run as the server drew it; the progress stream writes newer ones under the same key. */
export const runQuery = (initial: RunView) =>
  queryOptions({
    queryKey: ["run", initial.id],
    queryFn: () => initial,
    initialData: initial,
    staleTime: Infinity,
  });

async function ask<A extends RunRequest["ask"]>(
  request: Extract<RunRequest, { ask: A }>,
  signal: AbortSignal,
): Promise<RunAnswers[A]> {
  const response = await fetch(paths.runDetails(request.runId), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
    signal,
  }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new Error("Tidegate did not answer. Check your network, then try again.");
  });
  const answer = (await response.json()) as Result<RunAnswers[A]>;
  if (!answer.ok) throw new Error(answer.reason);
  return answer.value;
}

/** A page of a run's rejected rows; the page before stays while the next one is read. `rejected` is how many the run has, so that a live run's list grows. */
export const rejectedQuery = (
  request: { runId: string; search: string; code: string | null; after: number },
  rejected: number,
) =>
  queryOptions({
    queryKey: ["rejected", request, rejected],
    queryFn: ({ signal }) => ask({ ask: "page", ...request }, signal),
    placeholderData: keepPreviousData,
    retry: false,
  });

export const payloadQuery = (runId: string, seq: number) =>
  queryOptions({
    queryKey: ["rejected-payload", runId, seq],
    queryFn: ({ signal }) => ask({ ask: "payload", runId, seq }, signal),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });

/** While the run goes on, what it sends to the warehouse is looked at every second. */
export const statementsQuery = (runId: string, isOver: boolean) =>
  queryOptions({
    queryKey: ["run-statements", runId, isOver],
    queryFn: ({ signal }) => ask({ ask: "statements", runId }, signal),
    refetchInterval: isOver ? false : 1_000,
    placeholderData: keepPreviousData,
    retry: false,
  });
