"use client";
import { Form } from "@heroui/react";
import { useRouter } from "next/navigation";
import { toast } from "sonner";
import { OptionFields } from "@/components/connections/option-fields";
import { Notice } from "@/components/ui/notice";
import { SubmitButton } from "@/components/ui/submit-button";
import { useActionForm } from "@/components/ui/use-action-form";
import { changeConnectionOptionsAction } from "@/lib/connections/actions";
import { changeOptionsSchema } from "@/lib/connections/schema";
import type { SyncMode } from "@/lib/connectors/contract/changes";

/** What can change of a connection later. */
export function ConnectionOptions({
  connectionId,
  mode,
  saved,
}: {
  connectionId: string;
  mode: SyncMode;
  saved: {
    deletePercent: number;
    lookBackMinutes: number;
    syncLogDays: number;
    rawNumbers: boolean;
  };
}) {
  const router = useRouter();
  const { form, submit, pending, refusal } = useActionForm({
    schema: changeOptionsSchema,
    defaultValues: { connectionId, ...saved },
    action: changeConnectionOptionsAction,
    onDone: () => {
      toast.success("Saved. It holds from the next run on.");
      router.refresh();
    },
  });
  return (
    <Form onSubmit={submit} className="flex max-w-[36rem] flex-col gap-4">
      <OptionFields control={form.control} mode={mode} cursors={null} />
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <div>
        <SubmitButton pending={pending} pendingText="Saving">
          Save options
        </SubmitButton>
      </div>
    </Form>
  );
}
