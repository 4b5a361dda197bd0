"use client";
import { Form } from "@heroui/react";
import { useWatch, type Control } from "react-hook-form";
import { StagingFields, type BucketForm } from "@/components/destinations/staging-fields";
import { StagingPanel } from "@/components/destinations/staging-panel";
import { Notice } from "@/components/ui/notice";
import { useActionForm } from "@/components/ui/use-action-form";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { useWizard } from "@/components/wizard/wizard-place";
import { hostFacts } from "@/lib/connectors/redshift/session/endpoint";
import { stagingDefaults, type StagingConfig } from "@/lib/connectors/s3/spec";
import { saveStagingAction } from "@/lib/destinations/actions";
import { destinationStagingSchema } from "@/lib/destinations/schema";

const words = {
  roleNote: "COPY reads as a role of the cluster: no keys appear in SQL.",
  keysNote: "COPY reads with the same keys that upload.",
  rolePlaceholder: "arn:aws:iam::123456789012:role/TidegateCopy",
  keyNote:
    "Who uploads. Empty: the AWS identity of the machine that Tidegate runs on, where its operator allows that.",
};

/** The bucket that files lie in until they are loaded; beside it the policies to paste. */
export function StagingStep({
  draftId,
  staging,
  host,
}: {
  draftId: string;
  staging: StagingConfig | null;
  host: string;
}) {
  const { goTo } = useWizard();
  const { form, submit, pending, refusal } = useActionForm({
    schema: destinationStagingSchema,
    defaultValues: {
      draftId,
      ...stagingDefaults,
      region: hostFacts(host)?.region ?? "",
      ...staging,
      secretAccessKey: "",
    },
    action: saveStagingAction,
    onDone: goTo,
  });
  const { control } = form;
  const [bucket, prefix, region, access, roleArn] = useWatch({
    control,
    name: ["bucket", "prefix", "region", "access", "roleArn"],
  });
  const isRole = access === "role";
  return (
    <StepColumns
      panel={
        <StagingPanel
          bucket={bucket}
          prefix={prefix}
          region={region}
          access={access}
          roleArn={roleArn}
        />
      }
    >
      <Form onSubmit={submit} className="flex flex-col gap-5">
        <p className="text-sm text-muted">
          Rows go to your warehouse as files in a bucket of your own. The files are removed once
          they are loaded.
        </p>
        {/* the same fields as elsewhere; the draft's id beside them is this form's own */}
        <StagingFields
          control={control as unknown as Control<BucketForm>}
          isRole={isRole}
          isSecretSet={Boolean(staging?.accessKeyId)}
          autoFocus
          words={words}
        />
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <WizardButtons pending={pending} />
      </Form>
    </StepColumns>
  );
}
