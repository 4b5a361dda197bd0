"use client";
import { Form } from "@heroui/react";
import { useRouter } from "next/navigation";
import { Controller, useWatch } from "react-hook-form";
import { StagingPanel } from "@/components/destinations/staging-panel";
import { Notice } from "@/components/ui/notice";
import { RadioCards } from "@/components/ui/radio-cards";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { hostFacts } from "@/lib/connectors/redshift/endpoint";
import { stagingDefaults, type StagingConfig } from "@/lib/connectors/s3/spec";
import { saveStagingAction } from "@/lib/destinations/actions";
import { destinationStagingSchema } from "@/lib/destinations/schema";
import { paths } from "@/lib/paths";

/** The bucket that files lie in until they are loaded; beside it the policies to paste. */
export function StagingStep({ draftId, staging, host }: { draftId: string; staging: StagingConfig | null; host: string }) {
  const router = useRouter();
  const { form, submit, pending, refusal } = useActionForm({
    schema: destinationStagingSchema,
    defaultValues: { draftId, ...stagingDefaults, region: hostFacts(host)?.region ?? "", ...staging, secretAccessKey: "" },
    action: saveStagingAction,
    onDone: () => router.push(paths.destinationStep(draftId, "verify")),
  });
  const { control } = form;
  const [bucket, prefix, region, access, roleArn] = useWatch({ control, name: ["bucket", "prefix", "region", "access", "roleArn"] });
  const isRole = access === "role";
  return (
    <StepColumns panel={<StagingPanel bucket={bucket} prefix={prefix} region={region} access={access} roleArn={roleArn} />}>
      <Form onSubmit={submit} className="flex flex-col gap-5">
        <p className="text-sm text-muted">Rows go to your warehouse as files in a bucket of your own. The files are removed once they are loaded.</p>
        <div className="grid gap-5 sm:grid-cols-2">
          <TextField control={control} name="bucket" label="Bucket" placeholder="my-staging-bucket" mono autoFocus />
          <TextField control={control} name="prefix" label="Prefix" placeholder="tidegate" mono description="Files lie below this path." />
          <TextField control={control} name="region" label="Region" placeholder="eu-central-1" mono description="The bucket’s. Best the same as the warehouse’s." />
          <TextField control={control} name="endpoint" label="Endpoint" placeholder="AWS" mono description="Only for a store that speaks S3 but isn’t AWS." />
        </div>
        <Controller control={control} name="access" render={({ field }) => (
          <RadioCards label="Access" value={field.value} onChange={field.onChange} options={[
            { id: "role", title: "IAM role", note: "COPY reads as a role of the cluster: no key stands in any statement." },
            { id: "keys", title: "Access keys", note: "COPY reads with the same keys that upload." },
          ]} />
        )} />
        {isRole && <TextField control={control} name="roleArn" label="Role ARN" placeholder="arn:aws:iam::123456789012:role/TidegateCopy" mono description="A role that is attached to the cluster or workgroup." />}
        <div className="grid gap-5 sm:grid-cols-2">
          <TextField control={control} name="accessKeyId" label="Access key ID" mono description={isRole ? "Who uploads. Empty: the AWS identity of the machine that Tidegate runs on." : undefined} />
          <TextField control={control} name="secretAccessKey" label="Secret access key" type="password" autoComplete="new-password" description={staging?.accessKeyId ? "Set. Leave it empty to keep it." : undefined} />
        </div>
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <WizardButtons back={paths.destinationStep(draftId, "connection")} pending={pending} />
      </Form>
    </StepColumns>
  );
}
