import { Skeleton } from "@heroui/react";

/**
 * What stands where a list is about to be. Only lists have it: with it the answer begins before the page has been
 * looked for, and a page that isn't there, or isn't for this person, would be answered with 200.
 */
export function PageLoading() {
  return (
    <div role="status" aria-label="Loading the page" className="flex flex-col gap-4">
      <Skeleton className="h-8 w-48 rounded-lg" />
      <Skeleton className="h-24 w-full rounded-xl" />
      <Skeleton className="h-64 w-full rounded-xl" />
    </div>
  );
}
