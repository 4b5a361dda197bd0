"use client";
import { Button } from "@heroui/react";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useMemo } from "react";
import { Code } from "@/components/ui/code";
import { Notice } from "@/components/ui/notice";
import { prettyJson } from "@/components/ui/pretty-json";
import type { Preview } from "@/lib/connectors/contract/preview";
import { withoutPadding } from "@/lib/event/blank";
import { compileIdentify } from "@/lib/event/identify";
import type { Mapping } from "@/lib/event/mapping";
import { bytes, plural } from "@/lib/format";

const AT = "2026-01-01T00:00:00.000Z";
const encoder = new TextEncoder();

/** A row as it can be shown: what the preview has cut says so, and how much of it is missing. */
function shownRow(preview: Preview, row: number) {
  const cells = preview.rows[row];
  const sizes = preview.cut?.[row];
  if (!cells || !sizes?.some((size) => size > 0))
    return { columns: preview.columns, cells, missing: new Map<string, number>() };
  const missing = new Map<string, number>();
  const columns = preview.columns.map((column, at) =>
    sizes[at] ? { ...column, kind: "text" as const } : column,
  );
  const shown = cells.map((cell, at) => {
    const size = sizes[at] ?? 0;
    if (size === 0) return cell;
    const text = `${cell ?? ""}… (${bytes(size)} in all)`;
    missing.set(preview.columns[at]?.name ?? "", size - encoder.encode(text).length);
    return text;
  });
  return { columns, cells: shown, missing };
}

/** The event of one sample row, made by the code that makes the events. What only a run can know says so. */
export function JsonPreview({
  preview,
  mapping,
  problem,
  table,
  row,
  onRow,
}: {
  preview: Preview;
  mapping: Mapping;
  problem: string | null;
  table: string;
  row: number;
  onRow: (row: number) => void;
}) {
  const shown = useMemo(() => shownRow(preview, row), [preview, row]);
  const text = useMemo(() => {
    const { columns, cells } = shown;
    if (problem || !cells) return null;
    const keyAt = columns.findIndex(({ name }) => name === (mapping.userId ?? mapping.anonymousId));
    const key = withoutPadding(columns[keyAt]?.type, cells[keyAt] ?? "");
    const event = compileIdentify(columns, mapping, {
      sourceId: "this source",
      runId: "the run",
      table,
    })(cells, {
      key,
      messageId: "one for this change of this row",
      originalTimestamp: AT,
      sentAt: AT,
    });
    return event?.replaceAll(`"${AT}"`, '"time of the run"') ?? null;
  }, [shown, mapping, problem, table]);
  const pretty = useMemo(() => (text === null ? "" : prettyJson(text)), [text]);
  const cut =
    shown.missing.size === 0
      ? []
      : mapping.columns.filter(({ column }) => shown.missing.has(column));
  const size =
    text === null
      ? 0
      : encoder.encode(text).length +
        cut.reduce((sum, { column }) => sum + (shown.missing.get(column) ?? 0), 0);
  return (
    <section role="region" aria-label="JSON preview">
      <div className="mb-2 flex items-center justify-between gap-2">
        <h2 className="font-medium">JSON preview</h2>
        {preview.rows.length > 0 && (
          <div className="flex items-center text-sm text-muted">
            <Button
              isIconOnly
              size="sm"
              variant="ghost"
              aria-label="Previous row"
              isDisabled={row === 0}
              onPress={() => onRow(row - 1)}
            >
              <ChevronLeft aria-hidden className="size-4" />
            </Button>
            <span>
              row {row + 1} of {preview.rows.length}
              {text !== null && ` · ${cut.length > 0 ? "at least " : ""}${bytes(size)}`}
            </span>
            <Button
              isIconOnly
              size="sm"
              variant="ghost"
              aria-label="Next row"
              isDisabled={row >= preview.rows.length - 1}
              onPress={() => onRow(row + 1)}
            >
              <ChevronRight aria-hidden className="size-4" />
            </Button>
          </div>
        )}
      </div>
      {text !== null && (
        <Code language="json" label="Event as JSON" copy={false} text={pretty} className="pt-2" />
      )}
      {text !== null && cut.length > 0 && (
        <p className="mt-2 text-xs text-muted">
          {plural(cut.length, "value is", "values are")} longer than what is shown here. A sync
          sends the whole.
        </p>
      )}
      {text === null && (
        <Notice tone={problem ? "danger" : "info"}>
          {problem ??
            (preview.rows.length === 0
              ? "The table has no rows to show yet."
              : "This row has neither a user id nor an anonymous id, so it gives no event: it is listed as rejected.")}
        </Notice>
      )}
    </section>
  );
}
