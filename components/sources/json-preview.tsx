"use client";
import { Button } from "@heroui/react";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useMemo } from "react";
import { Code } from "@/components/ui/code";
import { Notice } from "@/components/ui/notice";
import { prettyJson } from "@/components/ui/pretty-json";
import type { Preview } from "@/lib/connectors/contract";
import { compileIdentify } from "@/lib/event/identify";
import type { Mapping } from "@/lib/event/mapping";
import { bytes } from "@/lib/format";

const AT = "2026-01-01T00:00:00.000Z";

/** The event of one sample row, made by the code that makes the events. What only a run can know says so. */
export function JsonPreview({ preview, mapping, problem, table, row, onRow }: { preview: Preview; mapping: Mapping; problem: string | null; table: string; row: number; onRow: (row: number) => void }) {
  const text = useMemo(() => {
    const cells = preview.rows[row];
    if (problem || !cells) return null;
    const key = cells[preview.columns.findIndex(({ name }) => name === (mapping.userId ?? mapping.anonymousId))] ?? "";
    const event = compileIdentify(preview.columns, mapping, { sourceId: "this source", runId: "the run", table })(cells, { key, messageId: "one for this change of this row", originalTimestamp: AT, sentAt: AT });
    return event?.replaceAll(`"${AT}"`, '"time of the run"') ?? null;
  }, [preview, mapping, problem, table, row]);
  const size = text === null ? 0 : new TextEncoder().encode(text).length;
  return (
    <section role="region" aria-label="JSON preview">
      <div className="mb-2 flex items-center justify-between gap-2">
        <h2 className="font-medium">JSON preview</h2>
        {preview.rows.length > 0 && (
          <div className="flex items-center text-sm text-muted">
            <Button isIconOnly size="sm" variant="ghost" aria-label="Previous row" isDisabled={row === 0} onPress={() => onRow(row - 1)}><ChevronLeft aria-hidden className="size-4" /></Button>
            <span>row {row + 1} of {preview.rows.length}{text !== null && ` · ${bytes(size)}`}</span>
            <Button isIconOnly size="sm" variant="ghost" aria-label="Next row" isDisabled={row >= preview.rows.length - 1} onPress={() => onRow(row + 1)}><ChevronRight aria-hidden className="size-4" /></Button>
          </div>
        )}
      </div>
      {text !== null && <Code language="json" label="Event as JSON" copy={false} text={prettyJson(text)} className="pt-2" />}
      {text === null && <Notice tone={problem ? "danger" : "info"}>{problem ?? (preview.rows.length === 0 ? "The table has no rows to show yet." : "This row has neither a user id nor an anonymous id, so it gives no event: it is listed as rejected.")}</Notice>}
    </section>
  );
}
