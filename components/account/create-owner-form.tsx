"use client";
import { Form } from "@heroui/react";
import { useRouter } from "next/navigation";
import { Notice } from "@/components/ui/notice";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import { createOwnerAction } from "@/lib/account/actions";
import { createOwnerSchema } from "@/lib/account/schema";
import { paths } from "@/lib/paths";

export function CreateOwnerForm({ token }: { token: string }) {
  const router = useRouter();
  const { form, submit, pending, refusal } = useActionForm({
    schema: createOwnerSchema,
    defaultValues: { token, name: "", email: "", password: "" },
    action: createOwnerAction,
    onDone: () => router.replace(paths.overview),
  });
  return (
    <Form onSubmit={submit} className="flex flex-col gap-5" aria-labelledby="title">
      <div>
        <h1 id="title" className="text-2xl font-semibold tracking-tight">
          Create the owner account
        </h1>
        <p className="mt-1 text-sm text-muted">
          This account sets up the team and can do everything. The link works once.
        </p>
      </div>
      <TextField control={form.control} name="name" label="Name" autoComplete="name" autoFocus />
      <TextField
        control={form.control}
        name="email"
        label="Email"
        type="email"
        autoComplete="username"
      />
      <TextField
        control={form.control}
        name="password"
        label="Password"
        type="password"
        autoComplete="new-password"
        description="At least 12 characters."
      />
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <SubmitButton pending={pending} pendingText="Creating the account" fullWidth>
        Create account
      </SubmitButton>
    </Form>
  );
}
