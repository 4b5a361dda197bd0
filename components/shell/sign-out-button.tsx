"use client";
import { Button } from "@heroui/react";
import { LogOut } from "lucide-react";
import { useTransition } from "react";
import { signOutAction } from "@/lib/account/actions";

export function SignOutButton({ withText = false }: { withText?: boolean }) {
  const [pending, start] = useTransition();
  const press = () => start(async () => void (await signOutAction(null)));
  if (withText)
    return (
      <Button variant="secondary" isPending={pending} onPress={press}>
        <LogOut aria-hidden className="size-4" />
        Sign out
      </Button>
    );
  return (
    <Button
      isIconOnly
      variant="ghost"
      size="sm"
      aria-label="Sign out"
      isPending={pending}
      onPress={press}
    >
      <LogOut aria-hidden className="size-4" />
    </Button>
  );
}
