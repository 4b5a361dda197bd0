"use client";
import { Form } from "@heroui/react";
import { useRouter } from "next/navigation";
import { Controller, useWatch } from "react-hook-form";
import { DryRun } from "@/components/connections/dry-run";
import { OptionFields } from "@/components/connections/option-fields";
import { Combo } from "@/components/ui/combo";
import { Notice } from "@/components/ui/notice";
import { RadioCards } from "@/components/ui/radio-cards";
import { SubmitButton } from "@/components/ui/submit-button";
import { useActionForm } from "@/components/ui/use-action-form";
import { connectAction } from "@/lib/connections/actions";
import { connectDefaults, connectSchema, modeText } from "@/lib/connections/schema";
import { syncModes, type SyncMode } from "@/lib/connectors/contract/changes";
import { paths } from "@/lib/paths";

type End = { id: string; name: string; note?: string };
type Source = End & {
  /** Columns that can be a cursor. */
  cursors: string[];
};

/** "Connect Destinations": which source goes to which destination, how, and what the first run would do. */
export function ConnectForm({
  sources,
  destinations,
  sourceId,
}: {
  sources: Source[];
  destinations: End[];
  sourceId: string;
}) {
  const router = useRouter();
  const only = destinations.length === 1 ? (destinations[0]?.id ?? "") : "";
  const { form, submit, pending, refusal } = useActionForm({
    schema: connectSchema,
    defaultValues: { sourceId, destinationId: only, ...connectDefaults },
    action: connectAction,
    onDone: (id) => router.push(paths.connection(id)),
  });
  const asked = useWatch({ control: form.control });
  const mode = asked.mode ?? "upsert";
  const source = sources.find(({ id }) => id === asked.sourceId);
  return (
    <Form
      onSubmit={submit}
      className="grid items-start gap-x-10 gap-y-8 xl:grid-cols-[minmax(0,36rem)_minmax(0,1fr)]"
    >
      <div className="flex min-w-0 flex-col gap-5">
        {(
          [
            ["sourceId", "Source", sources],
            ["destinationId", "Destination", destinations],
          ] as const
        ).map(([name, label, ends]) => (
          <Controller
            key={name}
            control={form.control}
            name={name}
            render={({ field, fieldState }) => (
              <Combo
                label={label}
                placeholder={`Choose a ${label.toLowerCase()}`}
                emptyText={`No ${label.toLowerCase()} matches.`}
                options={ends.map((end) => ({ id: end.id, title: end.name, note: end.note }))}
                value={field.value || null}
                onChange={field.onChange}
                error={fieldState.error?.message}
              />
            )}
          />
        ))}
        <Controller
          control={form.control}
          name="mode"
          render={({ field }) => (
            <RadioCards
              label="Sync mode"
              options={syncModes.map((id) => ({ id, ...modeText[id] }))}
              value={field.value}
              onChange={(id) => field.onChange(id as SyncMode)}
            />
          )}
        />
        <p className="text-sm text-muted">
          Mode and cursor stay as they are chosen here. The first run delivers every row in any
          mode.
        </p>
        <OptionFields control={form.control} mode={mode} cursors={source?.cursors ?? []} />
      </div>
      <div className="flex min-w-0 flex-col gap-5 xl:sticky xl:top-6">
        <DryRun
          asked={
            source && asked.destinationId
              ? {
                  sourceId: source.id,
                  connectionId: null,
                  destinationId: asked.destinationId,
                  mode,
                  cursor:
                    mode === "upsert" && asked.cursorColumn
                      ? {
                          column: asked.cursorColumn,
                          lookBackMinutes: Number(asked.lookBackMinutes) || 0,
                        }
                      : null,
                  rawNumbers: asked.rawNumbers ?? false,
                }
              : null
          }
        />
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <div className="flex justify-end">
          <SubmitButton pending={pending} pendingText="Connecting">
            Start syncing
          </SubmitButton>
        </div>
      </div>
    </Form>
  );
}
