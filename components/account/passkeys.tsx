"use client";
import { Button, Form } from "@heroui/react";
import { startRegistration } from "@simplewebauthn/browser";
import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { toast } from "sonner";
import { z } from "zod";
import { Notice } from "@/components/ui/notice";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import { Time } from "@/components/ui/time";
import { useActionForm } from "@/components/ui/use-action-form";
import { addPasskeyAction, deletePasskeyAction, passkeyOptionsAction } from "@/lib/account/actions";
import { addPasskeySchema } from "@/lib/account/schema";
import type { Result } from "@/lib/platform/result";

type Passkey = { id: string; name: string | null; createdAt: Date | null };

const nameSchema = z.object({ name: addPasskeySchema.shape.name });

/** The browser asks for the finger or key, then the server keeps the public half. */
async function add({ name }: z.infer<typeof nameSchema>): Promise<Result<null>> {
  const options = await passkeyOptionsAction(null);
  if (!options.ok) return options;
  const response = await startRegistration({ optionsJSON: options.value }).catch(() => null);
  if (!response)
    return {
      ok: false,
      reason: "No passkey was made. Try again; your device may have one for Tidegate already.",
    };
  return addPasskeyAction(addPasskeySchema.parse({ response, name }));
}

export function Passkeys({ passkeys }: { passkeys: Passkey[] }) {
  const router = useRouter();
  const [deleting, start] = useTransition();
  const { form, submit, pending, refusal } = useActionForm({
    schema: nameSchema,
    defaultValues: { name: "" },
    action: add,
    onDone: () => {
      form.reset();
      toast.success("Added. You can sign in with it now.");
      router.refresh();
    },
  });
  const remove = (passkeyId: string) =>
    start(async () => {
      const removed = await deletePasskeyAction({ passkeyId });
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
                onPress={() => remove(id)}
              >
                Remove
              </Button>
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
