"use client";
import { Input, Label, SearchField, TextField } from "@heroui/react";
import { memo, useState } from "react";
import { KeyTools } from "@/components/sources/key-tools";
import { CellText } from "@/components/sources/preview-grid";
import { CheckBox } from "@/components/ui/check-box";
import { cn } from "@/components/ui/cn";
import type { Cell, ColumnInfo } from "@/lib/connectors/contract";
import { identityColumns } from "@/lib/connectors/redshift/spec";
import type { Mapping } from "@/lib/event/mapping";
import type { MappingProblem } from "@/lib/event/rules";
import { plural } from "@/lib/format";

/** The columns of the table: which are sent, and under which JSON trait key. Order is the table's. */
export function ColumnMapping({ columns, sample, mapping, problems, onChange }: { columns: ColumnInfo[]; sample: Cell[] | undefined; mapping: Mapping; problems: MappingProblem[]; onChange: (mapping: Mapping) => void }) {
  const [search, setSearch] = useState("");
  /** What was typed for a column that is deselected is still there when it comes back. */
  const [left, setLeft] = useState(() => new Map<string, string>());
  const keys = new Map(mapping.columns.map(({ column, traitKey }) => [column, traitKey]));
  const keyOf = (name: string) => keys.get(name) ?? left.get(name) ?? name;
  const put = (chosen: (name: string) => boolean) => {
    setLeft(new Map([...left, ...keys]));
    onChange({ ...mapping, columns: columns.filter(({ name }) => chosen(name)).map(({ name }) => ({ column: name, traitKey: keyOf(name) })) });
  };
  const select = (name: string, on: boolean) => put((each) => (each === name ? on : keys.has(each)));
  const rename = (name: string, traitKey: string) => onChange({ ...mapping, columns: mapping.columns.map((mapped) => (mapped.column === name ? { column: name, traitKey } : mapped)) });
  const wanted = search.trim().toLowerCase();
  const shown = wanted === "" ? columns : columns.filter(({ name }) => name.toLowerCase().includes(wanted) || keyOf(name).toLowerCase().includes(wanted));
  return (
    <div>
      <div className="mb-3 flex flex-wrap items-center gap-x-5 gap-y-2">
        <SearchField aria-label="Search columns" value={search} onChange={setSearch} className="w-full sm:w-64">
          <SearchField.Group>
            <SearchField.SearchIcon />
            <SearchField.Input placeholder="Search columns" />
            <SearchField.ClearButton />
          </SearchField.Group>
        </SearchField>
        <p role="status" className="text-sm text-muted">{keys.size} of {columns.length} selected{wanted && `, ${plural(shown.length, "match", "matches")}`}</p>
      </div>
      <KeyTools columns={columns} mapping={mapping} onChange={onChange} />
      <div className="overflow-hidden rounded-xl border border-border bg-surface">
        <div className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-3 border-b border-separator px-3.5 py-2.5 text-xs text-muted sm:grid-cols-[auto_minmax(0,1.1fr)_minmax(0,1fr)_minmax(0,1.1fr)]">
          <CheckBox label="Select all columns" isSelected={keys.size === columns.length} isIndeterminate={keys.size > 0 && keys.size < columns.length} onChange={(on) => put(() => on)} />
          <span>Column</span><span className="hidden sm:block">Sample</span><span className="hidden sm:block">JSON Trait Key</span>
        </div>
        <ul aria-label="Columns" className="divide-y divide-separator">
          {shown.map((column) => (
            <ColumnRow
              key={column.name}
              column={column}
              sample={sample?.[columns.indexOf(column)]}
              isSelected={keys.has(column.name)}
              traitKey={keyOf(column.name)}
              problem={problems.find((problem) => problem.column === column.name)}
              onSelect={select}
              onRename={rename}
            />
          ))}
        </ul>
        {shown.length === 0 && <p className="px-4 py-6 text-center text-sm text-muted">No column matches “{search}”.</p>}
      </div>
    </div>
  );
}

type RowProps = { column: ColumnInfo; sample: Cell | undefined; isSelected: boolean; traitKey: string; problem?: MappingProblem; onSelect: (name: string, on: boolean) => void; onRename: (name: string, traitKey: string) => void };

const ColumnRow = memo(function ColumnRow({ column, sample, isSelected, traitKey, problem, onSelect, onRename }: RowProps) {
  const isIdentity = identityColumns.some((name) => name === column.name);
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-3 gap-y-2 px-3.5 py-2 sm:grid-cols-[auto_minmax(0,1.1fr)_minmax(0,1fr)_minmax(0,1.1fr)]">
      <CheckBox label={column.name} isSelected={isSelected} onChange={(on) => onSelect(column.name, on)} />
      <div className={cn("min-w-0", !isSelected && "text-muted")}>
        <p className="flex items-center gap-2"><span className="truncate font-medium" title={column.name}>{column.name}</span>{isIdentity && <span className="rounded bg-surface-tertiary px-1.5 py-0.5 text-xs text-muted">identity</span>}</p>
        <p className="truncate font-mono text-xs text-muted">{column.type}</p>
      </div>
      <p className="col-start-2 flex min-w-0 font-mono text-xs sm:col-start-auto">{sample !== undefined && <CellText value={sample} />}</p>
      <TextField aria-label={`JSON Trait Key for ${column.name}`} value={isSelected ? traitKey : ""} onChange={(value) => onRename(column.name, value)} isDisabled={!isSelected} isInvalid={isSelected && problem?.severity === "error"} className="col-start-2 sm:col-start-auto">
        <Label className="sr-only">JSON Trait Key for {column.name}</Label>
        <Input placeholder="not sent" className="font-mono text-xs" spellCheck={false} autoComplete="off" />
      </TextField>
      {isSelected && problem && <p role="alert" className={cn("col-span-full pl-8 text-xs", problem.severity === "error" ? "text-danger" : "text-warning")}>{problem.message}</p>}
    </li>
  );
});
