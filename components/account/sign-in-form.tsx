"use client";
import { Form } from "@heroui/react";
import { useRouter } from "next/navigation";
import { Notice } from "@/components/ui/notice";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import { signInAction } from "@/lib/account/actions";
import { signInSchema } from "@/lib/account/schema";
import { paths } from "@/lib/paths";

export function SignInForm() {
  const router = useRouter();
  const { form, submit, pending, refusal } = useActionForm({
    schema: signInSchema,
    defaultValues: { email: "", password: "" },
    action: signInAction,
    onDone: () => router.replace(paths.overview),
  });
  return (
    <Form onSubmit={submit} className="flex flex-col gap-5" aria-labelledby="title">
      <h1 id="title" className="text-2xl font-semibold tracking-tight">Sign in</h1>
      <TextField control={form.control} name="email" label="Email" type="email" autoComplete="username" autoFocus />
      <TextField control={form.control} name="password" label="Password" type="password" autoComplete="current-password" />
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <SubmitButton pending={pending} pendingText="Signing in" fullWidth>Sign in</SubmitButton>
    </Form>
  );
}
