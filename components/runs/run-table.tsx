import Link from "next/link";
import { RunStateMark } from "@/components/runs/run-state";
import { Cell, Table } from "@/components/ui/table";
import { Time } from "@/components/ui/time";
import { duration, rows } from "@/lib/format";
import { paths } from "@/lib/paths";
import type { RunState } from "@/lib/runs/state";

export type RunRow = {
  id: string;
  state: RunState;
  trigger: string;
  delivered: number;
  rejected: number;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  error?: unknown;
  name: string;
};

const startedBy: Record<string, string> = { schedule: "Schedule", retry: "Retry" };

export function RunTable({ runs }: { runs: RunRow[] }) {
  return (
    <Table
      label="Runs"
      head={[
        { title: "Connection" },
        { title: "State" },
        { title: "Started by" },
        { title: "Delivered", numeric: true },
        { title: "Rejected", numeric: true },
        { title: "Took", numeric: true },
        { title: "When" },
      ]}
    >
      {runs.map((run) => (
        <tr key={run.id}>
          <Cell>
            <Link href={paths.run(run.id)} className="font-medium hover:underline">
              {run.name}
            </Link>
          </Cell>
          <Cell>
            <RunStateMark state={run.state} error={run.error} />
          </Cell>
          <Cell className="text-muted">{startedBy[run.trigger] ?? "Hand"}</Cell>
          <Cell numeric>{rows(run.delivered)}</Cell>
          <Cell numeric>{rows(run.rejected)}</Cell>
          <Cell numeric>
            {run.startedAt && run.finishedAt
              ? duration(run.finishedAt.getTime() - run.startedAt.getTime())
              : "—"}
          </Cell>
          <Cell className="text-muted">
            <Time at={run.createdAt} as="relative" />
          </Cell>
        </tr>
      ))}
    </Table>
  );
}
