"use client";
import { Button } from "@heroui/react";
import { useRouter } from "next/navigation";
import type { ReactNode } from "react";
import { SubmitButton } from "@/components/ui/submit-button";
import { useWizard } from "@/components/wizard/wizard-place";

/** “Back” and “Next”. Without `onNext` the button submits the form around it. */
export function WizardButtons({
  pending = false,
  pendingText = "Saving",
  nextDisabled = false,
  nextText = "Next",
  onNext,
  extra,
}: {
  pending?: boolean;
  pendingText?: string;
  nextDisabled?: boolean;
  nextText?: string;
  onNext?: () => void;
  extra?: ReactNode;
}) {
  const router = useRouter();
  const { back } = useWizard();
  return (
    <div className="mt-6 flex flex-wrap items-center gap-2">
      <Button variant="ghost" onPress={() => router.push(back)}>
        Back
      </Button>
      <span className="flex-1" />
      {extra}
      {onNext ? (
        <Button onPress={onNext} isDisabled={nextDisabled || pending}>
          {nextText}
        </Button>
      ) : (
        <SubmitButton pending={pending} pendingText={pendingText} isDisabled={nextDisabled}>
          {nextText}
        </SubmitButton>
      )}
    </div>
  );
}
