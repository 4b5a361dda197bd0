"use client";
import { Button } from "@heroui/react";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { Notice } from "@/components/ui/notice";
import { Time } from "@/components/ui/time";
import { dropPreviousAction, goBackAction } from "@/lib/credentials/actions";
import type { Result } from "@/lib/platform/result";

/** After the swap: the way back, until everything has been verified. */
export function RotationUnderWay({ credentialId, rotatedAt }: { credentialId: string; rotatedAt: Date | null }) {
  const router = useRouter();
  const [pending, start] = useTransition();
  const [refusal, setRefusal] = useState<string | null>(null);
  const act = (action: (input: { credentialId: string }) => Promise<Result<null>>) =>
    start(async () => {
      const done = await action({ credentialId });
      setRefusal(done.ok ? null : done.reason);
      router.refresh();
    });
  return (
    <section aria-label="Rotation" className="flex flex-col gap-5">
      <Notice tone="success" title="Swapped">The new secret let in, and is used by everything since {rotatedAt ? <Time at={rotatedAt} as="relative" /> : "just now"}. The old one is kept until all that use these credentials have been verified, then it is dropped by itself.</Notice>
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <div className="flex flex-wrap gap-2">
        <Button variant="secondary" isPending={pending} onPress={() => act(goBackAction)}>Go back to the old one</Button>
        <Button variant="ghost" isDisabled={pending} onPress={() => act(dropPreviousAction)}>Drop the old one now</Button>
      </div>
    </section>
  );
}
