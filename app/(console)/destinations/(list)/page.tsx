import type { Metadata } from "next";
import { ArrowDownToLine } from "lucide-react";
import Link from "next/link";
import { May } from "@/components/shell/may";
import { PageHeader } from "@/components/shell/page-header";
import { ButtonLink } from "@/components/ui/button-link";
import { Empty } from "@/components/ui/empty";
import { Pager } from "@/components/ui/pager";
import { SearchForm } from "@/components/ui/search-form";
import { Cell, Table } from "@/components/ui/table";
import { Time } from "@/components/ui/time";
import { DraftList } from "@/components/wizard/draft-list";
import { connectorKinds } from "@/lib/connectors/catalog";
import { discardDestinationDraftAction } from "@/lib/destinations/actions";
import { pageDestinations } from "@/lib/destinations/data";
import { destinationDraftSchema } from "@/lib/destinations/schema";
import { destinationSteps } from "@/lib/destinations/steps";
import { listOpenDrafts } from "@/lib/drafts/data";
import { firstOpenStep } from "@/lib/drafts/steps";
import { plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { listAddress, listSchema, PAGE } from "@/lib/platform/pages";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "Destinations" };

const kindTitle = (kind: string) => connectorKinds[kind]?.title ?? kind;

export default async function DestinationsPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { teamId } = await requireActor("destinations.read");
  const list = listSchema.parse(await searchParams);
  const [{ destinations, total }, drafts] = await Promise.all([
    pageDestinations(teamId, list),
    listOpenDrafts(teamId, "destination"),
  ]);
  const lines = drafts.map(({ id, kind, data, updatedAt }) => {
    const draft = destinationDraftSchema.parse(data);
    const open = firstOpenStep(destinationSteps(kind), draft);
    return {
      id,
      name: draft.name?.name ?? `New ${kindTitle(kind)}`,
      href: paths.destinationStep(id, open.id),
      stepTitle: open.title,
      updatedAt,
    };
  });
  const isEmpty = total === 0 && list.search === "";
  return (
    <>
      <PageHeader
        title="Destinations"
        action={
          <May do="destinations.edit">
            <ButtonLink href={paths.newDestination()}>Add Destination</ButtonLink>
          </May>
        }
      />
      <May do="destinations.edit">
        <DraftList drafts={lines} discard={discardDestinationDraftAction} />
      </May>
      {!isEmpty && (
        <SearchForm action={paths.destinations} label="Search destinations" value={list.search} />
      )}
      {isEmpty && (
        <Empty
          icon={ArrowDownToLine}
          title="No destinations yet"
          action={
            drafts.length === 0 && (
              <May do="destinations.edit">
                <ButtonLink href={paths.newDestination()} variant="secondary">
                  Set up a destination
                </ButtonLink>
              </May>
            )
          }
        >
          A destination receives the rows of your sources: a table in Redshift, a RudderStack or
          Segment compatible API, or a webhook of your own.
        </Empty>
      )}
      {!isEmpty && destinations.length === 0 && (
        <Empty icon={ArrowDownToLine} title="None found">
          No destination has “{list.search}” in its name.
        </Empty>
      )}
      {destinations.length > 0 && (
        <Table
          label="Destinations"
          head={[{ title: "Name" }, { title: "Kind" }, { title: "Used by" }, { title: "Created" }]}
        >
          {destinations.map((destination) => (
            <tr key={destination.id}>
              <Cell>
                <Link
                  href={paths.destination(destination.id)}
                  className="font-medium hover:underline"
                >
                  {destination.name}
                </Link>
              </Cell>
              <Cell>{kindTitle(destination.kind)}</Cell>
              <Cell>
                {destination._count.connections > 0 ? (
                  plural(destination._count.connections, "connection")
                ) : (
                  <span className="text-muted">nothing yet</span>
                )}
              </Cell>
              <Cell className="text-muted">
                <Time at={destination.createdAt} />
              </Cell>
            </tr>
          ))}
        </Table>
      )}
      <Pager
        page={list.page}
        size={PAGE}
        total={total}
        href={(page) => listAddress(paths.destinations, { ...list, page })}
      />
    </>
  );
}
