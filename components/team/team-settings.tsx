"use client";
import { Form, Switch } from "@heroui/react";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { toast } from "sonner";
import { Notice } from "@/components/ui/notice";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import { paths } from "@/lib/paths";
import { createTeamAction, renameTeamAction, requireTwoFactorAction } from "@/lib/team/actions";
import { teamNameSchema } from "@/lib/team/schema";

export function TeamSettings({
  name,
  requireTwoFactor,
}: {
  name: string;
  requireTwoFactor: boolean;
}) {
  const router = useRouter();
  const { form, submit, pending, refusal } = useActionForm({
    schema: teamNameSchema,
    defaultValues: { name },
    action: renameTeamAction,
    onDone: () => {
      toast.success("Saved.");
      router.refresh();
    },
  });
  return (
    <div className="flex max-w-[36rem] flex-col gap-6">
      <Form onSubmit={submit} className="flex flex-col gap-4" aria-label="Team settings">
        <TextField control={form.control} name="name" label="Team name" />
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <div>
          <SubmitButton pending={pending} pendingText="Saving" variant="secondary">
            Save team name
          </SubmitButton>
        </div>
      </Form>
      <TwoFactorSwitch isRequired={requireTwoFactor} />
    </div>
  );
}

function TwoFactorSwitch({ isRequired }: { isRequired: boolean }) {
  const router = useRouter();
  const [refusal, setRefusal] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const change = (on: boolean) =>
    start(async () => {
      const changed = await requireTwoFactorAction({ isRequired: on });
      setRefusal(changed.ok ? null : changed.reason);
      router.refresh();
    });
  return (
    <div>
      <Switch isSelected={isRequired} isDisabled={pending} onChange={change}>
        <Switch.Content>
          <Switch.Control>
            <Switch.Thumb />
          </Switch.Control>
          Require two-factor sign-in
        </Switch.Content>
      </Switch>
      <p className="mt-1 text-sm text-muted">
        Members without an authenticator app are asked to set one up before anything else. Who has
        no password signs in with the provider, which sees to it.
      </p>
      {refusal && (
        <Notice tone="danger" className="mt-3">
          {refusal}
        </Notice>
      )}
    </div>
  );
}

export function NewTeam() {
  const router = useRouter();
  const { form, submit, pending, refusal } = useActionForm({
    schema: teamNameSchema,
    defaultValues: { name: "" },
    action: createTeamAction,
    onDone: () => {
      router.push(paths.overview);
      router.refresh();
    },
  });
  return (
    <Form onSubmit={submit} className="flex max-w-[36rem] flex-col gap-4" aria-label="Another team">
      <TextField control={form.control} name="name" label="New team’s name" />
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <div>
        <SubmitButton pending={pending} pendingText="Creating" variant="secondary">
          Create team
        </SubmitButton>
      </div>
    </Form>
  );
}
