import { Cable } from "lucide-react";
import Link from "next/link";
import { notFound } from "next/navigation";
import { EndsTable } from "@/components/connections/ends-table";
import { RunButton } from "@/components/runs/run-button";
import { RunCharts } from "@/components/runs/run-charts";
import { May } from "@/components/shell/may";
import { DeleteSource } from "@/components/sources/delete-source";
import { SourceVerification } from "@/components/sources/source-verification";
import { EditSource } from "@/components/sources/edit-source";
import { SourceTabs } from "@/components/sources/source-tabs";
import { ButtonLink } from "@/components/ui/button-link";
import { Empty } from "@/components/ui/empty";
import { Time } from "@/components/ui/time";
import { paths } from "@/lib/paths";
import { listRecentRuns } from "@/lib/runs/data";
import { findSource } from "@/lib/sources/data";
import { nextSlots, scheduleText } from "@/lib/schedule/rules";
import { idParam } from "@/lib/web/params";
import { requireActor } from "@/lib/web/session";

export default async function SourcePage({ params }: { params: Promise<{ sourceId: string }> }) {
  const { teamId } = await requireActor("sources.read");
  const source = await findSource(teamId, idParam((await params).sourceId));
  if (!source) notFound();
  const runs = await listRecentRuns(teamId, { connection: { sourceId: source.id } });
  const [next] = nextSlots(source.schedule, new Date(), 1);
  const connected = source.connections.length > 0;
  return (
    <SourceTabs
      source={source}
      current="overview"
      action={
        <>
          <EditSource sourceId={source.id} />
          {connected ? (
            <RunButton sourceId={source.id} />
          ) : (
            <May do="connections.edit">
              <ButtonLink href={paths.newConnection(source.id)}>Connect Destinations</ButtonLink>
            </May>
          )}
        </>
      }
    >
      <dl className="mb-6 grid gap-x-8 gap-y-3 rounded-xl border border-border bg-surface px-4 py-3 text-sm sm:grid-cols-2 lg:grid-cols-4">
        <Fact title="Run Frequency">{scheduleText(source.schedule)}</Fact>
        <Fact title="Next run">
          {connected && next && <Time at={next} />}
          {connected && !next && "No scheduled runs"}
          {!connected && "Once it is connected"}
        </Fact>
        <Fact title="Columns">
          {source.mapping.columns.length} sent, identified by{" "}
          <code className="font-mono">{source.keys.join(", ")}</code>
        </Fact>
        <Fact title="Credentials">
          <Link href={paths.credential(source.credential.id)} className="hover:underline">
            {source.credential.name}
          </Link>
        </Fact>
      </dl>
      <section aria-labelledby="connections" className="mb-8">
        <div className="mb-2 flex items-center justify-between">
          <h2 id="connections" className="font-medium">
            Connections
          </h2>
          {connected && (
            <May do="connections.edit">
              <ButtonLink size="sm" variant="secondary" href={paths.newConnection(source.id)}>
                Connect Destinations
              </ButtonLink>
            </May>
          )}
        </div>
        {!connected ? (
          <Empty
            icon={Cable}
            title="Not connected yet"
            action={
              <May do="destinations.edit">
                <ButtonLink href={paths.newDestination(source.id)} variant="secondary">
                  Add Destinations
                </ButtonLink>
              </May>
            }
          >
            Connect this source to a destination, and its rows are delivered there.
          </Empty>
        ) : (
          <EndsTable
            end="Destination"
            connections={source.connections.map(({ id, destination, lastRun }) => ({
              id,
              name: destination.name,
              lastRun,
            }))}
          />
        )}
      </section>
      <RunCharts runs={runs} />
      <SourceVerification
        sourceId={source.id}
        checks={source.checks}
        checkedAt={source.checkedAt}
      />
      <DeleteSource
        sourceId={source.id}
        name={source.name}
        connections={source.connections.length}
      />
    </SourceTabs>
  );
}

function Fact({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <div>
      <dt className="text-muted">{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}
