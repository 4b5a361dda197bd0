"use client";
import { Button, Spinner } from "@heroui/react";
import type { ReactNode } from "react";

/** The one primary button of a form; while it works it says so and can't be pressed again. */
export function SubmitButton({ pending, children, pendingText, isDisabled = false, fullWidth = false }: { pending: boolean; children: ReactNode; pendingText: string; isDisabled?: boolean; fullWidth?: boolean }) {
  return (
    <Button type="submit" isPending={pending} isDisabled={isDisabled} fullWidth={fullWidth}>
      {pending && <Spinner size="sm" color="current" />}
      {pending ? pendingText : children}
    </Button>
  );
}
