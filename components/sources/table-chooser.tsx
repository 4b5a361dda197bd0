"use client";
import { Disclosure } from "@heroui/react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Code } from "@/components/ui/code";
import { Notice } from "@/components/ui/notice";
import { SearchCombo } from "@/components/ui/search-combo";
import { useDebounced } from "@/components/ui/use-debounced";
import type { SchemaInfo, TableInfo } from "@/lib/connectors/contract/catalog";
import { plural, rows } from "@/lib/format";
import { schemasQuery, tablesQuery } from "@/lib/sources/queries";

const TYPING_MS = 120;

const ownedBy = (owner: string | undefined): string => (owner ? `owner ${owner}` : "");
const tableNote = ({ rowEstimate, readable, owner }: TableInfo): string =>
  [
    rowEstimate !== undefined && `about ${rows(rowEstimate)} rows`,
    ...(readable ? [] : ["may not be read", ownedBy(owner)]),
  ]
    .filter(Boolean)
    .join(" · ");
const schemaNote = ({ readable, owner }: SchemaInfo): string =>
  readable ? "" : ["no USAGE", ownedBy(owner)].filter(Boolean).join(" · ");

/** Schema and table, each searched in the warehouse while one types. What may not be read is greyed, with the GRANT that opens it. */
export function TableChooser({
  draftId,
  schema,
  table,
  onSchema,
  onTable,
}: {
  draftId: string;
  schema: string | null;
  table: string | null;
  onSchema: (schema: string) => void;
  onTable: (table: string) => void;
}) {
  const [schemaSearch, setSchemaSearch] = useState("");
  const [tableSearch, setTableSearch] = useState("");
  const schemas = useInfiniteQuery(schemasQuery(draftId, useDebounced(schemaSearch, TYPING_MS)));
  const tables = useInfiniteQuery(
    tablesQuery(draftId, schema, useDebounced(tableSearch, TYPING_MS)),
  );
  const schemaItems = schemas.data?.pages.flatMap(({ items }) => items) ?? [];
  const tableItems = tables.data?.pages.flatMap(({ items }) => items) ?? [];
  const isEmpty =
    tables.data !== undefined &&
    !tables.isFetching &&
    tableItems.length === 0 &&
    tableSearch === "";
  const tableText = tables.isPending ? "Reading the tables" : "Choose a table";
  return (
    <>
      <div className="grid max-w-[40rem] gap-5 sm:grid-cols-2">
        <SearchCombo
          label="Schema"
          placeholder={schemas.isPending ? "Reading the schemas" : "Choose a schema"}
          emptyText="No schema matches."
          value={schema}
          onChange={onSchema}
          onSearch={setSchemaSearch}
          isLoading={schemas.isFetching}
          hasMore={schemas.hasNextPage}
          onMore={() => void schemas.fetchNextPage({ cancelRefetch: false })}
          options={schemaItems.map((info) => ({
            id: info.name,
            title: info.name,
            isDisabled: !info.readable,
            note: schemaNote(info),
            remark: info.grant,
            ...(info.kind !== "local" && { badge: info.kind }),
          }))}
        />
        <SearchCombo
          key={schema}
          label="Table"
          placeholder={schema === null ? "Choose a schema first" : tableText}
          isDisabled={schema === null}
          emptyText="No table matches."
          value={table}
          onChange={onTable}
          onSearch={setTableSearch}
          isLoading={tables.isFetching}
          hasMore={tables.hasNextPage}
          onMore={() => void tables.fetchNextPage({ cancelRefetch: false })}
          options={tableItems.map((info) => ({
            id: info.name,
            title: info.name,
            badge: info.kind,
            isDisabled: !info.readable,
            note: tableNote(info),
            remark: info.grant,
          }))}
        />
      </div>
      <ClosedObjects closed={[...schemaItems, ...tableItems].filter(({ readable }) => !readable)} />
      {schemas.error && (
        <Notice tone="danger" title="The schemas could not be read">
          {schemas.error.message}
        </Notice>
      )}
      {tables.error && (
        <Notice tone="danger" title="The tables could not be read">
          {tables.error.message}
        </Notice>
      )}
      {isEmpty && <Notice tone="warning">This schema has no tables that this user may see.</Notice>}
    </>
  );
}

const SHOWN = 20;

/** The statements to copy: an option of a list can't hold a button. */
function ClosedObjects({ closed }: { closed: (SchemaInfo | TableInfo)[] }) {
  if (closed.length === 0) return null;
  const shown = closed.slice(0, SHOWN);
  return (
    <Disclosure className="max-w-[40rem]">
      <Disclosure.Heading>
        <Disclosure.Trigger className="flex w-auto items-center gap-1 p-0 text-sm text-muted hover:text-foreground">
          {plural(closed.length, "listed name")} can’t be read: show the GRANT{" "}
          <Disclosure.Indicator />
        </Disclosure.Trigger>
      </Disclosure.Heading>
      <Disclosure.Content>
        <ul aria-label="May not be read" className="mt-2 grid gap-3">
          {shown.map((info) => (
            <li key={"schema" in info ? `table ${info.name}` : `schema ${info.name}`}>
              <p className="mb-1 text-sm text-muted">
                {"schema" in info ? "Table" : "Schema"}{" "}
                <span className="font-medium break-all text-foreground">{info.name}</span>
                {info.owner
                  ? `: a superuser, or its owner “${info.owner}”, runs this.`
                  : ": a superuser, or its owner, runs this."}
              </p>
              {info.grant && (
                <Code language="sql" label={`What opens “${info.name}”`} text={info.grant} />
              )}
            </li>
          ))}
        </ul>
        {closed.length > SHOWN && (
          <p className="mt-2 text-sm text-muted">Search for a name to see the GRANT of others.</p>
        )}
      </Disclosure.Content>
    </Disclosure>
  );
}
