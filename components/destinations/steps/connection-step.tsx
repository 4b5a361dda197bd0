"use client";
import { Form } from "@heroui/react";
import { useState, useTransition } from "react";
import { useForm, type Control, type FieldPath } from "react-hook-form";
import {
  destinationFields,
  targetFields,
  type ConnectionForm,
  type TargetForm,
} from "@/components/destinations/fields";
import { Notice } from "@/components/ui/notice";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { useWizard } from "@/components/wizard/wizard-place";
import { connectorKinds } from "@/lib/connectors/catalog";
import { saveDestinationConnectionAction, saveTargetAction } from "@/lib/destinations/actions";

const textsOf = (...values: (object | null | undefined)[]): Record<string, string> =>
  Object.fromEntries(
    values.flatMap((each) =>
      Object.entries(each ?? {}).map(([key, value]) => [key, String(value)] as const),
    ),
  );

type Props = {
  draftId: string;
  kind: string;
  /** What was entered before. */
  config: Record<string, unknown> | null;
  target: Record<string, unknown> | null;
  /** The saved credentials that were chosen: then only where rows go is asked for. */
  existing: { user: string; database: string } | null;
};

export function DestinationConnectionStep({ draftId, kind, config, target, existing }: Props) {
  const { goTo } = useWizard();
  const [pending, start] = useTransition();
  const [refusal, setRefusal] = useState<string | null>(null);
  const spec = connectorKinds[kind];
  const ownTarget = spec?.destination?.target;
  const form = useForm<ConnectionForm>({
    defaultValues: {
      config: textsOf(spec?.defaults, config),
      secret: Object.fromEntries((spec?.secretFields ?? []).map((field) => [field, ""])),
      target: textsOf(ownTarget?.defaults, target),
    },
  });
  if (!spec) return null;
  const Fields = destinationFields[kind];
  const TargetFields = targetFields[kind];
  /** The field that a refusal names is one of config, of secret, or of where rows go. */
  const fieldOf = (name: string) => {
    const isOfTarget = ownTarget !== undefined && Object.hasOwn(ownTarget.schema.shape, name);
    if (isOfTarget) return `target.${name}` as FieldPath<ConnectionForm>;
    const group = spec.secretFields.includes(name) ? "secret" : "config";
    return `${group}.${name}` as FieldPath<ConnectionForm>;
  };
  const submit = form.handleSubmit((values) => {
    setRefusal(null);
    const issues = [
      ...(existing ? [] : (spec.configSchema.safeParse(values.config).error?.issues ?? [])),
      ...(ownTarget?.schema.safeParse(values.target).error?.issues ?? []),
    ];
    for (const issue of issues)
      form.setError(fieldOf(String(issue.path[0])), { message: issue.message });
    if (issues.length > 0) return;
    start(async () => {
      const saved = existing
        ? await saveTargetAction({ draftId, target: values.target })
        : await saveDestinationConnectionAction({ draftId, ...values });
      if (saved.ok) goTo(saved.value);
      else if (saved.field)
        form.setError(fieldOf(saved.field), { message: saved.reason }, { shouldFocus: true });
      else setRefusal(saved.reason);
    });
  });
  return (
    <StepColumns>
      <Form onSubmit={submit} className="flex flex-col gap-5">
        {existing && (
          <p className="text-sm text-muted">
            Rows are loaded as “{existing.user}” into the database “{existing.database}”, with the
            credentials you chose.
          </p>
        )}
        {!existing && Fields && <Fields control={form.control} isSet={config !== null} />}
        {TargetFields && <TargetFields control={form.control as unknown as Control<TargetForm>} />}
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <WizardButtons pending={pending} />
      </Form>
    </StepColumns>
  );
}
