"use client";
import { Button, Form } from "@heroui/react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { SignOutButton } from "@/components/shell/sign-out-button";
import { Notice } from "@/components/ui/notice";
import { SubmitButton } from "@/components/ui/submit-button";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import { joinAction, joinAsNewAction } from "@/lib/account/actions";
import { joinAsNewSchema, MIN_PASSWORD } from "@/lib/account/schema";
import { paths } from "@/lib/paths";

type Shown = { token: string; team: string; role: string; email: string | null };

const withArticle = (role: string) => `${/^[aeo]/.test(role) ? "an" : "a"} ${role}`;

const Heading = ({ team, role }: Shown) => (
  <div>
    <h1 id="title" className="text-2xl font-semibold tracking-tight break-words">
      Join {team}
    </h1>
    <p className="mt-1 text-sm text-muted">You are invited as {withArticle(role)}.</p>
  </div>
);

/** Somebody new: an account is made, and joins at once. */
export function JoinAsNew({ invitation }: { invitation: Shown }) {
  const router = useRouter();
  const { token, email } = invitation;
  const { form, submit, pending, refusal } = useActionForm({
    schema: joinAsNewSchema,
    defaultValues: { token, name: "", email: email ?? "", password: "" },
    action: joinAsNewAction,
    onDone: () => router.replace(paths.overview),
  });
  return (
    <Form onSubmit={submit} className="flex flex-col gap-5" aria-labelledby="title">
      <Heading {...invitation} />
      <TextField control={form.control} name="name" label="Name" autoComplete="name" autoFocus />
      {email === null ? (
        <TextField
          control={form.control}
          name="email"
          label="Email"
          type="email"
          autoComplete="username"
        />
      ) : (
        <p className="text-sm">
          <span className="text-muted">Email</span>
          <br />
          <span className="break-all">{email}</span>
        </p>
      )}
      <TextField
        control={form.control}
        name="password"
        label="Password"
        type="password"
        autoComplete="new-password"
        description={`At least ${MIN_PASSWORD} characters, of any kind.`}
      />
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <SubmitButton pending={pending} pendingText="Joining" fullWidth>
        Create account and join
      </SubmitButton>
      <p className="text-sm text-muted">
        You have an account here already?{" "}
        <Link href={paths.signInFor(paths.invite(token))} className="text-accent underline">
          Sign in
        </Link>
        , and join with it.
      </p>
    </Form>
  );
}

/** Somebody who is signed in joins with a click. */
export function JoinAsMember({
  invitation,
  person,
}: {
  invitation: Shown;
  person: { name: string; email: string };
}) {
  const router = useRouter();
  const [refusal, setRefusal] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const press = () =>
    start(async () => {
      const joined = await joinAction({ token: invitation.token });
      if (!joined.ok) return setRefusal(joined.reason);
      router.replace(paths.overview);
      router.refresh();
    });
  return (
    <section aria-labelledby="title" className="flex flex-col gap-5">
      <Heading {...invitation} />
      <p className="text-sm">
        You are signed in as {person.name}{" "}
        <span className="break-all text-muted">({person.email})</span>.
      </p>
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <Button fullWidth isPending={pending} onPress={press}>
        {pending ? "Joining" : "Join the team"}
      </Button>
      <div className="flex justify-center">
        <SignOutButton withText />
      </div>
    </section>
  );
}
