import {
  CheckCircle2,
  CircleDashed,
  CircleSlash,
  Clock,
  LoaderCircle,
  XCircle,
} from "lucide-react";
import { cn } from "@/components/ui/cn";
import { waitsForWarehouse } from "@/lib/runs/rules";
import { stateText, type RunState } from "@/lib/runs/state";

const looks: Record<RunState, { icon: typeof Clock; colour: string }> = {
  queued: { icon: CircleDashed, colour: "text-muted" },
  running: { icon: LoaderCircle, colour: "text-accent" },
  waiting: { icon: Clock, colour: "text-warning" },
  succeeded: { icon: CheckCircle2, colour: "text-success" },
  failed: { icon: XCircle, colour: "text-danger" },
  cancelled: { icon: CircleSlash, colour: "text-muted" },
};

/** A run's state as icon and word; `error` is why it waits. */
export function RunStateMark({ state, error }: { state: RunState; error?: unknown }) {
  const { icon: Icon, colour } = looks[state];
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <Icon
        aria-hidden
        className={cn(
          "size-4",
          colour,
          state === "running" && "animate-spin motion-reduce:animate-none",
        )}
      />
      {state === "waiting" && waitsForWarehouse(error)
        ? "Waiting for the warehouse"
        : stateText[state]}
    </span>
  );
}
