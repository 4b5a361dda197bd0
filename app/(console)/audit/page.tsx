import type { Metadata } from "next";
import { Download, ScrollText } from "lucide-react";
import { buttonVariants } from "@heroui/styles";
import { AuditFilters } from "@/components/audit/audit-filters";
import { AuditTable } from "@/components/audit/audit-table";
import { PageHeader } from "@/components/shell/page-header";
import { ButtonLink } from "@/components/ui/button-link";
import { Empty } from "@/components/ui/empty";
import { AUDIT_PAGE, listAudit, listAuditActors } from "@/lib/audit/data";
import { auditCursorSchema, cursorOf, filterOf, queryOf } from "@/lib/audit/schema";
import { paths } from "@/lib/paths";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "Audit log" };

export default async function AuditPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { teamId } = await requireActor("audit.read");
  const params = await searchParams;
  const filter = filterOf(params);
  const after = auditCursorSchema.safeParse(params.after).data;
  const [entries, actors] = await Promise.all([
    listAudit(teamId, filter, after),
    listAuditActors(teamId),
  ]);
  const last = entries.at(-1);
  const isFiltered = queryOf(filter) !== "" || after !== undefined;
  return (
    <>
      <PageHeader
        title="Audit log"
        description="Who did what to what, when and from where. Nobody can change it."
        action={
          <a
            href={`${paths.auditExport}?${queryOf(filter)}`}
            download
            className={buttonVariants({ variant: "secondary" })}
          >
            <Download aria-hidden className="size-4" />
            Export
          </a>
        }
      />
      <AuditFilters filter={filter} actors={actors} />
      {entries.length === 0 ? (
        <Empty
          icon={ScrollText}
          title={isFiltered ? "Nothing matches" : "Nothing yet"}
          action={
            isFiltered && (
              <ButtonLink variant="secondary" href={paths.audit}>
                Show all
              </ButtonLink>
            )
          }
        >
          {isFiltered ? "No entry is of this kind." : "What people do here is written down here."}
        </Empty>
      ) : (
        <AuditTable
          entries={entries.map(({ detail, before, after: now, ...entry }) => ({
            ...entry,
            more: { before, after: now, detail },
          }))}
        />
      )}
      <nav aria-label="Pages" className="mt-4 flex gap-2">
        {after && (
          <ButtonLink variant="secondary" href={`${paths.audit}?${queryOf(filter)}`}>
            Newest entries
          </ButtonLink>
        )}
        {entries.length === AUDIT_PAGE && last && (
          <ButtonLink
            variant="secondary"
            href={`${paths.audit}?${queryOf({ ...filter, after: cursorOf(last) })}`}
          >
            Older entries
          </ButtonLink>
        )}
      </nav>
    </>
  );
}
