"use client";
import { Form } from "@heroui/react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { FormProvider } from "react-hook-form";
import { RedshiftFields, type SavedLogin } from "@/components/credentials/redshift-fields";
import { Notice } from "@/components/ui/notice";
import { SubmitButton } from "@/components/ui/submit-button";
import { useActionForm } from "@/components/ui/use-action-form";
import { changeRedshiftAction } from "@/lib/credentials/actions";
import { changeRedshiftSchema, nothingTyped } from "@/lib/credentials/schema";

/** Changes saved Redshift credentials for everything that uses them. */
export function ChangeRedshift({
  credentialId,
  name,
  saved,
}: {
  credentialId: string;
  name: string;
  saved: SavedLogin;
}) {
  const router = useRouter();
  const [isSaved, setSaved] = useState(false);
  const { form, submit, pending, refusal } = useActionForm({
    schema: changeRedshiftSchema,
    defaultValues: { credentialId, credentialName: name, ...saved.config, ...nothingTyped },
    action: changeRedshiftAction,
    onDone: () => {
      setSaved(true);
      form.reset({ ...form.getValues(), ...nothingTyped });
      router.refresh();
    },
  });
  return (
    <Form onSubmit={submit} className="flex flex-col gap-5">
      <FormProvider {...form}>
        <RedshiftFields saved={saved} />
      </FormProvider>
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      {isSaved && !form.formState.isDirty && (
        <Notice tone="success">Saved. What uses these credentials is being verified.</Notice>
      )}
      <div>
        <SubmitButton pending={pending} pendingText="Saving">
          Save credentials
        </SubmitButton>
      </div>
    </Form>
  );
}
