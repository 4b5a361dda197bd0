"use client";
import { Button } from "@heroui/react";
import { Notice } from "@/components/ui/notice";

export default function ConsoleError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <Notice
      tone="danger"
      title="This page could not be shown"
      action={
        <Button variant="secondary" onPress={reset}>
          Try again
        </Button>
      }
    >
      Something failed on our side. Nothing was changed.
      {error.digest && ` Its number in Tidegate's log is ${error.digest}.`}
    </Notice>
  );
}
