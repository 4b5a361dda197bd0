"use client";
import { Form } from "@heroui/react";
import { useQuery } from "@tanstack/react-query";
import { FormProvider, useWatch } from "react-hook-form";
import { RedshiftFields } from "@/components/credentials/redshift-fields";
import { PermissionsPanel } from "@/components/sources/permissions-panel";
import { Notice } from "@/components/ui/notice";
import { useActionForm } from "@/components/ui/use-action-form";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { useWizard } from "@/components/wizard/wizard-place";
import { redshiftDefaults } from "@/lib/connectors/redshift/spec";
import { nothingTyped } from "@/lib/credentials/schema";
import { saveConnectionAction } from "@/lib/sources/actions";
import { ownersQuery } from "@/lib/sources/queries";
import { connectionStepSchema, type SourceDraft } from "@/lib/sources/schema";
import { canLogIn, connectionOf } from "@/lib/sources/steps";

export function ConnectionStep({ draftId, draft }: { draftId: string; draft: SourceDraft }) {
  const { goTo } = useWizard();
  const { form, submit, pending, refusal } = useActionForm({
    schema: connectionStepSchema,
    defaultValues: {
      draftId,
      credentialName:
        draft.connection?.credentialName ?? (draft.name ? `${draft.name.name} credentials` : ""),
      ...redshiftDefaults,
      ...draft.connection?.config,
      ...nothingTyped,
    },
    action: saveConnectionAction,
    onDone: goTo,
  });
  const { control } = form;
  const [user, password] = useWatch({ control, name: ["user", "password"] });
  // once a login has worked: coming back, say, for another user
  const { data: owners } = useQuery(
    ownersQuery(
      draftId,
      draft.verify?.of === connectionOf(draft) && canLogIn(draft.verify.results),
    ),
  );
  return (
    <StepColumns
      panel={
        <PermissionsPanel
          user={user}
          chosen={draft.data}
          owners={owners}
          password={{
            typed: password,
            onGenerate: (made) =>
              form.setValue("password", made, {
                shouldDirty: true,
                shouldTouch: true,
                shouldValidate: true,
              }),
          }}
        >
          <p>
            If the user does not exist yet, a superuser runs this in the database that you connect
            to, in this order. The name <code className="font-mono">_rudderstack</code> must stay as
            it is.
          </p>
        </PermissionsPanel>
      }
    >
      <Form onSubmit={submit} className="flex flex-col gap-5">
        <FormProvider {...form}>
          <RedshiftFields saved={draft.connection ?? null} />
        </FormProvider>
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <WizardButtons pending={pending} />
      </Form>
    </StepColumns>
  );
}
