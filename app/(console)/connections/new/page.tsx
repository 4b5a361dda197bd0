import type { Metadata } from "next";
import { Cable } from "lucide-react";
import { ConnectForm } from "@/components/connections/connect-form";
import { PageHeader } from "@/components/shell/page-header";
import { ButtonLink } from "@/components/ui/button-link";
import { Empty } from "@/components/ui/empty";
import { connectorKinds } from "@/lib/connectors/catalog";
import { listDestinations } from "@/lib/destinations/data";
import { paths } from "@/lib/paths";
import { listSources } from "@/lib/sources/data";
import { cursorColumns } from "@/lib/sources/rules";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "Connect Destinations" };

export default async function NewConnectionPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { teamId } = await requireActor("connections.edit");
  const { source: wanted } = await searchParams;
  const [sources, destinations] = await Promise.all([
    listSources(teamId),
    listDestinations(teamId),
  ]);
  const source =
    sources.find(({ id }) => id === wanted) ?? (sources.length === 1 ? sources[0] : undefined);
  const taken = new Set(source?.connections.map(({ destination }) => destination.name));
  return (
    <>
      <PageHeader
        title="Connect Destinations"
        crumbs={[{ title: "Connections", href: paths.connections }]}
      />
      {sources.length === 0 || destinations.length === 0 ? (
        <Empty
          icon={Cable}
          title={sources.length === 0 ? "There is no source yet" : "There is no destination yet"}
          action={
            <ButtonLink
              href={sources.length === 0 ? paths.newSource : paths.newDestination(source?.id)}
            >
              {sources.length === 0 ? "Add Source" : "Add Destinations"}
            </ButtonLink>
          }
        >
          A connection needs both: a source to read from and a destination to deliver to.
        </Empty>
      ) : (
        <ConnectForm
          sourceId={source?.id ?? ""}
          sources={sources.map(({ id, name, schema, table, columns }) => ({
            id,
            name,
            note: `${schema}.${table}`,
            cursors: cursorColumns(columns),
          }))}
          destinations={destinations.map(({ id, name, kind }) => ({
            id,
            name,
            note: taken.has(name) ? "connected already" : connectorKinds[kind]?.title,
          }))}
        />
      )}
    </>
  );
}
