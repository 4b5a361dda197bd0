import type { Metadata } from "next";
import { ArrowUpFromLine } from "lucide-react";
import Link from "next/link";
import { May } from "@/components/shell/may";
import { PageHeader } from "@/components/shell/page-header";
import { ButtonLink } from "@/components/ui/button-link";
import { Empty } from "@/components/ui/empty";
import { Pager } from "@/components/ui/pager";
import { SearchForm } from "@/components/ui/search-form";
import { Cell, Table } from "@/components/ui/table";
import { DraftList } from "@/components/wizard/draft-list";
import { listOpenDrafts } from "@/lib/drafts/data";
import { firstOpenStep } from "@/lib/drafts/steps";
import { paths } from "@/lib/paths";
import { listAddress, listSchema, PAGE } from "@/lib/platform/pages";
import { discardSourceDraftAction } from "@/lib/sources/actions";
import { CONNECTIONS_NAMED, pageSources } from "@/lib/sources/data";
import { scheduleText } from "@/lib/schedule/rules";
import { scheduleSchema } from "@/lib/schedule/schema";
import { sourceDraftSchema } from "@/lib/sources/schema";
import { sourceSteps } from "@/lib/sources/steps";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "Sources" };

export default async function SourcesPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { teamId } = await requireActor("sources.read");
  const list = listSchema.parse(await searchParams);
  const [{ sources, total }, drafts] = await Promise.all([
    pageSources(teamId, list),
    listOpenDrafts(teamId, "source"),
  ]);
  const lines = drafts.map(({ id, data, updatedAt }) => {
    const draft = sourceDraftSchema.parse(data);
    const open = firstOpenStep(sourceSteps, draft);
    return {
      id,
      name: draft.editing
        ? `Edit of ${draft.editing.before.name}`
        : (draft.name?.name ?? "New Redshift source"),
      href: paths.sourceStep(id, open.id),
      stepTitle: open.title,
      updatedAt,
    };
  });
  const isEmpty = total === 0 && list.search === "";
  return (
    <>
      <PageHeader
        title="Sources"
        action={
          <May do="sources.edit">
            <ButtonLink href={paths.newSource}>Add Source</ButtonLink>
          </May>
        }
      />
      <May do="sources.edit">
        <DraftList drafts={lines} discard={discardSourceDraftAction} />
      </May>
      {!isEmpty && <SearchForm action={paths.sources} label="Search sources" value={list.search} />}
      {isEmpty && (
        <Empty
          icon={ArrowUpFromLine}
          title="No sources yet"
          action={
            drafts.length === 0 && (
              <May do="sources.edit">
                <ButtonLink href={paths.newSource} variant="secondary">
                  Set up Redshift as a source
                </ButtonLink>
              </May>
            )
          }
        >
          A source is a table of your Redshift whose rows become identify events. Setting one up
          takes a few minutes.
        </Empty>
      )}
      {!isEmpty && sources.length === 0 && (
        <Empty icon={ArrowUpFromLine} title="None found">
          No source has “{list.search}” in its name, schema or table.
        </Empty>
      )}
      {sources.length > 0 && (
        <Table
          label="Sources"
          head={[
            { title: "Name" },
            { title: "Table" },
            { title: "Run Frequency" },
            { title: "Connected to" },
            { title: "Credentials" },
          ]}
        >
          {sources.map((source) => (
            <tr key={source.id}>
              <Cell>
                <Link href={paths.source(source.id)} className="font-medium hover:underline">
                  {source.name}
                </Link>
              </Cell>
              <Cell className="font-mono text-xs">
                {source.schema}.{source.table}
              </Cell>
              <Cell>{scheduleText(scheduleSchema.parse(source.schedule))}</Cell>
              <Cell>
                {source.connections.map(({ destination }) => destination.name).join(", ") || (
                  <span className="text-muted">nothing yet</span>
                )}
                {source._count.connections > CONNECTIONS_NAMED && (
                  <span className="text-muted">
                    {` and ${source._count.connections - CONNECTIONS_NAMED} more`}
                  </span>
                )}
              </Cell>
              <Cell className="text-muted">{source.credential.name}</Cell>
            </tr>
          ))}
        </Table>
      )}
      <Pager
        page={list.page}
        size={PAGE}
        total={total}
        href={(page) => listAddress(paths.sources, { ...list, page })}
      />
    </>
  );
}
