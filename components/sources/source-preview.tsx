"use client";
import { Button, Skeleton } from "@heroui/react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { JsonPreview } from "@/components/sources/json-preview";
import { PreviewGrid } from "@/components/sources/preview-grid";
import { Notice } from "@/components/ui/notice";
import type { Mapping } from "@/lib/event/mapping";
import { plural } from "@/lib/format";
import { sourcePreviewQuery } from "@/lib/sources/queries";

/** The rows as they are now, and the event of the chosen one. */
export function SourcePreview({ sourceId, table, mapping }: { sourceId: string; table: string; mapping: Mapping }) {
  const { data, error, isFetching, refetch } = useQuery(sourcePreviewQuery(sourceId));
  const [row, setRow] = useState(0);
  if (isFetching) return <div role="status" aria-label="Reading the first rows"><Skeleton className="h-96 w-full rounded-xl" /></div>;
  if (error) return <Notice tone="danger" title="The rows could not be read" action={<Button variant="secondary" onPress={() => void refetch()}>Try again</Button>}>{error.message}</Notice>;
  if (!data) return null;
  const missing = mapping.columns.find(({ column }) => !data.columns.some(({ name }) => name === column));
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-8 xl:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
      <div className="min-w-0">
        <p className="mb-2 text-sm text-muted">The first {plural(data.rows.length, "row")}, {plural(data.columns.length, "column")}. Nothing previewed is stored.</p>
        <PreviewGrid preview={data} chosen={row} onChoose={setRow} />
      </div>
      <JsonPreview preview={data} mapping={mapping} problem={missing ? `The table no longer has the column “${missing.column}”, which this source sends.` : null} table={table} row={Math.min(row, Math.max(data.rows.length - 1, 0))} onRow={setRow} />
    </div>
  );
}
