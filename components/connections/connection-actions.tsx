"use client";
import { Switch } from "@heroui/react";
import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { toast } from "sonner";
import { DeleteDialog } from "@/components/shell/delete-dialog";
import { deleteConnectionAction, setConnectionEnabledAction } from "@/lib/connections/actions";
import { paths } from "@/lib/paths";

/** Whether its schedule starts runs. "Run now" works either way. */
export function ScheduleSwitch({
  connectionId,
  enabled,
}: {
  connectionId: string;
  enabled: boolean;
}) {
  const [pending, start] = useTransition();
  const change = (on: boolean) =>
    start(async () => {
      const saved = await setConnectionEnabledAction({ connectionId, enabled: on });
      if (!saved.ok) toast.error(saved.reason);
    });
  return (
    <Switch isSelected={enabled} isDisabled={pending} onChange={change}>
      <Switch.Content>
        <Switch.Control>
          <Switch.Thumb />
        </Switch.Control>
        Runs on schedule
      </Switch.Content>
    </Switch>
  );
}

export function DeleteConnection({
  connectionId,
  sourceName,
}: {
  connectionId: string;
  sourceName: string;
}) {
  const router = useRouter();
  return (
    <DeleteDialog
      what="connection"
      name={sourceName}
      label="Delete connection"
      breaks={
        <p>
          It stops running, and the record of its runs is deleted. Source and destination stay.
          Connected again, the first run delivers every row anew.
        </p>
      }
      remove={(typed) => deleteConnectionAction({ connectionId, name: typed })}
      onDone={() => router.push(paths.connections)}
    />
  );
}
