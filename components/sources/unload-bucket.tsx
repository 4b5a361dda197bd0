"use client";
import { Button, Form } from "@heroui/react";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { useWatch, type Control } from "react-hook-form";
import { PolicyTabs } from "@/components/destinations/policy-tabs";
import { StagingFields, type BucketForm } from "@/components/destinations/staging-fields";
import { Notice } from "@/components/ui/notice";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { unloadDefaults, type UnloadConfig } from "@/lib/connectors/redshift/spec";
import {
  bucketPolicy,
  collectPolicy,
  trustPolicy,
  unloadPolicy,
} from "@/lib/connectors/s3/permissions";
import { removeUnloadAction, saveUnloadAction } from "@/lib/sources/actions";
import { unloadSchema } from "@/lib/sources/schema";

const words = {
  roleNote: "UNLOAD writes as a role of the cluster: no keys appear in SQL.",
  keysNote: "UNLOAD writes with the same keys that read.",
  rolePlaceholder: "arn:aws:iam::123456789012:role/TidegateUnload",
  keyNote:
    "Who reads and removes the files. Empty: the AWS identity of the machine that Tidegate runs on, where its operator allows that.",
};

/** The bucket of a source for large reads; beside it the policies to paste. */
export function UnloadBucket({
  sourceId,
  unload,
  region,
}: {
  sourceId: string;
  unload: UnloadConfig | null;
  region: string;
}) {
  const router = useRouter();
  const [isSaved, setSaved] = useState(false);
  const { form, submit, pending, refusal } = useActionForm({
    schema: unloadSchema,
    defaultValues: { sourceId, ...unloadDefaults, region, ...unload, secretAccessKey: "" },
    action: saveUnloadAction,
    onDone: () => {
      setSaved(true);
      form.reset({ ...form.getValues(), secretAccessKey: "" });
      router.refresh();
    },
  });
  const { control } = form;
  const [bucket, prefix, access, roleArn] = useWatch({
    control,
    name: ["bucket", "prefix", "access", "roleArn"],
  });
  const isRole = access === "role";
  const wish = { bucket, prefix, access, roleArn };
  const policies = [
    ...(isRole
      ? [
          {
            id: "unload",
            title: "Role",
            note: "Permissions of the role that UNLOAD writes as.",
            text: unloadPolicy(wish),
          },
          {
            id: "trust",
            title: "Trust",
            note: "Trust policy of that role: Redshift may assume it. Then attach the role to the cluster or workgroup.",
            text: trustPolicy(),
          },
        ]
      : []),
    {
      id: "collect",
      title: "Tidegate",
      note: isRole
        ? "Of the user or role that Tidegate reads the files as, and removes them."
        : "Of the user whose keys these are: they write, read and remove.",
      text: collectPolicy(wish),
    },
    {
      id: "bucket",
      title: "Bucket",
      note: "The bucket’s own policy: nobody reads or writes without encryption.",
      text: bucketPolicy({ ...wish, access: "keys" }),
    },
  ];
  return (
    <StepColumns panel={<PolicyTabs texts={policies} />}>
      <Form onSubmit={submit} className="flex flex-col gap-5">
        {/* the same fields as elsewhere; the source and the number of rows beside them are this form's own */}
        <StagingFields
          control={control as unknown as Control<BucketForm>}
          isRole={isRole}
          isSecretSet={Boolean(unload?.accessKeyId)}
          words={words}
        />
        <TextField
          control={control}
          name="fromRows"
          label="Use UNLOAD above (rows)"
          mono
          description="Smaller change sets are read page by page: that is quicker for them."
        />
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        {isSaved && !form.formState.isDirty && unload && (
          <Notice tone="success">
            Saved. The next run that finds so many rows uses it. Test it now.
          </Notice>
        )}
        <div className="flex flex-wrap gap-3">
          <SubmitButton pending={pending} pendingText="Saving">
            Save
          </SubmitButton>
          {unload && (
            <RemoveBucket
              sourceId={sourceId}
              onDone={() => {
                setSaved(false);
                form.reset({ sourceId, ...unloadDefaults, region, secretAccessKey: "" });
                router.refresh();
              }}
            />
          )}
        </div>
      </Form>
    </StepColumns>
  );
}

/** Nothing is lost by it: change sets leave page by page again. */
function RemoveBucket({ sourceId, onDone }: { sourceId: string; onDone: () => void }) {
  const [pending, start] = useTransition();
  const [refusal, setRefusal] = useState<string | null>(null);
  const press = () =>
    start(async () => {
      const removed = await removeUnloadAction({ sourceId });
      if (removed.ok) onDone();
      else setRefusal(removed.reason);
    });
  return (
    <>
      <Button variant="secondary" isPending={pending} onPress={press}>
        {pending ? "Removing" : "Remove"}
      </Button>
      {refusal && <Notice tone="danger">{refusal}</Notice>}
    </>
  );
}
