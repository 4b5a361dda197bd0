"use client";
import { Form } from "@heroui/react";
import { useRouter } from "next/navigation";
import { toast } from "sonner";
import { Notice } from "@/components/ui/notice";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import { renamePersonAction } from "@/lib/account/actions";
import { renamePersonSchema } from "@/lib/account/schema";

export function NameForm({ name }: { name: string }) {
  const router = useRouter();
  const { form, submit, pending, refusal } = useActionForm({
    schema: renamePersonSchema,
    defaultValues: { name },
    action: renamePersonAction,
    onDone: () => {
      toast.success("Saved.");
      router.refresh();
    },
  });
  return (
    <Form onSubmit={submit} className="flex flex-col gap-4" aria-label="Name">
      <TextField control={form.control} name="name" label="Your name" autoComplete="name" />
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <div>
        <SubmitButton pending={pending} pendingText="Saving" variant="secondary">
          Save name
        </SubmitButton>
      </div>
    </Form>
  );
}
