"use client";
import { Button } from "@heroui/react";
import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { toast } from "sonner";
import { May } from "@/components/shell/may";
import { plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { allowDeletesAction } from "@/lib/runs/actions";

/** The answer to a run that stopped before its deletes. */
export function AllowDeletes({ runId, deletes }: { runId: string; deletes: number }) {
  const router = useRouter();
  const [pending, start] = useTransition();
  const press = () =>
    start(async () => {
      const allowed = await allowDeletesAction({ runId });
      if (allowed.ok) router.push(paths.run(allowed.value.runId));
      else toast.error(allowed.reason);
    });
  return (
    <May do="runs.start">
      <div className="mt-3">
        <Button variant="danger-soft" size="sm" isPending={pending} onPress={press}>
          Delete {plural(deletes, "row")} and go on
        </Button>
      </div>
    </May>
  );
}
