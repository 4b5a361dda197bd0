"use client";
import { Button } from "@heroui/react";
import { useState, useTransition } from "react";
import { Notice } from "@/components/ui/notice";
import type { Remedy } from "@/lib/connectors/contract/checks";
import type { Result } from "@/lib/platform/result";

/** Where an SSH server shows another host key than the pinned one: a person says that it is right, or nothing is sent there. */
export function TrustHostKey({
  checks,
  trust,
  onTrusted,
}: {
  checks: readonly { remedy?: Remedy }[];
  trust: (hostKey: string) => Promise<Result<null>>;
  onTrusted: () => void;
}) {
  const [pending, start] = useTransition();
  const [refusal, setRefusal] = useState<string | null>(null);
  const hostKey = checks.find(({ remedy }) => remedy?.hostKey)?.remedy?.hostKey;
  if (!hostKey) return null;
  const press = () =>
    start(async () => {
      const result = await trust(hostKey).catch((): Result<null> => ({
        ok: false,
        reason: "Tidegate did not answer. Check your network, then try again.",
      }));
      setRefusal(result.ok ? null : result.reason);
      if (result.ok) onTrusted();
    });
  return (
    <>
      <Notice tone="warning" className="mt-4" title="The SSH server has another host key">
        <p>Trust it only once the server’s administrator has confirmed this fingerprint:</p>
        <p className="mt-1 mb-2.5 font-mono text-xs break-all text-foreground">{hostKey}</p>
        <Button size="sm" variant="secondary" isPending={pending} onPress={press}>
          Trust the new host key
        </Button>
      </Notice>
      {refusal && (
        <Notice tone="danger" className="mt-2">
          {refusal}
        </Notice>
      )}
    </>
  );
}
