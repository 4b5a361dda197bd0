"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useId, useRef, useState, type KeyboardEvent } from "react";
import { CellDetail } from "@/components/sources/cell-detail";
import { cn } from "@/components/ui/cn";
import type { Cell, Preview } from "@/lib/connectors/contract/preview";
import { startOf } from "@/lib/format";
import type { Subject } from "@/lib/sources/schema";

const ROW_PX = 36;
const HEADER_PX = 48;
const COLUMN_PX = 190;
/** A cell shows this much of a long value: 65,535 bytes in each of thousands of cells would stall the page. */
const SHOWN_CHARACTERS = 300;
const PAGE_ROWS = 10;

type Place = { row: number; column: number };

/** The rows as they are: exact text, NULL told apart from empty. Virtual in both directions; the value one stands on is shown whole below. */
export function PreviewGrid({
  preview,
  of,
  keyColumn,
  covered,
  chosen,
  onChoose,
}: {
  preview: Preview;
  of: Subject | null;
  keyColumn?: string;
  covered?: ReadonlySet<string>;
  chosen?: number;
  onChoose?: (row: number) => void;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const id = useId();
  const [active, setActive] = useState<Place | null>(null);
  const rows = useVirtualizer({
    count: preview.rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PX,
    overscan: 6,
    useFlushSync: false,
  });
  const columns = useVirtualizer({
    horizontal: true,
    count: preview.columns.length,
    getScrollElement: () => frame.current,
    estimateSize: () => COLUMN_PX,
    overscan: 2,
    useFlushSync: false,
  });
  const width = columns.getTotalSize();
  const shownColumns = columns.getVirtualItems();
  const stand = (row: number, column: number) => {
    const place = {
      row: Math.min(Math.max(row, 0), preview.rows.length - 1),
      column: Math.min(Math.max(column, 0), preview.columns.length - 1),
    };
    if (place.row < 0 || place.column < 0) return;
    setActive(place);
    onChoose?.(place.row);
    rows.scrollToIndex(place.row);
    columns.scrollToIndex(place.column);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { row, column } = active ?? { row: chosen ?? 0, column: 0 };
    const [lastRow, lastColumn] = [preview.rows.length - 1, preview.columns.length - 1];
    const moves: Record<string, [number, number]> = {
      ArrowDown: [active ? row + 1 : row, column],
      ArrowUp: [row - 1, column],
      ArrowRight: [row, active ? column + 1 : column],
      ArrowLeft: [row, column - 1],
      PageDown: [row + PAGE_ROWS, column],
      PageUp: [row - PAGE_ROWS, column],
      Home: [event.ctrlKey ? 0 : row, 0],
      End: [event.ctrlKey ? lastRow : row, lastColumn],
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    stand(...move);
  };
  // a cell that isn't drawn can't be named as the one that is stood on
  const isDrawn =
    active !== null &&
    shownColumns.some(({ index }) => index === active.column) &&
    rows.getVirtualItems().some(({ index }) => index === active.row);
  const column = active && preview.columns[active.column];
  return (
    <>
      <div
        ref={frame}
        role="grid"
        aria-label="Data preview"
        aria-rowcount={preview.rows.length + 1}
        aria-colcount={preview.columns.length}
        aria-activedescendant={isDrawn ? `${id}-${active.row}-${active.column}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        className="group max-h-[26rem] overflow-auto rounded-xl border border-border bg-surface text-sm outline-accent"
      >
        <div
          role="rowgroup"
          className="sticky top-0 z-10 bg-surface-secondary"
          style={{ width, height: HEADER_PX }}
        >
          <div role="row" aria-rowindex={1} className="relative h-full border-b border-separator">
            {shownColumns.map(({ index, start, size }) => {
              const { name, type } = preview.columns[index] ?? { name: "", type: "" };
              return (
                <div
                  key={index}
                  role="columnheader"
                  aria-colindex={index + 1}
                  title={`${name} ${type}`}
                  className="absolute inset-y-0 flex flex-col justify-center px-3"
                  style={{ left: start, width: size }}
                >
                  <span className="truncate font-medium">{name}</span>
                  <span className="truncate font-mono text-xs text-muted">{type}</span>
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
              className={cn(
                "absolute inset-x-0 border-t border-separator first:border-t-0",
                onChoose && "hover:bg-surface-secondary",
                row.index === chosen && onChoose && "bg-surface-tertiary",
              )}
              style={{ top: row.start, height: row.size }}
            >
              {shownColumns.map(({ index, start, size }) => (
                <div
                  key={index}
                  id={`${id}-${row.index}-${index}`}
                  role="gridcell"
                  aria-colindex={index + 1}
                  onClick={() => stand(row.index, index)}
                  className={cn(
                    "absolute inset-y-0 flex cursor-pointer items-center px-3 font-mono text-xs",
                    active?.row === row.index &&
                      active.column === index &&
                      "outline-2 -outline-offset-2 outline-accent",
                  )}
                  style={{ left: start, width: size }}
                >
                  <CellText
                    value={preview.rows[row.index]?.[index] ?? null}
                    bytes={preview.cut?.[row.index]?.[index]}
                  />
                </div>
              ))}
            </div>
          ))}
        </div>
      </div>
      {active && column && (
        <CellDetail
          key={`${active.row} ${active.column}`}
          column={column}
          row={active.row}
          value={preview.rows[active.row]?.[active.column] ?? null}
          bytes={preview.cut?.[active.row]?.[active.column] ?? 0}
          isCovered={covered?.has(column.name) ?? false}
          of={of}
          identity={identityOf(preview, active.row, keyColumn)}
        />
      )}
    </>
  );
}

/** The key of a row, where it has one that is here as a whole. */
function identityOf(
  preview: Preview,
  row: number,
  keyColumn: string | undefined,
): { column: string; value: string } | null {
  const at = preview.columns.findIndex(({ name }) => name === keyColumn);
  const value = preview.rows[row]?.[at];
  return keyColumn !== undefined && typeof value === "string" && !preview.cut?.[row]?.[at]
    ? { column: keyColumn, value }
    : null;
}

export const CellText = memo(function CellText({
  value,
  bytes = 0,
}: {
  value: Cell;
  bytes?: number;
}) {
  if (value === null) return <span className="text-muted italic">NULL</span>;
  if (value === "" && bytes > 0) return <span className="text-muted italic">too long to show</span>;
  if (value === "") return <span className="text-muted italic">empty text</span>;
  return (
    <span className="truncate">
      {value.length > SHOWN_CHARACTERS || bytes > 0
        ? `${startOf(value, SHOWN_CHARACTERS)}…`
        : value}
    </span>
  );
});
