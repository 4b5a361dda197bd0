"use client";
import { Form } from "@heroui/react";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { useForm, type FieldPath } from "react-hook-form";
import { destinationFields, type ConnectionForm } from "@/components/destinations/fields";
import { Notice } from "@/components/ui/notice";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { connectorKinds } from "@/lib/connectors/catalog";
import { saveDestinationConnectionAction } from "@/lib/destinations/actions";
import { paths } from "@/lib/paths";

export function DestinationConnectionStep({
  draftId,
  kind,
  config,
}: {
  draftId: string;
  kind: string;
  config: Record<string, unknown> | null;
}) {
  const router = useRouter();
  const [pending, start] = useTransition();
  const [refusal, setRefusal] = useState<string | null>(null);
  const spec = connectorKinds[kind];
  const texts = Object.fromEntries(
    Object.entries({ ...spec?.defaults, ...config }).map(([key, value]) => [key, String(value)]),
  );
  const form = useForm<ConnectionForm>({
    defaultValues: {
      config: texts,
      secret: Object.fromEntries((spec?.secretFields ?? []).map((field) => [field, ""])),
    },
  });
  if (!spec) return null;
  const Fields = destinationFields[kind];
  /** The field that a refusal names is one of config or of secret. */
  const fieldOf = (name: string) =>
    `${spec.secretFields.includes(name) ? "secret" : "config"}.${name}` as FieldPath<ConnectionForm>;
  const submit = form.handleSubmit((values) => {
    setRefusal(null);
    const judged = spec.configSchema.safeParse(values.config);
    for (const issue of judged.error?.issues ?? [])
      form.setError(fieldOf(String(issue.path[0])), { message: issue.message });
    if (!judged.success) return;
    start(async () => {
      const saved = await saveDestinationConnectionAction({ draftId, ...values });
      if (saved.ok) router.push(paths.destinationStep(draftId, "verify"));
      else if (saved.field)
        form.setError(fieldOf(saved.field), { message: saved.reason }, { shouldFocus: true });
      else setRefusal(saved.reason);
    });
  });
  return (
    <StepColumns>
      <Form onSubmit={submit} className="flex flex-col gap-5">
        {Fields && <Fields control={form.control} isSet={config !== null} />}
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <WizardButtons back={paths.destinationStep(draftId, "name")} pending={pending} />
      </Form>
    </StepColumns>
  );
}
