"use client";
import { Controller, type Control } from "react-hook-form";
import { RadioCards } from "@/components/ui/radio-cards";
import { TextField } from "@/components/ui/text-field";

/** The fields of a bucket, in whichever form they stand. */
export type BucketForm = {
  bucket: string;
  prefix: string;
  region: string;
  endpoint: string;
  access: "role" | "keys";
  roleArn: string;
  accessKeyId: string;
  secretAccessKey: string;
};

type Words = { roleNote: string; keysNote: string; rolePlaceholder: string; keyNote: string };

/** Where files lie between a warehouse and Tidegate, and who may get at them. */
export function StagingFields({
  control,
  isRole,
  isSecretSet,
  words,
  autoFocus = false,
}: {
  control: Control<BucketForm>;
  isRole: boolean;
  isSecretSet: boolean;
  words: Words;
  autoFocus?: boolean;
}) {
  return (
    <>
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField
          control={control}
          name="bucket"
          label="Bucket"
          placeholder="my-staging-bucket"
          mono
          autoFocus={autoFocus}
        />
        <TextField
          control={control}
          name="prefix"
          label="Prefix"
          placeholder="tidegate"
          mono
          description="Files are stored under this prefix."
        />
        <TextField
          control={control}
          name="region"
          label="Region"
          placeholder="eu-central-1"
          mono
          description="The bucket’s. Best the same as the warehouse’s."
        />
        <TextField
          control={control}
          name="endpoint"
          label="Endpoint"
          placeholder="AWS"
          mono
          description="Only for a store that speaks S3 but isn’t AWS."
        />
      </div>
      <Controller
        control={control}
        name="access"
        render={({ field }) => (
          <RadioCards
            label="Access"
            value={field.value}
            onChange={field.onChange}
            options={[
              { id: "role", title: "IAM role", note: words.roleNote },
              { id: "keys", title: "Access keys", note: words.keysNote },
            ]}
          />
        )}
      />
      {isRole && (
        <TextField
          control={control}
          name="roleArn"
          label="Role ARN"
          placeholder={words.rolePlaceholder}
          mono
          description="A role that is attached to the cluster or workgroup."
        />
      )}
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField
          control={control}
          name="accessKeyId"
          label="Access key ID"
          mono
          description={isRole ? words.keyNote : undefined}
        />
        <TextField
          control={control}
          name="secretAccessKey"
          label="Secret access key"
          type="password"
          autoComplete="new-password"
          description={isSecretSet ? "Set. Leave it empty to keep it." : undefined}
        />
      </div>
    </>
  );
}
