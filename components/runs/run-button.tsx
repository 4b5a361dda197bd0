"use client";
import { Button } from "@heroui/react";
import { Play } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { toast } from "sonner";
import { May } from "@/components/shell/may";
import { paths } from "@/lib/paths";
import type { Result } from "@/lib/platform/result";
import { runNowAction, runSourceNowAction } from "@/lib/runs/actions";

/** "Run now" of a connection, or of all connections of a source; leads to the run. */
export function RunButton({
  connectionId,
  sourceId,
}: {
  connectionId?: string;
  sourceId?: string;
}) {
  const router = useRouter();
  const [pending, start] = useTransition();
  const begin = async (): Promise<Result<string>> => {
    if (connectionId) {
      const started = await runNowAction({ connectionId });
      if (started.ok && !started.value.isNew)
        toast("This connection is running already: here is that run.");
      return started.ok ? { ok: true, value: paths.run(started.value.runId) } : started;
    }
    const started = await runSourceNowAction({ sourceId: sourceId ?? "" });
    const [only, ...more] = started.ok ? started.value.runIds : [];
    return started.ok
      ? { ok: true, value: only && more.length === 0 ? paths.run(only) : paths.runs }
      : started;
  };
  const press = () =>
    start(async () => {
      const begun = await begin();
      if (begun.ok) router.push(begun.value);
      else toast.error(begun.reason);
    });
  return (
    <May do="runs.start">
      <Button isPending={pending} onPress={press}>
        <Play aria-hidden className="size-4" />
        {pending ? "Starting" : "Run now"}
      </Button>
    </May>
  );
}
