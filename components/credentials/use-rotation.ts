"use client";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import type { Result } from "@/lib/platform/result";

/** A move of a rotation: one at a time, its refusal kept, and the page looked at anew. */
export function useRotation() {
  const router = useRouter();
  const [pending, start] = useTransition();
  const [refusal, setRefusal] = useState<string | null>(null);
  const act = (action: () => Promise<Result<unknown>>, onField?: (reason: string) => void) =>
    start(async () => {
      setRefusal(null);
      const done = await action();
      if (!done.ok && done.field && onField) onField(done.reason);
      else if (!done.ok) setRefusal(done.reason);
      router.refresh();
    });
  return { pending, refusal, act };
}
