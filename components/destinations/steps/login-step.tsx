"use client";
import { Form } from "@heroui/react";
import { FormProvider, useWatch } from "react-hook-form";
import { RedshiftFields } from "@/components/credentials/redshift-fields";
import { AddressHelp } from "@/components/destinations/address-help";
import { SetupPanel } from "@/components/destinations/setup-panel";
import { Notice } from "@/components/ui/notice";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { useWizard } from "@/components/wizard/wizard-place";
import { redshiftDefaults } from "@/lib/connectors/redshift/spec";
import { saveDestinationLoginAction } from "@/lib/destinations/actions";
import { destinationLoginSchema, type DestinationDraft } from "@/lib/destinations/schema";
import { nothingTyped } from "@/lib/credentials/schema";

/** Where the warehouse is and who loads it; beside it the script that makes that user. */
export function DestinationLoginStep({
  draftId,
  draft,
}: {
  draftId: string;
  draft: DestinationDraft;
}) {
  const { goTo } = useWizard();
  const { form, submit, pending, refusal } = useActionForm({
    schema: destinationLoginSchema,
    defaultValues: {
      draftId,
      credentialName:
        draft.login?.credentialName ?? (draft.name ? `${draft.name.name} credentials` : ""),
      ...redshiftDefaults,
      user: "flydata",
      ...draft.login?.config,
      ...nothingTyped,
      targetSchema: draft.tables?.targetSchema ?? "",
    },
    action: saveDestinationLoginAction,
    onDone: goTo,
  });
  const [user, password, database, schema] = useWatch({
    control: form.control,
    name: ["user", "password", "database", "targetSchema"],
  });
  return (
    <StepColumns
      panel={
        <>
          <SetupPanel
            user={user}
            database={database}
            schema={schema}
            password={{
              typed: password,
              onGenerate: (made) =>
                form.setValue("password", made, {
                  shouldDirty: true,
                  shouldTouch: true,
                  shouldValidate: true,
                }),
            }}
          />
          <AddressHelp port={5439} />
        </>
      }
    >
      <Form onSubmit={submit} className="flex flex-col gap-5">
        <FormProvider {...form}>
          <RedshiftFields
            saved={
              draft.login ? { config: draft.login.config, sshSecret: draft.login.sshSecret } : null
            }
          />
        </FormProvider>
        <TextField
          control={form.control}
          name="targetSchema"
          label="Target schema"
          placeholder="crm"
          mono
          description="The schema that your rows land in. The script makes it where it doesn’t exist."
        />
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <WizardButtons pending={pending} />
      </Form>
    </StepColumns>
  );
}
