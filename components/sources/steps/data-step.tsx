"use client";
import { useQuery } from "@tanstack/react-query";
import { useState, useTransition, type FormEvent } from "react";
import { PreviewGrid } from "@/components/sources/preview-grid";
import { TableChooser } from "@/components/sources/table-chooser";
import { TableInspection } from "@/components/sources/table-inspection";
import { Notice } from "@/components/ui/notice";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { useWizard } from "@/components/wizard/wizard-place";
import { IDENTITY_RULE } from "@/lib/connectors/redshift/spec";
import { plural } from "@/lib/format";
import { saveDataAction } from "@/lib/sources/actions";
import { inspectionQuery } from "@/lib/sources/queries";
import { identityProblem } from "@/lib/sources/rules";
import type { SourceDraft } from "@/lib/sources/schema";

export function DataStep({ draftId, draft }: { draftId: string; draft: SourceDraft }) {
  const { goTo } = useWizard();
  const [schema, setSchema] = useState(draft.data?.schema ?? null);
  const [table, setTable] = useState(draft.data?.table ?? null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const of = schema !== null && table !== null ? { draftId, schema, table } : null;
  const inspection = useQuery(inspectionQuery(of));
  const columns = inspection.data?.preview?.columns;
  const problem = columns ? identityProblem(columns) : null;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!schema || !table) return;
    setRefusal(null);
    start(async () => {
      const saved = await saveDataAction({ draftId, schema, table });
      if (saved.ok) goTo(saved.value);
      else setRefusal(saved.reason);
    });
  };
  return (
    <StepColumns wide>
      <form onSubmit={submit} className="flex flex-col gap-6">
        <TableChooser
          draftId={draftId}
          schema={schema}
          table={table}
          onSchema={(next) => {
            setSchema(next);
            if (next !== schema) setTable(null);
          }}
          onTable={setTable}
        />
        {problem && <Notice tone="danger">{IDENTITY_RULE}</Notice>}
        <TableInspection of={of}>
          {(preview) => (
            <section aria-labelledby="preview-title">
              <h2
                id="preview-title"
                className="mb-2 flex flex-wrap items-baseline justify-between gap-2 font-medium"
              >
                Preview{" "}
                <span className="text-sm font-normal text-muted">
                  {plural(preview.rows.length, "row")}, {plural(preview.columns.length, "column")}.{" "}
                  {preview.fewerRows && "The rows are long, so fewer are shown. "}Nothing previewed
                  is stored.
                </span>
              </h2>
              <PreviewGrid preview={preview} of={of} />
              {preview.rows.length === 0 && (
                <p className="mt-2 text-sm text-muted">
                  The table is empty. You can go on: its rows are delivered once there are some.
                </p>
              )}
            </section>
          )}
        </TableInspection>
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <WizardButtons
          pending={pending}
          nextDisabled={!columns || inspection.isFetching || problem !== null}
        />
      </form>
    </StepColumns>
  );
}
