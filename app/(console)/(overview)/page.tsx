import type { Metadata } from "next";
import { Waves } from "lucide-react";
import { ConnectionTable } from "@/components/connections/connection-table";
import { Totals } from "@/components/runs/totals";
import { May } from "@/components/shell/may";
import { PageHeader } from "@/components/shell/page-header";
import { ButtonLink } from "@/components/ui/button-link";
import { Empty } from "@/components/ui/empty";
import { Notice } from "@/components/ui/notice";
import { pageConnections } from "@/lib/connections/data";
import { count } from "@/lib/format";
import { paths } from "@/lib/paths";
import { summarizeRuns } from "@/lib/runs/data";
import { listBroken } from "@/lib/verification/data";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "Overview" };

const DAY_MS = 24 * 60 * 60 * 1000;

export default async function OverviewPage() {
  const { teamId } = await requireActor("connections.read");
  const now = new Date();
  const [{ connections, total }, summary, broken] = await Promise.all([
    pageConnections(teamId, { search: "", page: 1 }),
    summarizeRuns(teamId, new Date(now.getTime() - DAY_MS)),
    listBroken(teamId),
  ]);
  return (
    <>
      <PageHeader
        title="Overview"
        action={
          <>
            <May do="destinations.edit">
              <ButtonLink variant="secondary" href={paths.newDestination()}>
                Add Destination
              </ButtonLink>
            </May>
            <May do="sources.edit">
              <ButtonLink href={paths.newSource}>Add Source</ButtonLink>
            </May>
          </>
        }
      />
      {broken.length > 0 && (
        <section aria-label="Broken connections" className="mb-6 flex flex-col gap-3">
          {broken.map(({ subject, id, name, failed, summary }) => (
            <Notice
              key={id}
              tone="danger"
              title={`${name}: ${failed} failed`}
              action={
                <ButtonLink
                  size="sm"
                  variant="secondary"
                  href={subject === "source" ? paths.source(id) : paths.destination(id)}
                >{`Mend ${name}`}</ButtonLink>
              }
            >
              {summary}
            </Notice>
          ))}
        </section>
      )}
      {connections.length === 0 ? (
        <Empty icon={Waves} title="Nothing flows yet">
          Add a source to read from and a destination to deliver to, then connect them. What they
          deliver is shown here.
        </Empty>
      ) : (
        <div className="flex flex-col gap-6">
          {summary.failed.map((run) => (
            <Notice
              key={run.id}
              tone="warning"
              title={`${run.source.name} → ${run.destination.name} failed`}
              action={
                <ButtonLink size="sm" variant="secondary" href={paths.run(run.id)}>
                  See the run
                </ButtonLink>
              }
            >
              {run.error?.message}
            </Notice>
          ))}
          <Totals summary={summary} now={now} />
          <section aria-labelledby="connections">
            <h2 id="connections" className="mb-2 font-medium">
              Connections
            </h2>
            <ConnectionTable connections={connections} />
            {total > connections.length && (
              <div className="mt-4">
                <ButtonLink variant="secondary" href={paths.connections}>
                  {`All ${count(total)} connections`}
                </ButtonLink>
              </div>
            )}
          </section>
        </div>
      )}
    </>
  );
}
