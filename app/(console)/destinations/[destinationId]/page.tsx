import { notFound } from "next/navigation";
import { EndsTable } from "@/components/connections/ends-table";
import { DeleteDestination, TestDestination } from "@/components/destinations/destination-actions";
import { RunCharts } from "@/components/runs/run-charts";
import { PageHeader } from "@/components/shell/page-header";
import { ButtonLink } from "@/components/ui/button-link";
import { connectorKinds } from "@/lib/connectors/catalog";
import { findDestination } from "@/lib/destinations/data";
import { paths } from "@/lib/paths";
import { listRecentRuns } from "@/lib/runs/data";
import { idParam } from "@/lib/web/params";
import { requireActor } from "@/lib/web/session";

export default async function DestinationPage({ params }: { params: Promise<{ destinationId: string }> }) {
  const { teamId } = await requireActor();
  const destination = await findDestination(teamId, idParam((await params).destinationId));
  if (!destination) notFound();
  const runs = await listRecentRuns(teamId, { connection: { destinationId: destination.id } });
  const { config } = destination.credential;
  const url = typeof config === "object" && config !== null && "url" in config ? String(config.url) : null;
  return (
    <>
      <PageHeader title={destination.name} crumbs={[{ title: "Destinations", href: paths.destinations }, { title: connectorKinds[destination.kind]?.title ?? destination.kind }]} description={url ?? undefined} action={<ButtonLink href={paths.newConnection()}>Connect a source</ButtonLink>} />
      <section aria-labelledby="connections" className="mb-8">
        <h2 id="connections" className="mb-2 font-medium">Connections</h2>
        {destination.connections.length === 0 ? (
          <p className="text-sm text-muted">No source delivers here yet.</p>
        ) : (
          <EndsTable end="Source" connections={destination.connections.map(({ id, source, runs }) => ({ id, name: source.name, lastRun: runs[0] }))} />
        )}
      </section>
      <RunCharts runs={runs} />
      <TestDestination destinationId={destination.id} />
      <DeleteDestination destinationId={destination.id} name={destination.name} connections={destination.connections.length} />
    </>
  );
}
