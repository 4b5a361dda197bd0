"use client";
import { Form } from "@heroui/react";
import { useEffect } from "react";
import { Controller, useWatch } from "react-hook-form";
import { NextRuns } from "@/components/sources/next-runs";
import { Combo } from "@/components/ui/combo";
import { Notice } from "@/components/ui/notice";
import { SelectField } from "@/components/ui/select-field";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { useWizard } from "@/components/wizard/wizard-place";
import { saveScheduleAction } from "@/lib/sources/actions";
import { frequencyTitle } from "@/lib/schedule/rules";
import { frequencies, intervalUnits, manualSchedule } from "@/lib/schedule/schema";
import { scheduleStepSchema, type SourceDraft } from "@/lib/sources/schema";

const zones = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")].map(
  (zone) => ({ id: zone, title: zone }),
);

export function ScheduleStep({
  draftId,
  draft,
  serverless,
}: {
  draftId: string;
  draft: SourceDraft;
  serverless: boolean;
}) {
  const { goTo } = useWizard();
  const { form, submit, pending, refusal } = useActionForm({
    schema: scheduleStepSchema,
    defaultValues: { draftId, schedule: draft.schedule ?? { ...manualSchedule, frequency: "60" } },
    action: saveScheduleAction,
    onDone: goTo,
  });
  const { control, setValue } = form;
  const schedule = useWatch({ control, name: "schedule" });
  useEffect(() => {
    // the viewer's own zone is known in the browser only
    if (!draft.schedule)
      setValue("schedule.timeZone", Intl.DateTimeFormat().resolvedOptions().timeZone);
  }, [draft.schedule, setValue]);
  return (
    <StepColumns
      panel={
        <NextRuns
          schedule={{ ...manualSchedule, ...schedule, every: Number(schedule.every) }}
          serverless={serverless}
        />
      }
    >
      <Form onSubmit={submit} className="flex flex-col gap-5">
        <SelectField
          control={control}
          name="schedule.frequency"
          label="Run Frequency"
          options={frequencies.map((id) => ({ id, title: frequencyTitle(id) }))}
        />
        {schedule.frequency === "cron" && (
          <TextField
            control={control}
            name="schedule.cron"
            label="Cron expression"
            mono
            placeholder="30 2 * * 1"
            description="Minute, hour, day of month, month, day of week. 30 2 * * 1 is every Monday at 02:30."
          />
        )}
        {schedule.frequency === "interval" && (
          <div className="grid grid-cols-2 gap-3">
            <TextField
              control={control}
              name="schedule.every"
              label="Every"
              type="number"
              description="At least 5 minutes."
            />
            <SelectField
              control={control}
              name="schedule.unit"
              label="Unit"
              options={intervalUnits.map((id) => ({ id, title: id }))}
            />
          </div>
        )}
        {schedule.frequency !== "manual" && (
          <>
            <TextField
              control={control}
              name="schedule.startAt"
              label="Sync Starting At"
              type="datetime-local"
              description="Leave blank to start now. Later runs are counted from this time."
            />
            <Controller
              control={control}
              name="schedule.timeZone"
              render={({ field, fieldState }) => (
                <Combo
                  label="Time zone"
                  options={zones}
                  value={field.value}
                  onChange={field.onChange}
                  error={fieldState.error?.message}
                  emptyText="No time zone matches."
                />
              )}
            />
            <fieldset className="grid grid-cols-2 gap-3">
              <legend className="mb-1 text-sm font-medium">Quiet window</legend>
              <TextField
                control={control}
                name="schedule.quietFrom"
                label="Quiet from"
                type="time"
              />
              <TextField control={control} name="schedule.quietTo" label="Quiet to" type="time" />
              <p className="col-span-2 text-xs text-muted">
                Nothing starts between these times, for example while your warehouse loads. What
                falls into it runs once, when it ends. Empty: no such window.
              </p>
            </fieldset>
          </>
        )}
        {schedule.frequency === "manual" && (
          <p className="text-sm text-muted">It runs only when someone presses “Run now”.</p>
        )}
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <WizardButtons
          pending={pending}
          pendingText={draft.editing ? "Saving" : "Creating the source"}
        />
      </Form>
    </StepColumns>
  );
}
