"use client";
import { Button, Form } from "@heroui/react";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useRotation } from "@/components/credentials/use-rotation";
import { Code } from "@/components/ui/code";
import { Notice } from "@/components/ui/notice";
import { RadioRow } from "@/components/ui/radio-row";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import { connectorKinds } from "@/lib/connectors/catalog";
import { alterPassword, generatePassword } from "@/lib/connectors/redshift/checks/permissions";
import {
  cancelRotationAction,
  startRotationAction,
  takeOverAction,
} from "@/lib/credentials/actions";

const ways = [
  {
    id: "tidegate",
    title: "Tidegate",
    note: "It logs in with the present password and changes its own. Nothing else has to be done.",
  },
  {
    id: "person",
    title: "I run the script",
    note: "The new password waits. Until it is taken over, whatever logs in tries both, so no run fails in between.",
  },
] as const;
type Way = (typeof ways)[number]["id"];

const noSalt = new Uint8Array();

/** Another password for the user of a warehouse: made here or typed, changed there, tested and taken over. */
export function RotatePassword({
  credentialId,
  kind,
  user,
  isWaiting,
}: {
  credentialId: string;
  kind: string;
  user: string;
  isWaiting: boolean;
}) {
  const { pending, refusal, act } = useRotation();
  const [way, setWay] = useState<Way>("tidegate");
  const form = useForm({ defaultValues: { password: "" } });
  const password = form.watch("password");
  // the form keeps what was typed until one leaves: the script below needs it
  const script = alterPassword({ user, password, passwordForm: "clear", salt: noSalt });
  const submit = form.handleSubmit((secret) =>
    act(
      () => startRotationAction({ credentialId, secret, byTidegate: way === "tidegate" }),
      (message) => form.setError("password", { message }, { shouldFocus: true }),
    ),
  );
  if (isWaiting) {
    return (
      <section aria-label="Rotation" className="flex flex-col gap-5">
        <Notice title="A new password waits to be taken over">
          Run this in the warehouse as a superuser or as “{user}” itself, then test. Until then
          whatever logs in tries both passwords, so no run fails in between.
        </Notice>
        <Code language="sql" label="ALTER USER script" text={script} />
        {password === "" && (
          <p className="text-sm text-muted">
            The new password isn’t shown again: put it in where the placeholder stands. If it is
            lost, give up and start anew.
          </p>
        )}
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <div className="flex gap-2">
          <Button isPending={pending} onPress={() => act(() => takeOverAction({ credentialId }))}>
            {pending ? "Testing" : "Test and swap"}
          </Button>
          <Button
            variant="ghost"
            isDisabled={pending}
            onPress={() => act(() => cancelRotationAction({ credentialId }))}
          >
            Give up
          </Button>
        </div>
      </section>
    );
  }
  return (
    <Form onSubmit={submit} aria-label="Rotation" className="flex flex-col gap-5">
      <div className="flex flex-col gap-2">
        <TextField
          control={form.control}
          name="password"
          label="New password"
          type="password"
          autoComplete="new-password"
        />
        <div>
          <Button
            size="sm"
            variant="secondary"
            onPress={() => form.setValue("password", generatePassword(), { shouldDirty: true })}
          >
            <KeyRound aria-hidden className="size-4" />
            Generate password
          </Button>
        </div>
      </div>
      <RadioRow
        label={`Who changes it in ${connectorKinds[kind]?.title ?? "the warehouse"}`}
        options={ways}
        value={way}
        onChange={setWay}
      />
      {way === "person" && <Code language="sql" label="ALTER USER script" text={script} />}
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <div>
        <SubmitButton
          pending={pending}
          pendingText={way === "tidegate" ? "Changing, testing, swapping" : "Keeping it"}
        >
          {way === "tidegate" ? "Change, test and swap" : "Start rotation"}
        </SubmitButton>
      </div>
    </Form>
  );
}

const titles: Record<string, string> = {
  writeKey: "New write key",
  headerValue: "New header value",
};

/** Another key of a receiver: made where it was issued, tested here and taken over. */
export function RotateSecret({ credentialId, kind }: { credentialId: string; kind: string }) {
  const { pending, refusal, act } = useRotation();
  const fields = connectorKinds[kind]?.secretFields ?? [];
  const form = useForm<Record<string, string>>({
    defaultValues: Object.fromEntries(fields.map((field) => [field, ""])),
  });
  const submit = form.handleSubmit((secret) =>
    act(
      () => startRotationAction({ credentialId, secret, byTidegate: false }),
      (message) => form.setError(fields[0] ?? "", { message }, { shouldFocus: true }),
    ),
  );
  return (
    <Form onSubmit={submit} aria-label="Rotation" className="flex flex-col gap-5">
      <p className="text-sm text-muted">
        Make the new one where the present one was issued. It is tested with an event, and nothing
        is swapped unless it is accepted.
      </p>
      {fields.map((field) => (
        <TextField
          key={field}
          control={form.control}
          name={field}
          label={titles[field] ?? "New secret"}
          type="password"
          autoComplete="new-password"
        />
      ))}
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <div>
        <SubmitButton pending={pending} pendingText="Testing">
          Test and swap
        </SubmitButton>
      </div>
    </Form>
  );
}
