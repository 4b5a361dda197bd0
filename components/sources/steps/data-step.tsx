"use client";
import { Skeleton } from "@heroui/react";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState, useTransition, type FormEvent } from "react";
import { PreviewGrid } from "@/components/sources/preview-grid";
import { Combo } from "@/components/ui/combo";
import { Notice } from "@/components/ui/notice";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import type { TableInfo } from "@/lib/connectors/contract";
import { IDENTITY_RULE } from "@/lib/connectors/redshift/spec";
import { plural, rows } from "@/lib/format";
import { paths } from "@/lib/paths";
import { saveDataAction } from "@/lib/sources/actions";
import { previewQuery, schemasQuery, tablesQuery } from "@/lib/sources/queries";
import { identityProblem } from "@/lib/sources/rules";
import type { SourceDraft } from "@/lib/sources/schema";

const kindText: Record<TableInfo["kind"], string> = { table: "table", view: "view", external: "external", shared: "shared" };
const noteOf = (table: TableInfo) => [kindText[table.kind], table.rowEstimate !== undefined && `about ${rows(table.rowEstimate)} rows`, !table.readable && "may not be read"].filter(Boolean).join(" · ");

export function DataStep({ draftId, draft }: { draftId: string; draft: SourceDraft }) {
  const router = useRouter();
  const [schema, setSchema] = useState(draft.data?.schema ?? null);
  const [table, setTable] = useState(draft.data?.table ?? null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const schemas = useQuery(schemasQuery(draftId));
  const tables = useQuery(tablesQuery(draftId, schema));
  const preview = useQuery(previewQuery(draftId, schema, table));
  const problem = preview.data ? identityProblem(preview.data.columns) : null;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!schema || !table) return;
    setRefusal(null);
    start(async () => {
      const saved = await saveDataAction({ draftId, schema, table });
      if (saved.ok) router.push(paths.sourceStep(draftId, "columns"));
      else setRefusal(saved.reason);
    });
  };
  return (
    <StepColumns wide>
      <form onSubmit={submit} className="flex flex-col gap-6">
        <div className="grid max-w-[40rem] gap-5 sm:grid-cols-2">
          <Combo
            key={schemas.data ? "schemas" : "no schemas"}
            label="Schema"
            placeholder={schemas.isPending ? "Reading the schemas" : "Choose a schema"}
            isDisabled={!schemas.data}
            emptyText="No schema matches."
            value={schema}
            onChange={(next) => {
              setSchema(next);
              if (next !== schema) setTable(null);
            }}
            options={(schemas.data ?? []).map(({ name, readable }) => ({ id: name, title: name, isDisabled: !readable, note: readable ? undefined : "no USAGE" }))}
          />
          <Combo
            key={`tables of ${schema} ${tables.data ? "read" : ""}`}
            label="Table"
            placeholder={schema === null ? "Choose a schema first" : tables.isPending ? "Reading the tables" : "Choose a table"}
            isDisabled={!tables.data}
            emptyText="No table matches."
            value={table}
            onChange={setTable}
            options={(tables.data ?? []).map((info) => ({ id: info.name, title: info.name, note: noteOf(info), isDisabled: !info.readable }))}
          />
        </div>
        {schemas.error && <Notice tone="danger" title="The schemas could not be read">{schemas.error.message}</Notice>}
        {tables.error && <Notice tone="danger" title="The tables could not be read">{tables.error.message}</Notice>}
        {tables.data?.length === 0 && <Notice tone="warning">This schema has no tables that this user may see.</Notice>}
        {problem && <Notice tone="danger">{IDENTITY_RULE}</Notice>}
        {table !== null && preview.isFetching && <div role="status" aria-label="Reading the first rows"><Skeleton className="h-72 w-full rounded-xl" /></div>}
        {preview.error && !preview.isFetching && <Notice tone="danger" title="The rows could not be read">{preview.error.message}</Notice>}
        {preview.data && !preview.isFetching && (
          <section aria-labelledby="preview-title">
            <h2 id="preview-title" className="mb-2 flex flex-wrap items-baseline justify-between gap-2 font-medium">
              Preview <span className="text-sm font-normal text-muted">{plural(preview.data.rows.length, "row")}, {plural(preview.data.columns.length, "column")}. Nothing previewed is stored.</span>
            </h2>
            <PreviewGrid preview={preview.data} />
            {preview.data.rows.length === 0 && <p className="mt-2 text-sm text-muted">The table is empty. You can go on: its rows are delivered once there are some.</p>}
          </section>
        )}
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <WizardButtons back={paths.sourceStep(draftId, "verify")} pending={pending} nextDisabled={!preview.data || preview.isFetching || problem !== null} />
      </form>
    </StepColumns>
  );
}
