"use client";
import { Button } from "@heroui/react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { Time } from "@/components/ui/time";
import type { Result } from "@/lib/platform/result";

export type DraftLine = {
  id: string;
  name: string;
  href: string;
  stepTitle: string;
  updatedAt: Date;
};

/** What was begun and not finished: to go on with, or to discard. */
export function DraftList({
  drafts,
  discard,
}: {
  drafts: DraftLine[];
  discard: (input: { draftId: string }) => Promise<Result<null>>;
}) {
  const router = useRouter();
  const [pending, start] = useTransition();
  if (drafts.length === 0) return null;
  return (
    <section aria-labelledby="drafts" className="mb-6">
      <h2 id="drafts" className="mb-2 text-sm font-medium text-muted">
        Drafts
      </h2>
      <ul className="divide-y divide-separator rounded-xl border border-border bg-surface text-sm">
        {drafts.map((draft) => (
          <li key={draft.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
            <Link href={draft.href} className="font-medium hover:underline">
              {draft.name}
            </Link>
            <span className="flex-1 text-muted">
              next: {draft.stepTitle} · saved <Time at={draft.updatedAt} as="relative" />
            </span>
            <Button
              size="sm"
              variant="ghost"
              isDisabled={pending}
              aria-label={`Discard the draft ${draft.name}`}
              onPress={() =>
                start(async () => {
                  await discard({ draftId: draft.id });
                  router.refresh();
                })
              }
            >
              Discard
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
