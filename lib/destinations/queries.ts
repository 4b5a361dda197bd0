import { queryOptions } from "@tanstack/react-query";
import { verifyDestinationAction } from "@/lib/destinations/actions";

/** Sends the test event each time the step is opened. */
export const destinationVerificationQuery = (draftId: string) =>
  queryOptions({
    queryKey: ["destination-verification", draftId],
    queryFn: async () => {
      const result = await verifyDestinationAction({ draftId });
      if (!result.ok) throw new Error(result.reason);
      return result.value;
    },
    gcTime: 0,
    staleTime: 0,
  });
