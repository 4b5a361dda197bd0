"use client";
import { Button, Skeleton } from "@heroui/react";
import { useQuery } from "@tanstack/react-query";
import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { JsonPreview } from "@/components/sources/json-preview";
import { PreviewGrid } from "@/components/sources/preview-grid";
import { Notice } from "@/components/ui/notice";
import type { Preview } from "@/lib/connectors/contract";
import { looksPersonal } from "@/lib/event/keys";
import type { Mapping } from "@/lib/event/mapping";
import { plural } from "@/lib/format";
import { sourcePreviewQuery } from "@/lib/sources/queries";

/** The rows as they are now, and the event of the chosen one. */
export function SourcePreview({ sourceId, table, mapping }: { sourceId: string; table: string; mapping: Mapping }) {
  const { data, error, isFetching, refetch } = useQuery(sourcePreviewQuery(sourceId));
  const [row, setRow] = useState(0);
  const [isShown, setShown] = useState(false);
  if (isFetching) return <div role="status" aria-label="Reading the first rows"><Skeleton className="h-96 w-full rounded-xl" /></div>;
  if (error) return <Notice tone="danger" title="The rows could not be read" action={<Button variant="secondary" onPress={() => void refetch()}>Try again</Button>}>{error.message}</Notice>;
  if (!data) return null;
  const covered = new Set(isShown ? [] : data.columns.filter(({ name }) => looksPersonal(name)).map(({ name }) => name));
  const shown = cover(data, covered);
  const missing = mapping.columns.find(({ column }) => !data.columns.some(({ name }) => name === column));
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-8 xl:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
      <div className="min-w-0">
        <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
          <p className="text-sm text-muted">The first {plural(data.rows.length, "row")}, {plural(data.columns.length, "column")}. Nothing previewed is stored.</p>
          {data.columns.some(({ name }) => looksPersonal(name)) && <Button size="sm" variant="secondary" onPress={() => setShown(!isShown)}>{isShown ? <EyeOff aria-hidden className="size-4" /> : <Eye aria-hidden className="size-4" />}{isShown ? "Hide values" : "Show values"}</Button>}
        </div>
        {covered.size > 0 && <p className="mb-2 text-xs text-muted">Columns whose names look like personal data are covered: {[...covered].join(", ")}.</p>}
        <PreviewGrid preview={shown} chosen={row} onChoose={setRow} />
      </div>
      <JsonPreview preview={shown} mapping={mapping} problem={missing ? `The table no longer has the column “${missing.column}”, which this source sends.` : null} table={table} row={Math.min(row, Math.max(data.rows.length - 1, 0))} onRow={setRow} />
    </div>
  );
}

const COVER = "••••••";

/** The preview with the values of some columns covered; NULL stays NULL, and a covered value is text whatever it was. */
function cover(preview: Preview, covered: Set<string>): Preview {
  if (covered.size === 0) return preview;
  const columns = preview.columns.map((column) => (covered.has(column.name) ? { ...column, kind: "text" as const } : column));
  return { columns, rows: preview.rows.map((row) => row.map((cell, at) => (cell !== null && covered.has(columns[at]?.name ?? "") ? COVER : cell))) };
}
