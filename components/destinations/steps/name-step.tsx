"use client";
import { FieldError, Form } from "@heroui/react";
import { useWatch } from "react-hook-form";
import { useMay } from "@/components/shell/may";
import { Notice } from "@/components/ui/notice";
import { RadioCards } from "@/components/ui/radio-cards";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { useWizard } from "@/components/wizard/wizard-place";
import { saveDestinationNameAction } from "@/lib/destinations/actions";
import { destinationNameSchema, type DestinationDraft } from "@/lib/destinations/schema";
import { holders } from "@/lib/team/rules";

type Props = {
  draftId: string;
  name: DestinationDraft["name"] | null;
  /** Saved credentials to choose from; null where the kind has none to share. */
  saved: { id: string; name: string; host: string; user: string }[] | null;
};

export function DestinationNameStep({ draftId, name, saved }: Props) {
  const { goTo } = useWizard();
  const mayCreate = useMay("credentials.manage");
  const { form, submit, pending, refusal } = useActionForm({
    schema: destinationNameSchema,
    defaultValues: {
      draftId,
      name: name?.name ?? "",
      credentials: name?.credentials ?? (mayCreate || !saved ? "new" : "existing"),
      credentialId: name?.credentialId ?? "",
    },
    action: saveDestinationNameAction,
    onDone: goTo,
  });
  const [credentials, credentialId] = useWatch({
    control: form.control,
    name: ["credentials", "credentialId"],
  });
  const problem = form.formState.errors.credentialId?.message;
  return (
    <StepColumns>
      <Form onSubmit={submit} className="flex flex-col gap-6">
        <TextField
          control={form.control}
          name="name"
          label="Destination name"
          placeholder={saved ? "Warehouse" : "Marketing data plane"}
          autoFocus
          description="The name that Tidegate shows."
        />
        {saved && (
          <RadioCards
            label="Credentials"
            value={credentials}
            onChange={(value) =>
              form.setValue("credentials", value === "existing" ? "existing" : "new", {
                shouldValidate: form.formState.isSubmitted,
              })
            }
            options={[
              {
                id: "new",
                title: "Create Credentials from Scratch",
                note: mayCreate
                  ? "Host, database, user and password of your warehouse."
                  : `Ask ${holders("credentials.manage")} of the team: credentials are theirs to enter.`,
                isDisabled: !mayCreate,
              },
              {
                id: "existing",
                title: "Use Existing Credentials",
                note: saved.length
                  ? "Credentials that your team saved before. Their user needs the privileges to load, too."
                  : "None are saved yet: the ones you create now will be here next time.",
                isDisabled: saved.length === 0,
              },
            ]}
          />
        )}
        {saved && credentials === "existing" && (
          <div>
            <RadioCards
              label="Saved credentials"
              value={credentialId}
              onChange={(value) => form.setValue("credentialId", value, { shouldValidate: true })}
              options={saved.map(({ id, name: title, host, user }) => ({
                id,
                title,
                note: `${user} at ${host}`,
              }))}
            />
            {problem && (
              <FieldError className="mt-1 block text-sm text-danger">{problem}</FieldError>
            )}
          </div>
        )}
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <WizardButtons pending={pending} />
      </Form>
    </StepColumns>
  );
}
