"use client";
import { SearchField } from "@heroui/react";
import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import {
  memo,
  useCallback,
  useDeferredValue,
  useMemo,
  useRef,
  useState,
  type Dispatch,
  type SetStateAction,
} from "react";
import { KeyTools } from "@/components/sources/key-tools";
import { CellText } from "@/components/sources/preview-grid";
import { CheckBox } from "@/components/ui/check-box";
import { cn } from "@/components/ui/cn";
import { PlainCheckBox, PlainInput } from "@/components/ui/plain-fields";
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import type { Cell } from "@/lib/connectors/contract/preview";
import { identityColumns } from "@/lib/connectors/redshift/spec";
import type { Mapping } from "@/lib/event/mapping";
import type { MappingProblem } from "@/lib/event/rules";
import { plural } from "@/lib/format";

const ROW_PX = 57;
const GRID =
  "grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-3 sm:grid-cols-[auto_minmax(0,1.1fr)_minmax(0,1fr)_minmax(0,1.1fr)]";

/** The columns of the table: which are sent, and under which JSON trait key. Order is the table's. Only the rows in sight are drawn. */
export function ColumnMapping({
  columns,
  sample,
  cut,
  mapping,
  problems,
  onChange,
}: {
  columns: ColumnInfo[];
  sample: Cell[] | undefined;
  cut: number[] | undefined;
  mapping: Mapping;
  problems: MappingProblem[];
  onChange: Dispatch<SetStateAction<Mapping>>;
}) {
  const [search, setSearch] = useState("");
  /** What was typed for a column that is deselected is still there when it comes back. */
  const left = useRef(new Map<string, string>());
  const keys = useMemo(
    () => new Map(mapping.columns.map(({ column, traitKey }) => [column, traitKey])),
    [mapping],
  );
  const flags = useMemo(
    () => new Map(problems.toReversed().map((problem) => [problem.column, problem])),
    [problems],
  );
  const put = useCallback(
    (chosen: (name: string, was: boolean) => boolean) =>
      onChange((before) => {
        for (const { column, traitKey } of before.columns) left.current.set(column, traitKey);
        const selected = new Set(before.columns.map(({ column }) => column));
        return {
          ...before,
          columns: columns
            .filter(({ name, unusable }) => !unusable && chosen(name, selected.has(name)))
            .map(({ name }) => ({ column: name, traitKey: left.current.get(name) ?? name })),
        };
      }),
    [columns, onChange],
  );
  const select = useCallback(
    (name: string, on: boolean) => put((each, was) => (each === name ? on : was)),
    [put],
  );
  const rename = useCallback(
    (name: string, traitKey: string) =>
      onChange((before) => ({
        ...before,
        columns: before.columns.map((mapped) =>
          mapped.column === name ? { column: name, traitKey } : mapped,
        ),
      })),
    [onChange],
  );

  const usable = useMemo(() => columns.filter(({ unusable }) => !unusable).length, [columns]);
  const wanted = useDeferredValue(search.trim().toLowerCase());
  // while nothing is searched, what is typed into a key doesn't change what is listed
  const searched = wanted === "" ? null : keys;
  const shown = useMemo(() => {
    const all = columns.map((_, at) => at);
    return searched === null
      ? all
      : all.filter((at) =>
          `${columns[at]?.name ?? ""}\n${searched.get(columns[at]?.name ?? "") ?? ""}`
            .toLowerCase()
            .includes(wanted),
        );
  }, [columns, wanted, searched]);
  return (
    <div>
      <div className="mb-3 flex flex-wrap items-center gap-x-5 gap-y-2">
        <SearchField
          aria-label="Search columns"
          value={search}
          onChange={setSearch}
          className="w-full sm:w-64"
        >
          <SearchField.Group>
            <SearchField.SearchIcon />
            <SearchField.Input placeholder="Search columns" />
            <SearchField.ClearButton />
          </SearchField.Group>
        </SearchField>
        <p role="status" className="text-sm text-muted">
          {keys.size} of {usable} selected
          {wanted && `, ${plural(shown.length, "match", "matches")}`}
        </p>
      </div>
      <KeyTools columns={columns} mapping={mapping} onChange={onChange} />
      <div className="overflow-hidden rounded-xl border border-border bg-surface">
        <div className={cn(GRID, "border-b border-separator px-3.5 py-2.5 text-xs text-muted")}>
          <CheckBox
            label="Select all columns"
            isSelected={keys.size === usable}
            isIndeterminate={keys.size > 0 && keys.size < usable}
            onChange={(on) => put(() => on)}
          />
          <span>Column</span>
          <span className="hidden sm:block">Sample</span>
          <span className="hidden sm:block">JSON Trait Key</span>
        </div>
        <Rows
          columns={columns}
          shown={shown}
          sample={sample}
          cut={cut}
          keys={keys}
          flags={flags}
          onSelect={select}
          onRename={rename}
        />
        {shown.length === 0 && (
          <p className="px-4 py-6 text-center text-sm text-muted">No column matches “{search}”.</p>
        )}
      </div>
    </div>
  );
}

type RowsProps = {
  columns: ColumnInfo[];
  shown: number[];
  sample: Cell[] | undefined;
  cut: number[] | undefined;
  keys: Map<string, string>;
  flags: Map<string | null, MappingProblem>;
  onSelect: (name: string, on: boolean) => void;
  onRename: (name: string, traitKey: string) => void;
};

function Rows({ columns, shown, sample, cut, keys, flags, onSelect, onRename }: RowsProps) {
  const frame = useRef<HTMLDivElement>(null);
  /** The row one is in stays drawn when it is scrolled out of sight: what is typed must not lose its field. */
  const focused = useRef<number | null>(null);
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PX,
    getItemKey: (at) => shown[at] ?? at,
    overscan: 12,
    useFlushSync: false,
    rangeExtractor: (range) => {
      const drawn = defaultRangeExtractor(range);
      const kept = focused.current === null ? -1 : shown.indexOf(focused.current);
      if (kept < 0 || drawn.includes(kept)) return drawn;
      return kept < (drawn[0] ?? 0) ? [kept, ...drawn] : [...drawn, kept];
    },
  });
  return (
    <div ref={frame} className="max-h-[70vh] overflow-y-auto [overflow-anchor:none]">
      <ul aria-label="Columns" className="relative" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start, key }) => {
          const at = shown[index] ?? 0;
          const column = columns[at];
          if (!column) return null;
          const problem = flags.get(column.name);
          const traitKey = keys.get(column.name);
          return (
            <li
              key={key}
              ref={rows.measureElement}
              data-index={index}
              aria-setsize={shown.length}
              aria-posinset={index + 1}
              onFocus={() => {
                focused.current = at;
              }}
              onBlur={() => {
                focused.current = null;
              }}
              className="absolute inset-x-0 top-0 border-b border-separator"
              style={{ transform: `translateY(${start}px)` }}
            >
              <ColumnRow
                name={column.name}
                type={column.type}
                sample={sample?.[at]}
                cut={cut?.[at]}
                isSelected={traitKey !== undefined}
                traitKey={traitKey ?? ""}
                unusable={column.unusable}
                problem={traitKey === undefined ? undefined : problem?.message}
                isError={problem?.severity === "error"}
                onSelect={onSelect}
                onRename={onRename}
              />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

type RowProps = {
  name: string;
  type: string;
  sample: Cell | undefined;
  cut: number | undefined;
  isSelected: boolean;
  traitKey: string;
  unusable: string | undefined;
  problem: string | undefined;
  isError: boolean;
  onSelect: (name: string, on: boolean) => void;
  onRename: (name: string, traitKey: string) => void;
};

const ColumnRow = memo(function ColumnRow({
  name,
  type,
  sample,
  cut,
  isSelected,
  traitKey,
  unusable,
  problem,
  isError,
  onSelect,
  onRename,
}: RowProps) {
  const isIdentity = identityColumns.some((identity) => identity === name);
  return (
    <div className={cn(GRID, "gap-y-2 px-3.5 py-2")}>
      <PlainCheckBox
        label={name}
        isSelected={isSelected}
        isDisabled={unusable !== undefined}
        onChange={(on) => onSelect(name, on)}
      />
      <div className={cn("min-w-0", !isSelected && "text-muted")}>
        <p className="flex items-center gap-2">
          <span className="truncate font-medium" title={name}>
            {name}
          </span>
          {isIdentity && (
            <span className="rounded bg-surface-tertiary px-1.5 py-0.5 text-xs text-muted">
              identity
            </span>
          )}
        </p>
        <p className="truncate font-mono text-xs text-muted">{type}</p>
      </div>
      <p className="col-start-2 flex min-w-0 font-mono text-xs sm:col-start-auto">
        {sample !== undefined && <CellText value={sample} bytes={cut} />}
      </p>
      <PlainInput
        aria-label={`JSON Trait Key for ${name}`}
        value={traitKey}
        onChange={(event) => onRename(name, event.target.value)}
        disabled={!isSelected}
        isInvalid={isSelected && problem !== undefined && isError}
        placeholder="not sent"
        spellCheck={false}
        autoComplete="off"
        className="col-start-2 font-mono text-xs sm:col-start-auto"
      />
      {unusable && <p className="col-span-full pl-8 text-xs text-muted">{unusable}</p>}
      {problem && (
        <p
          role="alert"
          className={cn("col-span-full pl-8 text-xs", isError ? "text-danger" : "text-warning")}
        >
          {problem}
        </p>
      )}
    </div>
  );
});
