import Link from "next/link";
import { notFound } from "next/navigation";
import { DeleteDestination, TestDestination } from "@/components/destinations/destination-actions";
import { RunStateMark } from "@/components/runs/run-state";
import { PageHeader } from "@/components/shell/page-header";
import { ButtonLink } from "@/components/ui/button-link";
import { Cell, Table } from "@/components/ui/table";
import { Time } from "@/components/ui/time";
import { connectorKinds } from "@/lib/connectors/catalog";
import { findDestination } from "@/lib/destinations/data";
import { rows } from "@/lib/format";
import { paths } from "@/lib/paths";
import { isRunState } from "@/lib/runs/state";
import { idParam } from "@/lib/web/params";
import { requireActor } from "@/lib/web/session";

export default async function DestinationPage({ params }: { params: Promise<{ destinationId: string }> }) {
  const { teamId } = await requireActor();
  const destination = await findDestination(teamId, idParam((await params).destinationId));
  if (!destination) notFound();
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
          <Table label="Connections" head={[{ title: "Source" }, { title: "Last run" }, { title: "Delivered", numeric: true }, { title: "Rejected", numeric: true }, { title: "When" }]}>
            {destination.connections.map(({ id, source, runs: [run] }) => (
              <tr key={id}>
                <Cell><Link href={paths.connection(id)} className="font-medium hover:underline">{source.name}</Link></Cell>
                <Cell>{run && isRunState(run.state) ? <Link href={paths.run(run.id)} className="hover:underline"><RunStateMark state={run.state} /></Link> : <span className="text-muted">none yet</span>}</Cell>
                <Cell numeric>{run ? rows(run.delivered) : "—"}</Cell>
                <Cell numeric>{run ? rows(run.rejected) : "—"}</Cell>
                <Cell className="text-muted">{run ? <Time at={run.createdAt} as="relative" /> : "—"}</Cell>
              </tr>
            ))}
          </Table>
        )}
      </section>
      <TestDestination destinationId={destination.id} />
      <DeleteDestination destinationId={destination.id} name={destination.name} connections={destination.connections.length} />
    </>
  );
}
