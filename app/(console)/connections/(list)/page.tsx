import type { Metadata } from "next";
import { Cable } from "lucide-react";
import { ConnectionTable } from "@/components/connections/connection-table";
import { May } from "@/components/shell/may";
import { PageHeader } from "@/components/shell/page-header";
import { ButtonLink } from "@/components/ui/button-link";
import { Empty } from "@/components/ui/empty";
import { Pager } from "@/components/ui/pager";
import { SearchForm } from "@/components/ui/search-form";
import { pageConnections } from "@/lib/connections/data";
import { paths } from "@/lib/paths";
import { listAddress, listSchema, PAGE } from "@/lib/platform/pages";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "Connections" };

export default async function ConnectionsPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { teamId } = await requireActor("connections.read");
  const list = listSchema.parse(await searchParams);
  const { connections, total } = await pageConnections(teamId, list);
  const isEmpty = total === 0 && list.search === "";
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
      {!isEmpty && (
        <SearchForm action={paths.connections} label="Search connections" value={list.search} />
      )}
      {isEmpty && (
        <Empty icon={Cable} title="No connections yet">
          A connection joins a source to a destination. From then on rows are delivered on the
          source’s schedule.
        </Empty>
      )}
      {!isEmpty && connections.length === 0 && (
        <Empty icon={Cable} title="None found">
          No source or destination of a connection has “{list.search}” in its name.
        </Empty>
      )}
      {connections.length > 0 && <ConnectionTable connections={connections} />}
      <Pager
        page={list.page}
        size={PAGE}
        total={total}
        href={(page) => listAddress(paths.connections, { ...list, page })}
      />
    </>
  );
}
