"use client";
import { Button } from "@heroui/react";
import { CheckCircle2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { ButtonLink } from "@/components/ui/button-link";
import { Notice } from "@/components/ui/notice";
import { paths } from "@/lib/paths";
import { runSourceNowAction } from "@/lib/runs/actions";

/** The end of the wizard: the source is there; what is still missing is where its rows go. */
export function DoneStep({
  sourceId,
  name,
  frequency,
  isConnected,
}: {
  sourceId: string;
  name: string;
  frequency: string;
  isConnected: boolean;
}) {
  const router = useRouter();
  const [refusal, setRefusal] = useState<string | null>(null);
  const [pending, start] = useTransition();
  const run = () =>
    start(async () => {
      setRefusal(null);
      const started = await runSourceNowAction({ sourceId });
      if (!started.ok) return setRefusal(started.reason);
      const [first] = started.value.runIds;
      router.push(started.value.runIds.length === 1 && first ? paths.run(first) : paths.runs);
    });
  return (
    <div className="max-w-[40rem]">
      <div className="rounded-xl border border-border bg-surface p-6">
        <CheckCircle2 aria-hidden className="size-8 text-success" strokeWidth={1.5} />
        <h2 className="mt-3 text-lg font-semibold">Source created</h2>
        <p className="mt-1 text-sm text-muted">
          “{name}” is ready.{" "}
          {isConnected
            ? `It is connected and runs: ${frequency.toLowerCase()}.`
            : "Connect it to a destination, and its rows are delivered there as identify events."}
        </p>
        <div className="mt-5 flex flex-wrap gap-2">
          <Button
            variant={isConnected ? "secondary" : "primary"}
            onPress={() => router.push(paths.newConnection(sourceId))}
          >
            Connect Destinations
          </Button>
          <Button variant="secondary" onPress={() => router.push(paths.newDestination(sourceId))}>
            Add Destinations
          </Button>
          <Button variant={isConnected ? "primary" : "secondary"} isPending={pending} onPress={run}>
            Run now
          </Button>
        </div>
        {refusal && (
          <Notice tone="warning" className="mt-4">
            {refusal}
          </Notice>
        )}
      </div>
      <div className="mt-4">
        <ButtonLink variant="ghost" href={paths.source(sourceId)}>
          Open the source
        </ButtonLink>
      </div>
    </div>
  );
}
