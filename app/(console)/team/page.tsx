import type { Metadata } from "next";
import { PageHeader } from "@/components/shell/page-header";
import { Cell, Table } from "@/components/ui/table";
import { Time } from "@/components/ui/time";
import { listMembers } from "@/lib/team/data";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "Team" };

export default async function TeamPage() {
  const { teamId, teamName } = await requireActor("team.read");
  const members = await listMembers(teamId);
  return (
    <>
      <PageHeader title="Team" description={teamName} />
      <Table label="Members" head={[{ title: "Name" }, { title: "Email" }, { title: "Role" }, { title: "Since" }]}>
        {members.map(({ id, role, createdAt, user }) => (
          <tr key={id}>
            <Cell className="font-medium">{user.name}</Cell>
            <Cell>{user.email}</Cell>
            <Cell className="capitalize">{role}</Cell>
            <Cell className="text-muted"><Time at={createdAt} /></Cell>
          </tr>
        ))}
      </Table>
    </>
  );
}
