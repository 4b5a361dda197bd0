"use client";
import { Form } from "@heroui/react";
import { useRouter } from "next/navigation";
import { useEffect, useMemo } from "react";
import { Controller, useWatch } from "react-hook-form";
import { Combo } from "@/components/ui/combo";
import { Notice } from "@/components/ui/notice";
import { SelectField } from "@/components/ui/select-field";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import { useInBrowser } from "@/components/ui/use-in-browser";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { dateTime, utc } from "@/lib/format";
import { paths } from "@/lib/paths";
import { finishSourceAction } from "@/lib/sources/actions";
import { frequencyText, nextSlots, offsetMinutes } from "@/lib/sources/rules";
import { frequencies, scheduleSchema, scheduleStepSchema, type Schedule, type SourceDraft } from "@/lib/sources/schema";

const zones = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")].map((zone) => ({ id: zone, title: zone }));

export function ScheduleStep({ draftId, draft }: { draftId: string; draft: SourceDraft }) {
  const router = useRouter();
  const { form, submit, pending, refusal } = useActionForm({
    schema: scheduleStepSchema,
    defaultValues: { draftId, schedule: draft.schedule ?? { frequency: "60", cron: "", startAt: "", timeZone: "UTC" } },
    action: finishSourceAction,
    onDone: () => router.push(paths.sourceStep(draftId, "done")),
  });
  const { control, setValue } = form;
  const schedule = useWatch({ control, name: "schedule" });
  useEffect(() => {
    // the viewer's own zone is known in the browser only
    if (!draft.schedule) setValue("schedule.timeZone", Intl.DateTimeFormat().resolvedOptions().timeZone);
  }, [draft.schedule, setValue]);
  return (
    <StepColumns panel={<NextRuns schedule={schedule} />}>
      <Form onSubmit={submit} className="flex flex-col gap-5">
        <SelectField control={control} name="schedule.frequency" label="Run Frequency" options={frequencies.map((id) => ({ id, title: frequencyText[id] }))} />
        {schedule.frequency === "cron" && <TextField control={control} name="schedule.cron" label="Cron expression" mono placeholder="30 2 * * 1" description="Minute, hour, day of month, month, day of week. 30 2 * * 1 is every Monday at 02:30." />}
        {schedule.frequency !== "manual" && (
          <>
            <TextField control={control} name="schedule.startAt" label="Sync Starting At" type="datetime-local" description="Empty: from now on. Later runs are counted from this time." />
            <Controller control={control} name="schedule.timeZone" render={({ field, fieldState }) => <Combo label="Time zone" options={zones} value={field.value} onChange={field.onChange} error={fieldState.error?.message} emptyText="No time zone matches." />} />
          </>
        )}
        {schedule.frequency === "manual" && <p className="text-sm text-muted">It runs only when someone presses “Run now”.</p>}
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <WizardButtons back={paths.sourceStep(draftId, "columns")} pending={pending} pendingText="Creating the source" />
      </Form>
    </StepColumns>
  );
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Every five minutes, on the day that has 25 hours. */
const MOST_A_DAY = 300;

/** The next five runs in the chosen zone and in UTC; a clock change between two of them is marked. */
export function NextRuns({ schedule }: { schedule: Schedule }) {
  const inBrowser = useInBrowser();
  const runs = useMemo(() => {
    const judged = scheduleSchema.safeParse(schedule);
    return inBrowser && judged.success ? nextSlots(judged.data, new Date(), 5) : [];
  }, [schedule, inBrowser]);
  const [first] = runs;
  const aDay = first ? nextSlots(schedule, new Date(first.getTime() - 1), MOST_A_DAY).filter((run) => run.getTime() < first.getTime() + DAY_MS).length : 0;
  return (
    <section aria-labelledby="next-runs">
      <div className="flex items-baseline justify-between"><h2 id="next-runs" className="font-medium">Next runs</h2>{aDay > 1 && <span className="text-sm text-muted">{aDay} a day</span>}</div>
      {runs.length === 0 && <p className="mt-2 text-sm text-muted">{schedule.frequency === "manual" ? "None by itself." : "Fill in the schedule to see them."}</p>}
      <ol aria-label="Next runs" className="mt-2 divide-y divide-separator">
        {runs.map((run, at) => {
          const before = runs[at - 1];
          const shift = before ? offsetMinutes(run, schedule.timeZone) - offsetMinutes(before, schedule.timeZone) : 0;
          return (
            <li key={run.toISOString()} className="py-2 text-sm">
              {shift !== 0 && <p className="text-xs text-warning">The clocks go {shift > 0 ? "forward" : "back"} by {Math.abs(shift)} minutes before this run.</p>}
              <p className="flex flex-wrap justify-between gap-x-4"><span>{dateTime(run, schedule.timeZone)}</span><span className="text-muted">{utc(run)}</span></p>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
