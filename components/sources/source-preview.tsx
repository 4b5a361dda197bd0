"use client";
import { Button } from "@heroui/react";
import { Eye, EyeOff } from "lucide-react";
import { useMemo, useState } from "react";
import { ColumnProfile } from "@/components/sources/column-profile";
import { JsonPreview } from "@/components/sources/json-preview";
import { KeyHealth } from "@/components/sources/key-health";
import { PreviewGrid } from "@/components/sources/preview-grid";
import { TableInspection } from "@/components/sources/table-inspection";
import type { Preview } from "@/lib/connectors/contract/preview";
import { looksPersonal } from "@/lib/event/keys";
import type { Mapping } from "@/lib/event/mapping";
import { plural } from "@/lib/format";

type Props = { sourceId: string; table: string; mapping: Mapping; keys: string[] };

/** The rows as they are now, the event of the chosen one, and on demand what its key and its columns are worth. */
export function SourcePreview(props: Props) {
  const of = useMemo(() => ({ sourceId: props.sourceId }), [props.sourceId]);
  return (
    <div className="grid gap-6">
      <TableInspection of={of} isQuiet>
        {(preview) => <Rows {...props} preview={preview} />}
      </TableInspection>
    </div>
  );
}

function Rows({ sourceId, table, mapping, keys, preview }: Props & { preview: Preview }) {
  const [row, setRow] = useState(0);
  const [isShown, setShown] = useState(false);
  const of = useMemo(() => ({ sourceId }), [sourceId]);
  const personal = useMemo(
    () => preview.columns.filter(({ name }) => looksPersonal(name)).map(({ name }) => name),
    [preview],
  );
  const covered = useMemo(() => new Set(isShown ? [] : personal), [isShown, personal]);
  const shown = useMemo(() => cover(preview, covered), [preview, covered]);
  const missing = mapping.columns.find(
    ({ column }) => !preview.columns.some(({ name }) => name === column),
  );
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-8 xl:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
      <div className="grid min-w-0 gap-6">
        <div className="min-w-0">
          <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
            <p className="text-sm text-muted">
              The first {plural(preview.rows.length, "row")},{" "}
              {plural(preview.columns.length, "column")}.{" "}
              {preview.fewerRows && "The rows are long, so fewer are shown. "}Nothing previewed is
              stored.
            </p>
            {personal.length > 0 && (
              <Button size="sm" variant="secondary" onPress={() => setShown(!isShown)}>
                {isShown ? (
                  <EyeOff aria-hidden className="size-4" />
                ) : (
                  <Eye aria-hidden className="size-4" />
                )}
                {isShown ? "Hide values" : "Show values"}
              </Button>
            )}
          </div>
          {covered.size > 0 && (
            <p className="mb-2 text-xs text-muted">
              Columns whose names look like personal data are covered: {listed([...covered])}.
            </p>
          )}
          <PreviewGrid
            preview={shown}
            of={of}
            keyColumn={keys.length === 1 && !covered.has(keys[0]!) ? keys[0] : undefined}
            covered={covered}
            chosen={row}
            onChoose={setRow}
          />
        </div>
        <KeyHealth of={of} keys={keys} isShown={isShown} />
        <ColumnProfile of={of} columns={preview.columns} covered={covered} />
      </div>
      <JsonPreview
        preview={shown}
        mapping={mapping}
        problem={
          missing
            ? `The table no longer has the column “${missing.column}”, which this source sends.`
            : null
        }
        table={table}
        row={Math.min(row, Math.max(preview.rows.length - 1, 0))}
        onRow={setRow}
      />
    </div>
  );
}

const LISTED = 12;
const listed = (names: string[]): string =>
  names.length <= LISTED
    ? names.join(", ")
    : `${names.slice(0, LISTED).join(", ")} and ${names.length - LISTED} more`;

const COVER = "••••••";

/** The preview with the values of some columns covered; NULL stays NULL, and a covered value is text whatever it was. */
function cover(preview: Preview, covered: Set<string>): Preview {
  if (covered.size === 0) return preview;
  const columns = preview.columns.map((column) =>
    covered.has(column.name) ? { ...column, kind: "text" as const } : column,
  );
  const isCovered = columns.map(({ name }) => covered.has(name));
  return {
    ...preview,
    columns,
    rows: preview.rows.map((row) =>
      row.map((cell, at) => (cell !== null && isCovered[at] ? COVER : cell)),
    ),
    cut:
      preview.cut &&
      preview.cut.map((sizes) => sizes.map((size, at) => (isCovered[at] ? 0 : size))),
  };
}
