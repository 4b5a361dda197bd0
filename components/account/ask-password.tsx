"use client";
import { Button, Form } from "@heroui/react";
import { Notice } from "@/components/ui/notice";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import { passwordSchema } from "@/lib/account/schema";
import type { Result } from "@/lib/platform/result";

/** The password again: an open browser alone must not change how one signs in. */
export function AskPassword<T>({
  what,
  action,
  onDone,
  onCancel,
}: {
  what: string;
  action: (input: { password: string }) => Promise<Result<T>>;
  onDone: (value: T) => void;
  onCancel: () => void;
}) {
  const { form, submit, pending, refusal } = useActionForm({
    schema: passwordSchema,
    defaultValues: { password: "" },
    action,
    onDone,
  });
  return (
    <Form onSubmit={submit} className="flex flex-col gap-4" aria-label={what}>
      <TextField
        control={form.control}
        name="password"
        label="Your password"
        type="password"
        autoComplete="current-password"
        autoFocus
      />
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <div className="flex gap-2">
        <SubmitButton pending={pending} pendingText="Checking">
          {what}
        </SubmitButton>
        <Button variant="ghost" onPress={onCancel}>
          Cancel
        </Button>
      </div>
    </Form>
  );
}
