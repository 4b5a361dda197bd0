"use client";
import { Button, Skeleton } from "@heroui/react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Notice } from "@/components/ui/notice";
import { CheckList } from "@/components/wizard/check-list";
import type { Preview } from "@/lib/connectors/contract/preview";
import { inspectionQuery } from "@/lib/sources/queries";
import type { Subject } from "@/lib/sources/schema";

/** Whether the table may be read, said in place with what mends it; its first rows where it may. `isQuiet` says nothing while all is well. */
export function TableInspection({
  of,
  isQuiet = false,
  children,
}: {
  of: Subject | null;
  isQuiet?: boolean;
  children: (preview: Preview) => ReactNode;
}) {
  const { data, error, isFetching, refetch } = useQuery(inspectionQuery(of));
  if (of === null) return null;
  const again = (
    <Button variant="secondary" isDisabled={isFetching} onPress={() => void refetch()}>
      Try again
    </Button>
  );
  if (isFetching && !data?.preview)
    return (
      <div role="status" aria-label="Reading the first rows">
        <Skeleton className="h-72 w-full rounded-xl" />
      </div>
    );
  if (error)
    return (
      <Notice tone="danger" title="The rows could not be read" action={again}>
        {error.message}
      </Notice>
    );
  if (!data) return null;
  return (
    <>
      {(!isQuiet || data.check.status !== "passed") && (
        <section className="max-w-[46rem]">
          <h2 className="mb-2 font-medium">Access</h2>
          <CheckList label="Checking the table" checks={[data.check]} />
        </section>
      )}
      {data.preview ? (
        children(data.preview)
      ) : (
        <div className="flex flex-wrap items-center gap-3">
          <p role="alert" className="text-sm">
            Mend this, or choose another table. Nothing you typed is lost.
          </p>
          {again}
        </div>
      )}
    </>
  );
}
