"use client";
import { Button } from "@heroui/react";
import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { toast } from "sonner";
import { Time } from "@/components/ui/time";
import { endSessionAction } from "@/lib/account/actions";

type Session = {
  id: string;
  browser: string;
  ipAddress: string | null;
  createdAt: Date;
  updatedAt: Date;
};

export function Sessions({ sessions, current }: { sessions: Session[]; current: string }) {
  const router = useRouter();
  const [pending, start] = useTransition();
  const end = (sessionId: string) =>
    start(async () => {
      const ended = await endSessionAction({ sessionId });
      if (!ended.ok) toast.error(ended.reason);
      router.refresh();
    });
  return (
    <ul
      aria-label="Sessions"
      className="divide-y divide-separator rounded-xl border border-border bg-surface text-sm"
    >
      {sessions.map(({ id, browser, ipAddress, createdAt }) => (
        <li key={id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
          <div className="min-w-0 flex-1">
            <p className="font-medium">
              {browser}
              {id === current && <span className="font-normal text-muted"> · this session</span>}
            </p>
            <p className="text-muted">
              {ipAddress && (
                <>
                  <span className="font-mono text-xs">{ipAddress}</span> ·{" "}
                </>
              )}
              since <Time at={createdAt} />
            </p>
          </div>
          {id !== current && (
            <Button size="sm" variant="secondary" isDisabled={pending} onPress={() => end(id)}>
              Sign out
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}
