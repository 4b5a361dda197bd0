"use client";
import { Button } from "@heroui/react";
import Link from "next/link";
import { useTransition } from "react";
import { toast } from "sonner";
import { Notice } from "@/components/ui/notice";
import { Time } from "@/components/ui/time";
import { seeSignInChangesAction } from "@/lib/account/actions";
import { paths } from "@/lib/paths";

type Change = { id: string; what: string; ip: string | null; at: Date };

/** What was changed of how somebody signs in, in another session: until they say that they have seen it. */
export function SignInChanges({ changes }: { changes: Change[] }) {
  const [pending, start] = useTransition();
  const see = () =>
    start(async () => {
      const seen = await seeSignInChangesAction(null);
      if (!seen.ok) toast.error(seen.reason);
    });
  return (
    <Notice
      tone="warning"
      title="How you sign in was changed"
      className="mb-8"
      action={
        <Button size="sm" variant="secondary" isDisabled={pending} onPress={see}>
          That was me
        </Button>
      }
    >
      <SignInChangeList changes={changes} />
      <p className="mt-2">
        If it wasn’t you, change your password on your{" "}
        <Link href={paths.account} className="underline">
          account page
        </Link>
        : that ends every other session and removes all passkeys.
      </p>
    </Notice>
  );
}

export function SignInChangeList({ changes }: { changes: Change[] }) {
  return (
    <ul aria-label="Changes of your sign-in" className="flex flex-col gap-1 text-sm">
      {changes.map(({ id, what, ip, at }) => (
        <li key={id}>
          {what}{" "}
          <span className="text-muted">
            <Time at={at} />
            {ip && ` from ${ip}`}
          </span>
        </li>
      ))}
    </ul>
  );
}
