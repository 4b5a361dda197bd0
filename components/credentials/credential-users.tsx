"use client";
import { CheckCircle2, Clock, XCircle } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { Time } from "@/components/ui/time";
import { paths } from "@/lib/paths";

export type CredentialUser = {
  subject: "source" | "destination";
  id: string;
  name: string;
  checkOk: boolean | null;
  checkedAt: Date | null;
  isDue: boolean;
  problem: string | null;
};

const REFRESH_MS = 2_000;

/** What uses saved credentials, each with how its last verification ended; it is looked at again while one is under way. */
export function CredentialUsers({ users }: { users: CredentialUser[] }) {
  const router = useRouter();
  const isWaiting = users.some(({ isDue }) => isDue);
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setInterval(() => router.refresh(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [isWaiting, router]);
  if (users.length === 0)
    return <p className="text-sm text-muted">Nothing uses these credentials.</p>;
  return (
    <ul
      aria-label="Used by"
      className="divide-y divide-separator rounded-xl border border-border bg-surface text-sm"
    >
      {users.map((user) => (
        <li key={user.id} className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-4 py-2.5">
          <Link
            href={user.subject === "source" ? paths.source(user.id) : paths.destination(user.id)}
            className="font-medium hover:underline"
          >
            {user.name}
          </Link>
          <span className="flex-1 text-muted">{user.subject}</span>
          <Outcome user={user} />
          {user.problem && !user.isDue && <p className="w-full text-muted">{user.problem}</p>}
        </li>
      ))}
    </ul>
  );
}

function Outcome({ user: { isDue, checkOk, checkedAt } }: { user: CredentialUser }) {
  if (isDue)
    return (
      <span className="inline-flex items-center gap-1.5 text-muted">
        <Clock aria-hidden className="size-4" />
        Being verified
      </span>
    );
  if (checkOk === null || !checkedAt) return <span className="text-muted">Not verified yet</span>;
  const Icon = checkOk ? CheckCircle2 : XCircle;
  return (
    <span className="inline-flex items-center gap-1.5">
      <Icon aria-hidden className={checkOk ? "size-4 text-success" : "size-4 text-danger"} />
      {checkOk ? "Passed" : "Failed"} <Time at={checkedAt} as="relative" />
    </span>
  );
}
