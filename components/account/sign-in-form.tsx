"use client";
import { Button, Form } from "@heroui/react";
import { startAuthentication } from "@simplewebauthn/browser";
import { KeyRound } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { Notice } from "@/components/ui/notice";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import {
  passkeySignInOptionsAction,
  signInAction,
  signInCodeAction,
  signInPasskeyAction,
  startProviderAction,
} from "@/lib/account/actions";
import { codeSchema, passkeyAnswerSchema, signInSchema } from "@/lib/account/schema";
import { paths } from "@/lib/paths";
import type { Result } from "@/lib/platform/result";

const refusals: Record<string, string> = {
  unknown:
    "You are not known here, or your address is not verified. Ask an owner or admin of your team to invite you by your address.",
  provider:
    "The sign-in at the provider did not come through. Try again, or sign in with your password.",
};

/** Signing in by password, then the app's code where there is one; by passkey; or with the provider. `next` is an invitation to go on to. */
export function SignInForm({
  next,
  provider,
  refused,
}: {
  next: string | null;
  provider: string | null;
  refused: string | null;
}) {
  const router = useRouter();
  const [step, setStep] = useState<"password" | "code">("password");
  const goOn = () => router.replace(next ?? paths.overview);
  if (step === "code") return <CodeForm onDone={goOn} onBack={() => setStep("password")} />;
  return (
    <div className="flex flex-col gap-5">
      <PasswordForm
        notice={refused ? (refusals[refused] ?? null) : null}
        onDone={(step) => (step === "code" ? setStep("code") : goOn())}
      />
      <div className="flex items-center gap-3 text-sm text-muted">
        <span aria-hidden className="h-px flex-1 bg-border" />
        or
        <span aria-hidden className="h-px flex-1 bg-border" />
      </div>
      <OtherWays next={next} provider={provider} onDone={goOn} />
    </div>
  );
}

function PasswordForm({
  notice,
  onDone,
}: {
  notice: string | null;
  onDone: (step: "code" | "in") => void;
}) {
  const { form, submit, pending, refusal } = useActionForm({
    schema: signInSchema,
    defaultValues: { email: "", password: "" },
    action: signInAction,
    onDone,
  });
  return (
    <Form onSubmit={submit} className="flex flex-col gap-5" aria-labelledby="title">
      <h1 id="title" className="text-2xl font-semibold tracking-tight">
        Sign in
      </h1>
      {notice && <Notice tone="warning">{notice}</Notice>}
      <TextField
        control={form.control}
        name="email"
        label="Email"
        type="email"
        autoComplete="username"
        autoFocus
      />
      <TextField
        control={form.control}
        name="password"
        label="Password"
        type="password"
        autoComplete="current-password"
      />
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <SubmitButton pending={pending} pendingText="Signing in" fullWidth>
        Sign in
      </SubmitButton>
    </Form>
  );
}

function CodeForm({ onDone, onBack }: { onDone: () => void; onBack: () => void }) {
  const { form, submit, pending, refusal } = useActionForm({
    schema: codeSchema,
    defaultValues: { code: "" },
    action: signInCodeAction,
    onDone,
  });
  return (
    <Form onSubmit={submit} className="flex flex-col gap-5" aria-labelledby="title">
      <div>
        <h1 id="title" className="text-2xl font-semibold tracking-tight">
          Enter your code
        </h1>
        <p className="mt-1 text-sm text-muted">
          The six digits that your authenticator app shows, or one of your backup codes.
        </p>
      </div>
      <TextField
        control={form.control}
        name="code"
        label="Code"
        autoComplete="one-time-code"
        autoFocus
        mono
      />
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <SubmitButton pending={pending} pendingText="Signing in" fullWidth>
        Sign in
      </SubmitButton>
      <Button variant="ghost" fullWidth onPress={onBack}>
        Back
      </Button>
    </Form>
  );
}

function OtherWays({
  next,
  provider,
  onDone,
}: {
  next: string | null;
  provider: string | null;
  onDone: () => void;
}) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const press = (work: () => Promise<Result<unknown>>) => () =>
    start(async () => {
      setRefusal(null);
      const done = await work().catch((): Result<never> => ({
        ok: false,
        reason: "Tidegate did not answer. Check your network, then try again.",
      }));
      if (!done.ok) setRefusal(done.reason);
    });
  const byPasskey = press(async () => {
    const options = await passkeySignInOptionsAction(null);
    if (!options.ok) return options;
    const response = await startAuthentication({ optionsJSON: options.value }).catch(() => null);
    if (!response)
      return { ok: false, reason: "No passkey was used. Try again, or sign in another way." };
    const signedIn = await signInPasskeyAction(passkeyAnswerSchema.parse({ response }));
    if (signedIn.ok) onDone();
    return signedIn;
  });
  const byProvider = press(async () => {
    const started = await startProviderAction({ next: next ?? "" });
    if (started.ok) window.location.assign(started.value);
    return started;
  });
  return (
    <div className="flex flex-col gap-2.5">
      <Button variant="secondary" fullWidth isDisabled={pending} onPress={byPasskey}>
        <KeyRound aria-hidden className="size-4" />
        Use a passkey
      </Button>
      {provider && (
        <Button variant="secondary" fullWidth isDisabled={pending} onPress={byProvider}>
          Continue with {provider}
        </Button>
      )}
      {refusal && <Notice tone="danger">{refusal}</Notice>}
    </div>
  );
}
