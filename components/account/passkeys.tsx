"use client";
import { Button, Form } from "@heroui/react";
import { startRegistration } from "@simplewebauthn/browser";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { toast } from "sonner";
import { type z } from "zod";
import { AskPassword } from "@/components/account/ask-password";
import { Notice } from "@/components/ui/notice";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import { Time } from "@/components/ui/time";
import { useActionForm } from "@/components/ui/use-action-form";
import { addPasskeyAction, deletePasskeyAction, passkeyOptionsAction } from "@/lib/account/actions";
import { addPasskeySchema, ownPasswordSchema } from "@/lib/account/schema";
import type { Result } from "@/lib/platform/result";

type Passkey = { id: string; name: string | null; createdAt: Date | null };

const nameSchema = ownPasswordSchema.extend({ name: addPasskeySchema.shape.name });

/** The browser asks for the finger or key, then the server keeps the public half. */
async function add({ name, password }: z.infer<typeof nameSchema>): Promise<Result<null>> {
  const options = await passkeyOptionsAction({ password });
  if (!options.ok) return options;
  const response = await startRegistration({ optionsJSON: options.value }).catch(() => null);
  if (!response)
    return {
      ok: false,
      reason: "No passkey was made. Try again; your device may have one for Tidegate already.",
    };
  return addPasskeyAction(addPasskeySchema.parse({ response, name }));
}

export function Passkeys({ passkeys, hasPassword }: { passkeys: Passkey[]; hasPassword: boolean }) {
  const router = useRouter();
  const [asksFor, setAsksFor] = useState<string | null>(null);
  const [deleting, start] = useTransition();
  const { form, submit, pending, refusal } = useActionForm({
    schema: nameSchema,
    defaultValues: { name: "", password: "" },
    action: add,
    onDone: () => {
      form.reset();
      toast.success("Added. You can sign in with it now.");
      router.refresh();
    },
  });
  const remove = (passkeyId: string) =>
    start(async () => {
      const removed = await deletePasskeyAction({ passkeyId, password: "" });
      if (!removed.ok) toast.error(removed.reason);
      router.refresh();
    });
  return (
    <div className="flex flex-col gap-4">
      {passkeys.length > 0 && (
        <ul
          aria-label="Passkeys"
          className="divide-y divide-separator rounded-xl border border-border bg-surface text-sm"
        >
          {passkeys.map(({ id, name, createdAt }) => (
            <li key={id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
              <span className="min-w-0 flex-1 font-medium break-words">{name ?? "Passkey"}</span>
              {createdAt && (
                <span className="text-muted">
                  since <Time at={createdAt} />
                </span>
              )}
              <Button
                size="sm"
                variant="danger-soft"
                isDisabled={deleting}
                aria-label={`Remove the passkey ${name ?? ""}`}
                onPress={() => (hasPassword ? setAsksFor(id) : remove(id))}
              >
                Remove
              </Button>
              {asksFor === id && (
                <div className="basis-full py-2">
                  <AskPassword
                    what="Remove passkey"
                    action={({ password }) => deletePasskeyAction({ passkeyId: id, password })}
                    onDone={() => {
                      setAsksFor(null);
                      toast.success("Removed. You were signed out everywhere else.");
                      router.refresh();
                    }}
                    onCancel={() => setAsksFor(null)}
                  />
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
      <Form onSubmit={submit} className="flex flex-col gap-4" aria-label="Add a passkey">
        <TextField
          control={form.control}
          name="name"
          label="Passkey name"
          placeholder="This laptop"
        />
        {hasPassword && (
          <TextField
            control={form.control}
            name="password"
            label="Your password, to add it"
            type="password"
            autoComplete="current-password"
          />
        )}
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <div>
          <SubmitButton pending={pending} pendingText="Waiting for your device" variant="secondary">
            Add a passkey
          </SubmitButton>
        </div>
      </Form>
    </div>
  );
}
