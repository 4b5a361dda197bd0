"use client";
import { Form } from "@heroui/react";
import { useRouter } from "next/navigation";
import { Notice } from "@/components/ui/notice";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { saveDestinationNameAction } from "@/lib/destinations/actions";
import { destinationNameSchema } from "@/lib/destinations/schema";
import { paths } from "@/lib/paths";

export function DestinationNameStep({ draftId, name }: { draftId: string; name: string }) {
  const router = useRouter();
  const { form, submit, pending, refusal } = useActionForm({ schema: destinationNameSchema, defaultValues: { draftId, name }, action: saveDestinationNameAction, onDone: () => router.push(paths.destinationStep(draftId, "connection")) });
  return (
    <StepColumns>
      <Form onSubmit={submit} className="flex flex-col gap-6">
        <TextField control={form.control} name="name" label="Destination name" placeholder="Marketing data plane" autoFocus description="How this destination is called in Tidegate." />
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <WizardButtons back={paths.newDestination()} pending={pending} />
      </Form>
    </StepColumns>
  );
}
