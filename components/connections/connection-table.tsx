import { CirclePause, Clock } from "lucide-react";
import Link from "next/link";
import { RunStateMark } from "@/components/runs/run-state";
import { Cell, Table } from "@/components/ui/table";
import { Time } from "@/components/ui/time";
import { duration, rows } from "@/lib/format";
import { paths } from "@/lib/paths";
import { isRunState } from "@/lib/runs/state";
import { scheduleText } from "@/lib/schedule/rules";
import type { Schedule } from "@/lib/schedule/schema";

type LastRun = {
  state: string;
  delivered: number;
  rejected: number;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
};
export type ConnectionRow = {
  id: string;
  enabled: boolean;
  source: { name: string };
  destination: { name: string };
  schedule: Schedule;
  lastRun: LastRun | null;
};

export function ConnectionTable({ connections }: { connections: ConnectionRow[] }) {
  return (
    <Table
      label="Connections"
      head={[
        { title: "Connection" },
        { title: "Schedule" },
        { title: "Last rows", numeric: true },
        { title: "Rejected", numeric: true },
        { title: "Took", numeric: true },
        { title: "State" },
        { title: "When" },
      ]}
    >
      {connections.map(({ id, enabled, source, destination, schedule, lastRun: run }) => (
        <tr key={id}>
          <Cell>
            <Link href={paths.connection(id)} className="font-medium hover:underline">
              {source.name} → {destination.name}
            </Link>
          </Cell>
          <Cell className="text-muted">{enabled ? scheduleText(schedule) : "Paused"}</Cell>
          <Cell numeric>{run ? rows(run.delivered) : "—"}</Cell>
          <Cell numeric>{run ? rows(run.rejected) : "—"}</Cell>
          <Cell numeric>
            {run?.startedAt && run.finishedAt
              ? duration(run.finishedAt.getTime() - run.startedAt.getTime())
              : "—"}
          </Cell>
          <Cell>
            {run && isRunState(run.state) ? (
              <RunStateMark state={run.state} />
            ) : (
              <span className="inline-flex items-center gap-1.5 text-muted">
                {enabled ? (
                  <Clock aria-hidden className="size-4" />
                ) : (
                  <CirclePause aria-hidden className="size-4" />
                )}
                {enabled ? "Waiting" : "Paused"}
              </span>
            )}
          </Cell>
          <Cell className="text-muted">
            {run ? <Time at={run.createdAt} as="relative" /> : "—"}
          </Cell>
        </tr>
      ))}
    </Table>
  );
}
