import { experimental_streamedQuery as streamedQuery, queryOptions } from "@tanstack/react-query";
import type { CheckUpdate } from "@/lib/connectors/contract/checks";
import { verifyDestinationAction } from "@/lib/destinations/actions";
import { withCheck } from "@/lib/verification/rules";

/** What is known of each check so far. */
async function* updates(draftId: string): AsyncGenerator<CheckUpdate> {
  const answer = await verifyDestinationAction({ draftId });
  if (!answer.ok) throw new Error(answer.reason);
  for await (const update of answer.value) {
    if (!update.ok) throw new Error(update.reason);
    yield update.value;
  }
}

/** Runs each time the step is opened. Fetching ends once the outcome is saved. */
export const destinationVerificationQuery = (draftId: string) =>
  queryOptions({
    queryKey: ["destination-verification", draftId],
    queryFn: streamedQuery({
      streamFn: () => updates(draftId),
      reducer: withCheck<CheckUpdate>,
      initialValue: [] as CheckUpdate[],
    }),
    gcTime: 0,
    staleTime: 0,
  });
