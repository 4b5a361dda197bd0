"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, useState } from "react";
import { cn } from "@/components/ui/cn";
import type { Preview } from "@/lib/connectors/contract";

const ROW_PX = 36;
const HEADER_PX = 48;
const COLUMN_PX = 190;
/** A cell shows this much of a long value: 65,535 bytes in each of thousands of cells would stall the page. */
const SHOWN_CHARACTERS = 300;

/** The rows as they are: exact text, NULL told apart from empty. Virtual in both directions. */
export function PreviewGrid({ preview, chosen, onChoose }: { preview: Preview; chosen?: number; onChoose?: (row: number) => void }) {
  const frame = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState(0);
  const rows = useVirtualizer({ count: preview.rows.length, getScrollElement: () => frame.current, estimateSize: () => ROW_PX, overscan: 8 });
  const columns = useVirtualizer({ horizontal: true, count: preview.columns.length, getScrollElement: () => frame.current, estimateSize: () => COLUMN_PX, overscan: 2 });
  const width = columns.getTotalSize();
  const move = (to: number) => {
    const row = Math.min(Math.max(to, 0), preview.rows.length - 1);
    setFocused(row);
    rows.scrollToIndex(row);
    onChoose?.(row);
  };
  return (
    <div
      ref={frame}
      role="grid"
      aria-label="Data preview"
      aria-rowcount={preview.rows.length + 1}
      aria-colcount={preview.columns.length}
      tabIndex={0}
      onKeyDown={(event) => {
        const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        move(focused + step);
      }}
      className="max-h-[26rem] overflow-auto rounded-xl border border-border bg-surface text-sm outline-accent"
    >
      <div role="rowgroup" className="sticky top-0 z-10 bg-surface-secondary" style={{ width, height: HEADER_PX }}>
        <div role="row" aria-rowindex={1} className="relative h-full border-b border-separator">
          {columns.getVirtualItems().map(({ index, start, size }) => {
            const column = preview.columns[index];
            return column && (
              <div key={column.name} role="columnheader" aria-colindex={index + 1} title={`${column.name} ${column.type}`} className="absolute inset-y-0 flex flex-col justify-center px-3" style={{ left: start, width: size }}>
                <span className="truncate font-medium">{column.name}</span>
                <span className="truncate font-mono text-xs text-muted">{column.type}</span>
              </div>
            );
          })}
        </div>
      </div>
      <div role="rowgroup" className="relative" style={{ width, height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((row) => (
          <div
            key={row.key}
            role="row"
            aria-rowindex={row.index + 2}
            aria-selected={onChoose ? row.index === chosen : undefined}
            onClick={() => move(row.index)}
            className={cn("absolute inset-x-0 border-t border-separator first:border-t-0", onChoose && "cursor-pointer hover:bg-surface-secondary", row.index === chosen && onChoose && "bg-surface-tertiary")}
            style={{ top: row.start, height: row.size }}
          >
            {columns.getVirtualItems().map(({ index, start, size }) => {
              const value = preview.rows[row.index]?.[index] ?? null;
              return (
                <div key={index} role="gridcell" aria-colindex={index + 1} title={value?.slice(0, SHOWN_CHARACTERS)} className="absolute inset-y-0 flex items-center px-3 font-mono text-xs" style={{ left: start, width: size }}>
                  <CellText value={value} />
                </div>
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}

export function CellText({ value }: { value: string | null }) {
  if (value === null) return <span className="text-muted italic">NULL</span>;
  if (value === "") return <span className="text-muted italic">empty text</span>;
  return <span className="truncate">{value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value}</span>;
}
