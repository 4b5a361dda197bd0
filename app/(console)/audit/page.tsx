import type { Metadata } from "next";
import { ScrollText } from "lucide-react";
import { PageHeader } from "@/components/shell/page-header";
import { ButtonLink } from "@/components/ui/button-link";
import { Empty } from "@/components/ui/empty";
import { Cell, Table } from "@/components/ui/table";
import { Time } from "@/components/ui/time";
import { AUDIT_PAGE, listAudit } from "@/lib/audit/data";
import { paths } from "@/lib/paths";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "Audit log" };

export default async function AuditPage({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  const { teamId } = await requireActor("audit.read");
  const { before } = await searchParams;
  const entries = await listAudit(teamId, typeof before === "string" && !Number.isNaN(Date.parse(before)) ? new Date(before) : undefined);
  const last = entries.at(-1);
  return (
    <>
      <PageHeader title="Audit log" description="Who did what to what, and when." />
      {entries.length === 0 ? (
        <Empty icon={ScrollText} title="Nothing older">There are no earlier entries.</Empty>
      ) : (
        <Table label="Audit log" head={[{ title: "When" }, { title: "Who" }, { title: "Did" }, { title: "What" }, { title: "From" }]}>
          {entries.map(({ id, at, actorName, action, subjectType, subjectName, ip }) => (
            <tr key={id}>
              <Cell className="text-muted"><Time at={at} /></Cell>
              <Cell>{actorName}</Cell>
              <Cell>{action}</Cell>
              <Cell>{subjectType} <span className="font-medium">{subjectName}</span></Cell>
              <Cell className="font-mono text-xs text-muted">{ip || "—"}</Cell>
            </tr>
          ))}
        </Table>
      )}
      {entries.length === AUDIT_PAGE && last && <div className="mt-4"><ButtonLink variant="secondary" href={`${paths.audit}?before=${last.at.toISOString()}`}>Older entries</ButtonLink></div>}
    </>
  );
}
