"use client";
import { Form } from "@heroui/react";
import { useWatch } from "react-hook-form";
import { z } from "zod";
import { SetupPanel } from "@/components/destinations/setup-panel";
import { Notice } from "@/components/ui/notice";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { useWizard } from "@/components/wizard/wizard-place";
import { loadOptionsSchema } from "@/lib/connectors/redshift/spec";
import { saveTargetAction } from "@/lib/destinations/actions";

const schema = z.object({
  draftId: z.string(),
  targetSchema: loadOptionsSchema.shape.targetSchema,
});

/** With saved credentials only the schema is missing, and what their user needs for it. */
export function TargetSchemaStep({
  draftId,
  user,
  database,
  targetSchema,
}: {
  draftId: string;
  user: string;
  database: string;
  targetSchema: string;
}) {
  const { goTo } = useWizard();
  const { form, submit, pending, refusal } = useActionForm({
    schema,
    defaultValues: { draftId, targetSchema },
    action: ({ targetSchema: entered }) =>
      saveTargetAction({ draftId, target: { targetSchema: entered } }),
    onDone: goTo,
  });
  const typed = useWatch({ control: form.control, name: "targetSchema" });
  return (
    <StepColumns panel={<SetupPanel user={user} database={database} schema={typed} />}>
      <Form onSubmit={submit} className="flex flex-col gap-5">
        <p className="text-sm text-muted">
          Rows are loaded as “{user}” into the database “{database}”, with the credentials you
          chose.
        </p>
        <TextField
          control={form.control}
          name="targetSchema"
          label="Target schema"
          placeholder="crm"
          mono
          autoFocus
          description="The schema that your rows land in. The script makes it where it doesn’t exist."
        />
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <WizardButtons pending={pending} />
      </Form>
    </StepColumns>
  );
}
