"use client";
import { Button, Spinner } from "@heroui/react";
import type { ReactNode } from "react";

/** The one button of a form, primary unless it is one of several on a page of settings; while it works it says so and can't be pressed again. */
export function SubmitButton({
  pending,
  children,
  pendingText,
  isDisabled = false,
  fullWidth = false,
  variant,
}: {
  pending: boolean;
  children: ReactNode;
  pendingText: string;
  isDisabled?: boolean;
  fullWidth?: boolean;
  variant?: "secondary";
}) {
  return (
    <Button
      type="submit"
      variant={variant}
      isPending={pending}
      isDisabled={isDisabled}
      fullWidth={fullWidth}
    >
      {pending && <Spinner size="sm" color="current" />}
      {pending ? pendingText : children}
    </Button>
  );
}
