import Link from "next/link";
import { RunStateMark } from "@/components/runs/run-state";
import { Cell, Table } from "@/components/ui/table";
import { Time } from "@/components/ui/time";
import { rows } from "@/lib/format";
import { paths } from "@/lib/paths";
import { isRunState } from "@/lib/runs/state";

type End = {
  id: string;
  name: string;
  lastRun: {
    id: string;
    state: string;
    delivered: number;
    rejected: number;
    createdAt: Date;
  } | null;
};

/** The connections of one source or one destination, each by its other end, with its last run. */
export function EndsTable({
  end,
  connections,
}: {
  end: "Source" | "Destination";
  connections: End[];
}) {
  return (
    <Table
      label="Connections"
      head={[
        { title: end },
        { title: "Last run" },
        { title: "Delivered", numeric: true },
        { title: "Rejected", numeric: true },
        { title: "When" },
      ]}
    >
      {connections.map(({ id, name, lastRun: run }) => (
        <tr key={id}>
          <Cell>
            <Link href={paths.connection(id)} className="font-medium hover:underline">
              {name}
            </Link>
          </Cell>
          <Cell>
            {run && isRunState(run.state) ? (
              <Link href={paths.run(run.id)} className="hover:underline">
                <RunStateMark state={run.state} />
              </Link>
            ) : (
              <span className="text-muted">none yet</span>
            )}
          </Cell>
          <Cell numeric>{run ? rows(run.delivered) : "—"}</Cell>
          <Cell numeric>{run ? rows(run.rejected) : "—"}</Cell>
          <Cell className="text-muted">
            {run ? <Time at={run.createdAt} as="relative" /> : "—"}
          </Cell>
        </tr>
      ))}
    </Table>
  );
}
