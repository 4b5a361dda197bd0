import { queryOptions } from "@tanstack/react-query";
import type { RunView } from "@/lib/runs/schema";

/** A run as the server drew it; the progress stream writes newer ones under the same key. */
export const runQuery = (initial: RunView) => queryOptions({ queryKey: ["run", initial.id], queryFn: () => initial, initialData: initial, staleTime: Infinity });
