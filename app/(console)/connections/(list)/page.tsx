import type { Metadata } from "next";
import { Cable } from "lucide-react";
import { ConnectionTable } from "@/components/connections/connection-table";
import { May } from "@/components/shell/may";
import { PageHeader } from "@/components/shell/page-header";
import { ButtonLink } from "@/components/ui/button-link";
import { Empty } from "@/components/ui/empty";
import { listConnections } from "@/lib/connections/data";
import { paths } from "@/lib/paths";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "Connections" };

export default async function ConnectionsPage() {
  const { teamId } = await requireActor("connections.read");
  const connections = await listConnections(teamId);
  return (
    <>
      <PageHeader
        title="Connections"
        action={
          <May do="connections.edit">
            <ButtonLink href={paths.newConnection()}>Connect Destinations</ButtonLink>
          </May>
        }
      />
      {connections.length === 0 ? (
        <Empty icon={Cable} title="No connections yet">
          A connection joins a source to a destination. From then on rows are delivered on the
          source’s schedule.
        </Empty>
      ) : (
        <ConnectionTable connections={connections} />
      )}
    </>
  );
}
