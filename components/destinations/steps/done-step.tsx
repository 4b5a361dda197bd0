"use client";
import { Button } from "@heroui/react";
import { CheckCircle2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { RunButton } from "@/components/runs/run-button";
import { paths } from "@/lib/paths";

export function DestinationDoneStep({
  destinationId,
  name,
  connectionId,
  sourceName,
}: {
  destinationId: string;
  name: string;
  connectionId: string | null;
  sourceName: string | null;
}) {
  const router = useRouter();
  return (
    <div className="max-w-[40rem] rounded-xl border border-border bg-surface p-6">
      <CheckCircle2 aria-hidden className="size-8 text-success" strokeWidth={1.5} />
      <h2 className="mt-3 text-lg font-semibold">Destination created</h2>
      <p className="mt-1 text-sm text-muted">
        {sourceName
          ? `“${name}” now receives the rows of “${sourceName}”.`
          : `“${name}” is ready. Connect a source to it.`}
      </p>
      <div className="mt-5 flex flex-wrap gap-2">
        {connectionId ? (
          <RunButton connectionId={connectionId} />
        ) : (
          <Button onPress={() => router.push(paths.newConnection())}>Connect a source</Button>
        )}
        <Button variant="secondary" onPress={() => router.push(paths.destination(destinationId))}>
          Open the destination
        </Button>
      </div>
    </div>
  );
}
