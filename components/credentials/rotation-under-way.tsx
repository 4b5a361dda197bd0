"use client";
import { Button } from "@heroui/react";
import { useRotation } from "@/components/credentials/use-rotation";
import { Notice } from "@/components/ui/notice";
import { Time } from "@/components/ui/time";
import { dropPreviousAction, goBackAction } from "@/lib/credentials/actions";

/** After the swap: the way back, until everything has been verified. */
export function RotationUnderWay({
  credentialId,
  rotatedAt,
}: {
  credentialId: string;
  rotatedAt: Date | null;
}) {
  const { pending, refusal, act } = useRotation();
  return (
    <section aria-label="Rotation" className="flex flex-col gap-5">
      <Notice tone="success" title="Swapped">
        The new secret let in, and is used by everything since{" "}
        {rotatedAt ? <Time at={rotatedAt} as="relative" /> : "just now"}. The old one is kept until
        all that use these credentials have been verified, then it is dropped by itself.
      </Notice>
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      <div className="flex flex-wrap gap-2">
        <Button
          variant="secondary"
          isPending={pending}
          onPress={() => act(() => goBackAction({ credentialId }))}
        >
          Go back to the old one
        </Button>
        <Button
          variant="ghost"
          isDisabled={pending}
          onPress={() => act(() => dropPreviousAction({ credentialId }))}
        >
          Drop the old one now
        </Button>
      </div>
    </section>
  );
}
