"use client";
import { Label, ListBox, Select } from "@heroui/react";
import { ShieldCheck } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { toast } from "sonner";
import { DeleteDialog } from "@/components/shell/delete-dialog";
import { Cell, Table } from "@/components/ui/table";
import { Time } from "@/components/ui/time";
import { changeRoleAction, removeMemberAction } from "@/lib/team/actions";
import { grantableRoles, mayChangeMember } from "@/lib/team/rules";
import type { Role } from "@/lib/team/types";

type Member = {
  id: string;
  name: string;
  email: string;
  role: Role;
  createdAt: Date;
  isMe: boolean;
  secured: "app" | "passkey" | null;
};

/** Who is in the team, and what they may do. Who may change it sees how. */
export function Members({ members, actorRole }: { members: Member[]; actorRole: Role }) {
  const router = useRouter();
  return (
    <Table
      label="Members"
      head={[
        { title: "Name" },
        { title: "Email" },
        { title: "Role" },
        { title: "Second factor" },
        { title: "Since" },
        { title: "Actions", hidden: true },
      ]}
    >
      {members.map((member) => (
        <tr key={member.id}>
          <Cell className="max-w-60 font-medium [overflow-wrap:anywhere]">
            {member.name}
            {member.isMe && <span className="font-normal text-muted"> (you)</span>}
          </Cell>
          <Cell className="max-w-72 min-w-48 break-words [overflow-wrap:anywhere]">
            {member.email}
          </Cell>
          <Cell>
            {mayChangeMember(actorRole, member.role) ? (
              <RoleSelect key={member.role} member={member} roles={grantableRoles(actorRole)} />
            ) : (
              <span className="capitalize">{member.role}</span>
            )}
          </Cell>
          <Cell className="whitespace-nowrap">
            {member.secured ? (
              <span className="inline-flex items-center gap-1.5">
                <ShieldCheck aria-hidden className="size-4 text-success" />
                {member.secured === "app" ? "App" : "Passkey"}
              </span>
            ) : (
              <span className="text-muted">None</span>
            )}
          </Cell>
          <Cell className="text-muted">
            <Time at={member.createdAt} />
          </Cell>
          <Cell numeric>
            {mayChangeMember(actorRole, member.role) && !member.isMe && (
              <DeleteDialog
                what="member"
                verb="Remove"
                whom="them"
                size="sm"
                label="Remove"
                name={member.name}
                breaks={
                  <p>
                    {member.name} is out of this team at once, also where a page is open. What they
                    set up stays. To come back they need a new invitation.
                  </p>
                }
                remove={(typed) => removeMemberAction({ memberId: member.id, name: typed })}
                onDone={() => {
                  toast.success("Removed.");
                  router.refresh();
                }}
              />
            )}
          </Cell>
        </tr>
      ))}
    </Table>
  );
}

function RoleSelect({ member, roles }: { member: Member; roles: readonly Role[] }) {
  const router = useRouter();
  const [pending, start] = useTransition();
  const change = (role: Role | undefined) =>
    start(async () => {
      if (!role || role === member.role) return;
      const changed = await changeRoleAction({ memberId: member.id, role });
      if (changed.ok) toast.success("Changed. It holds at once.");
      else toast.error(changed.reason);
      router.refresh();
    });
  return (
    <Select
      selectedKey={member.role}
      isDisabled={pending}
      onSelectionChange={(key) => change(roles.find((role) => role === key))}
      className="w-32"
    >
      <Label className="sr-only">Role of {member.name}</Label>
      <Select.Trigger>
        <Select.Value className="capitalize" />
        <Select.Indicator />
      </Select.Trigger>
      <Select.Popover>
        <ListBox>
          {roles.map((role) => (
            <ListBox.Item key={role} id={role} textValue={role}>
              <span className="capitalize">{role}</span>
              <ListBox.ItemIndicator />
            </ListBox.Item>
          ))}
        </ListBox>
      </Select.Popover>
    </Select>
  );
}
