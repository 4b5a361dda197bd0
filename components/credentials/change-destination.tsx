"use client";
import { Form } from "@heroui/react";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { useForm, type FieldPath } from "react-hook-form";
import { destinationFields, type ConnectionForm } from "@/components/destinations/fields";
import { Notice } from "@/components/ui/notice";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import { connectorKinds } from "@/lib/connectors/catalog";
import { changeDestinationCredentialAction } from "@/lib/credentials/actions";

/** Changes the saved credentials of a destination. */
export function ChangeDestination({
  credentialId,
  name,
  kind,
  config,
}: {
  credentialId: string;
  name: string;
  kind: string;
  config: Record<string, unknown>;
}) {
  const router = useRouter();
  const [pending, start] = useTransition();
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isSaved, setSaved] = useState(false);
  const spec = connectorKinds[kind];
  const secretFields = spec?.secretFields ?? [];
  const empty = Object.fromEntries(secretFields.map((field) => [field, ""]));
  const form = useForm<ConnectionForm & { name: string }>({
    defaultValues: {
      name,
      config: Object.fromEntries(
        Object.entries({ ...spec?.defaults, ...config }).map(([key, value]) => [
          key,
          String(value),
        ]),
      ),
      secret: empty,
      target: {},
    },
  });
  const Fields = destinationFields[kind];
  const fieldOf = (field: string) =>
    (field === "credentialName"
      ? "name"
      : `${secretFields.includes(field) ? "secret" : "config"}.${field}`) as FieldPath<
      ConnectionForm & { name: string }
    >;
  const submit = form.handleSubmit((values) =>
    start(async () => {
      setRefusal(null);
      const changed = await changeDestinationCredentialAction({ credentialId, ...values });
      if (changed.ok) {
        setSaved(true);
        form.reset({ ...values, secret: empty });
        router.refresh();
      } else if (changed.field)
        form.setError(fieldOf(changed.field), { message: changed.reason }, { shouldFocus: true });
      else setRefusal(changed.reason);
    }),
  );
  return (
    <Form onSubmit={submit} className="flex flex-col gap-5">
      <TextField control={form.control} name="name" label="Credential name" />
      {/* the same fields as in the wizard; the name beside them is this form's own */}
      {Fields && (
        <Fields
          control={form.control as unknown as Parameters<typeof Fields>[0]["control"]}
          isSet
        />
      )}
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
