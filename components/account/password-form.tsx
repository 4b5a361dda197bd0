"use client";
import { Form } from "@heroui/react";
import { useRouter } from "next/navigation";
import { toast } from "sonner";
import { Notice } from "@/components/ui/notice";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import { changePasswordAction } from "@/lib/account/actions";
import { changePasswordSchema, MIN_PASSWORD } from "@/lib/account/schema";

export function PasswordForm({ email }: { email: string }) {
  const router = useRouter();
  const { form, submit, pending, refusal } = useActionForm({
    schema: changePasswordSchema,
    defaultValues: { currentPassword: "", newPassword: "" },
    action: changePasswordAction,
    onDone: () => {
      form.reset();
      toast.success("Changed. Every other session has ended.");
      router.refresh();
    },
  });
  return (
    <Form onSubmit={submit} className="flex flex-col gap-4" aria-label="Password">
      {/* for password managers, which file a password by the account it belongs to */}
      <input
        type="text"
        name="username"
        autoComplete="username"
        defaultValue={email}
        readOnly
        hidden
      />
      <TextField
        control={form.control}
        name="currentPassword"
        label="Current password"
        type="password"
        autoComplete="current-password"
      />
      <TextField
        control={form.control}
        name="newPassword"
        label="New password"
        type="password"
        autoComplete="new-password"
        description={`At least ${MIN_PASSWORD} characters, of any kind.`}
      />
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <div>
        <SubmitButton pending={pending} pendingText="Changing" variant="secondary">
          Change password
        </SubmitButton>
      </div>
    </Form>
  );
}
