"use client";
import { Form } from "@heroui/react";
import { Controller } from "react-hook-form";
import { TypeTable } from "@/components/destinations/type-table";
import { Notice } from "@/components/ui/notice";
import { RadioCards } from "@/components/ui/radio-cards";
import { SelectField } from "@/components/ui/select-field";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { useWizard } from "@/components/wizard/wizard-place";
import { loadDefaults, type LoadOptions } from "@/lib/connectors/redshift/spec";
import { saveTablesAction } from "@/lib/destinations/actions";
import { destinationTablesSchema } from "@/lib/destinations/schema";

const distributions = [
  { id: "auto", title: "Automatic: Redshift chooses, and changes its mind as the table grows" },
  { id: "key", title: "By key: rows with the same key lie together" },
  { id: "even", title: "Even: rows are dealt out in turn" },
  { id: "all", title: "All: a whole copy on each node, for small tables" },
] as const;
const sortKeys = [
  { id: "auto", title: "Automatic: Redshift chooses" },
  { id: "key", title: "The key: upserts find their rows sooner" },
] as const;

/** Where rows land, in which batches, and what becomes of those that don’t fit. */
export function TablesStep({ draftId, tables }: { draftId: string; tables: Partial<LoadOptions> }) {
  const { goTo } = useWizard();
  const { form, submit, pending, refusal } = useActionForm({
    schema: destinationTablesSchema,
    defaultValues: { draftId, ...loadDefaults, ...tables },
    action: saveTablesAction,
    onDone: goTo,
  });
  const { control } = form;
  return (
    <StepColumns panel={<TypeTable />}>
      <Form onSubmit={submit} className="flex flex-col gap-5">
        <div className="grid gap-5 sm:grid-cols-2">
          <TextField
            control={control}
            name="targetSchema"
            label="Target schema"
            mono
            description="Another one is verified before the end."
          />
          <TextField
            control={control}
            name="targetTable"
            label="Table name"
            placeholder="as in the source"
            mono
            description="Empty: each source’s table keeps its name."
          />
        </div>
        <fieldset>
          <legend className="mb-1 text-sm font-medium">Batch every</legend>
          <div className="grid gap-5 sm:grid-cols-2">
            <TextField control={control} name="batchMinutes" label="Minutes" mono />
            <TextField control={control} name="batchRows" label="Rows" mono />
          </div>
          <p className="mt-1 text-xs text-muted">
            Whichever is first. Each batch is one transaction: readers see all of it or nothing.
          </p>
        </fieldset>
        <Controller
          control={control}
          name="overflow"
          render={({ field }) => (
            <RadioCards
              label="Values that exceed the column"
              value={field.value}
              onChange={field.onChange}
              options={[
                {
                  id: "reject",
                  title: "Reject the row",
                  note: "It is recorded with its column and length, and the rest is loaded.",
                },
                {
                  id: "cut",
                  title: "Cut and note",
                  note: "The text is cut at the end of a character, and the run says how many were.",
                },
                {
                  id: "widen",
                  title: "Widen the column",
                  note: "The column is made longer, up to 65,535 bytes. Nothing else about the table changes.",
                },
              ]}
            />
          )}
        />
        <Controller
          control={control}
          name="badRows"
          render={({ field }) => (
            <RadioCards
              label="Rows that Redshift refuses"
              value={field.value}
              onChange={field.onChange}
              options={[
                {
                  id: "reject",
                  title: "Record them, load the rest",
                  note: "Up to 1,000 in a batch: each with its file, line, column, value and reason.",
                },
                { id: "fail", title: "Stop the run", note: "Nothing of the batch is loaded." },
              ]}
            />
          )}
        />
        <Controller
          control={control}
          name="onTargetChange"
          render={({ field }) => (
            <RadioCards
              label="A table that isn't as the last load left it"
              value={field.value ?? "reload"}
              onChange={field.onChange}
              options={[
                {
                  id: "reload",
                  title: "Load every row again",
                  note: "It was dropped, truncated, restored or edited: each run looks, also one that finds no change.",
                },
                {
                  id: "stop",
                  title: "Stop the run",
                  note: "Nothing is loaded until every row is asked for.",
                },
              ]}
            />
          )}
        />
        <div className="grid gap-5 sm:grid-cols-2">
          <SelectField
            control={control}
            name="distribution"
            label="Distribution"
            options={distributions}
            description="Of tables that Tidegate makes."
          />
          <SelectField control={control} name="sortKey" label="Sort key" options={sortKeys} />
        </div>
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <WizardButtons pending={pending} pendingText="Creating" />
      </Form>
    </StepColumns>
  );
}
