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
import { saveNameAction } from "@/lib/sources/actions";
import { nameStepSchema, type SourceDraft } from "@/lib/sources/schema";
import { holders } from "@/lib/team/rules";

export type SavedCredential = { id: string; name: string; host: string; user: string };

export function NameStep({
  draftId,
  draft,
  saved,
}: {
  draftId: string;
  draft: SourceDraft;
  saved: SavedCredential[];
}) {
  const { goTo } = useWizard();
  const mayCreate = useMay("credentials.manage");
  const { form, submit, pending, refusal } = useActionForm({
    schema: nameStepSchema,
    defaultValues: {
      draftId,
      name: draft.name?.name ?? "",
      credentials: draft.name?.credentials ?? (mayCreate ? "new" : "existing"),
      credentialId: draft.name?.credentialId ?? "",
    },
    action: saveNameAction,
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
          label="Source name"
          placeholder="Customers"
          autoFocus
          description="The name that Tidegate shows."
        />
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
                ? "Host, database, user and password of your Redshift."
                : `Ask ${holders("credentials.manage")} of the team: credentials are theirs to enter.`,
              isDisabled: !mayCreate,
            },
            {
              id: "existing",
              title: "Use Existing Credentials",
              note: saved.length
                ? "Credentials that your team saved before."
                : "None are saved yet: the ones you create now will be here next time.",
              isDisabled: saved.length === 0,
            },
          ]}
        />
        {credentials === "existing" && (
          <div>
            <RadioCards
              label="Saved credentials"
              value={credentialId}
              onChange={(value) => form.setValue("credentialId", value, { shouldValidate: true })}
              options={saved.map(({ id, name, host, user }) => ({
                id,
                title: name,
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
