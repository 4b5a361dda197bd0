"use client";
import { Button } from "@heroui/react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { CopyButton } from "@/components/ui/copy-button";
import { JsonTree } from "@/components/ui/json-tree";
import { Notice } from "@/components/ui/notice";
import type { ColumnInfo } from "@/lib/connectors/contract/catalog";
import type { Cell } from "@/lib/connectors/contract/preview";
import { bytes as size } from "@/lib/format";
import { cellQuery } from "@/lib/sources/queries";
import type { Subject } from "@/lib/sources/schema";

/** Beyond this Redshift can't give a value as one text. */
const LONGEST_TEXT = 65_535;

/** One value as a whole: SUPER opens as a tree; what the grid has cut is fetched when asked for. */
export function CellDetail({
  column,
  row,
  value,
  bytes,
  isCovered,
  of,
  identity,
}: {
  column: ColumnInfo;
  row: number;
  value: Cell;
  bytes: number;
  isCovered: boolean;
  of: Subject | null;
  identity: { column: string; value: string } | null;
}) {
  const [isWanted, setWanted] = useState(false);
  const isCut = bytes > 0 && !isCovered;
  const whole = useQuery({
    ...cellQuery(
      of ?? { sourceId: "" },
      { column: column.name, begin: value ?? "", bytes, key: identity },
      isWanted && of !== null,
    ),
  });
  const text = whole.data ?? value;
  const isWhole = !isCut || typeof whole.data === "string";
  return (
    <section
      aria-label="Value"
      className="mt-3 rounded-xl border border-border bg-surface px-4 py-3 text-sm"
    >
      <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
        <h3 className="min-w-0 font-medium break-all">
          {column.name}{" "}
          <span className="font-mono text-xs font-normal text-muted">
            {column.type}, row {row + 1}
            {text !== null &&
              !isCovered &&
              ` · ${size(isCut ? bytes : new TextEncoder().encode(text).length)}`}
          </span>
        </h3>
        {isWhole && text !== null && !isCovered && <CopyButton text={text} />}
      </div>
      {text === null && <p className="mt-1 text-muted italic">NULL</p>}
      {text === "" && !isCut && <p className="mt-1 text-muted italic">empty text</p>}
      {text !== null &&
        text !== "" &&
        (column.kind === "json" && isWhole && !isCovered ? (
          <JsonTree text={text} label={`${column.name} as a tree`} />
        ) : (
          <p
            className="mt-1 max-h-80 overflow-auto font-mono text-xs break-all whitespace-pre-wrap"
            tabIndex={0}
          >
            {text}
            {!isWhole && "…"}
          </p>
        ))}
      {isCut && bytes > LONGEST_TEXT && (
        <p className="mt-2 text-muted">
          This value has {size(bytes)}. Redshift gives at most {size(LONGEST_TEXT)} as one text, so
          it can’t be shown, and a sync rejects the row.
        </p>
      )}
      {isCut && bytes <= LONGEST_TEXT && !isWhole && (
        <div className="mt-2 flex flex-wrap items-center gap-3">
          <p className="text-muted">
            The first {[...(value ?? "")].length} characters of {size(bytes)}.
          </p>
          <Button
            size="sm"
            variant="secondary"
            isDisabled={whole.isFetching}
            onPress={() => (isWanted ? void whole.refetch() : setWanted(true))}
          >
            {whole.isFetching ? "Fetching" : "Fetch the whole value"}
          </Button>
        </div>
      )}
      {whole.error && !whole.isFetching && (
        <Notice tone="danger" className="mt-2">
          {whole.error.message}
        </Notice>
      )}
      {whole.data === null && <p className="mt-2 text-muted">This row isn’t there any more.</p>}
    </section>
  );
}
