import { notFound } from "next/navigation";
import { z } from "zod";
import { EndsTable } from "@/components/connections/ends-table";
import { DeleteDestination, TestDestination } from "@/components/destinations/destination-actions";
import { RunCharts } from "@/components/runs/run-charts";
import { May } from "@/components/shell/may";
import { PageHeader } from "@/components/shell/page-header";
import { ButtonLink } from "@/components/ui/button-link";
import { connectorKinds } from "@/lib/connectors/catalog";
import { findDestination } from "@/lib/destinations/data";
import { paths } from "@/lib/paths";
import { listRecentRuns } from "@/lib/runs/data";
import { idParam } from "@/lib/web/params";
import { requireActor } from "@/lib/web/session";

export default async function DestinationPage({
  params,
}: {
  params: Promise<{ destinationId: string }>;
}) {
  const { teamId } = await requireActor("destinations.read");
  const destination = await findDestination(teamId, idParam((await params).destinationId));
  if (!destination) notFound();
  const runs = await listRecentRuns(teamId, { connection: { destinationId: destination.id } });
  const { config } = destination.credential;
  const takes = connectorKinds[destination.kind]?.destination?.takes ?? "events";
  const url =
    typeof config === "object" && config !== null && "url" in config ? String(config.url) : null;
  return (
    <>
      <PageHeader
        title={destination.name}
        crumbs={[
          { title: "Destinations", href: paths.destinations },
          { title: connectorKinds[destination.kind]?.title ?? destination.kind },
        ]}
        description={url ?? targetText(config, destination.config)}
        action={
          <May do="connections.edit">
            <ButtonLink href={paths.newConnection()}>Connect a source</ButtonLink>
          </May>
        }
      />
      <section aria-labelledby="connections" className="mb-8">
        <h2 id="connections" className="mb-2 font-medium">
          Connections
        </h2>
        {destination.connections.length === 0 ? (
          <p className="text-sm text-muted">No source delivers here yet.</p>
        ) : (
          <EndsTable
            end="Source"
            connections={destination.connections.map(({ id, source, lastRun }) => ({
              id,
              name: source.name,
              lastRun,
            }))}
          />
        )}
      </section>
      <RunCharts runs={runs} />
      <TestDestination destinationId={destination.id} takes={takes} />
      <DeleteDestination
        destinationId={destination.id}
        name={destination.name}
        connections={destination.connections.length}
      />
    </>
  );
}

const targetSchema = z.object({
  login: z.object({ host: z.string(), database: z.string() }),
  own: z.object({
    staging: z.object({ bucket: z.string(), prefix: z.string() }).optional(),
    tables: z.object({ targetSchema: z.string(), targetTable: z.string() }),
  }),
});

/** Where rows land, in a line. */
function targetText(login: unknown, own: unknown): string | undefined {
  const { data } = targetSchema.safeParse({ login, own });
  if (!data) return undefined;
  const { staging, tables } = data.own;
  return `${data.login.database} at ${data.login.host} · ${tables.targetSchema}.${tables.targetTable || "<table of the source>"}${staging ? ` · by way of s3://${staging.bucket}/${staging.prefix}` : ""}`;
}
