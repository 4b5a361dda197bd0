"use client";
import { Button } from "@heroui/react";
import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { toast } from "sonner";
import { Cell, Table } from "@/components/ui/table";
import { Time } from "@/components/ui/time";
import { revokeInvitationAction } from "@/lib/team/actions";

type Invitation = {
  id: string;
  email: string | null;
  role: string;
  expiresAt: Date;
  inviter: { name: string };
};

export function Invitations({ invitations }: { invitations: Invitation[] }) {
  const router = useRouter();
  const [pending, start] = useTransition();
  if (invitations.length === 0) return <p className="text-sm text-muted">None are open.</p>;
  const revoke = (invitationId: string) =>
    start(async () => {
      const revoked = await revokeInvitationAction({ invitationId });
      if (revoked.ok) toast.success("Revoked. Its link no longer works.");
      else toast.error(revoked.reason);
      router.refresh();
    });
  return (
    <Table
      label="Open invitations"
      head={[
        { title: "For" },
        { title: "Role" },
        { title: "Invited by" },
        { title: "Expires" },
        { title: "Actions", hidden: true },
      ]}
    >
      {invitations.map(({ id, email, role, expiresAt, inviter }) => (
        <tr key={id}>
          <Cell className="max-w-72 min-w-48 font-medium [overflow-wrap:anywhere]">
            {email ?? "Whoever has the link"}
          </Cell>
          <Cell className="capitalize">{role}</Cell>
          <Cell className="max-w-48 min-w-32 [overflow-wrap:anywhere]">{inviter.name}</Cell>
          <Cell className="text-muted">
            <Time at={expiresAt} />
          </Cell>
          <Cell numeric>
            <Button
              size="sm"
              variant="danger-soft"
              isDisabled={pending}
              aria-label={`Revoke the invitation of ${email ?? "whoever has the link"}`}
              onPress={() => revoke(id)}
            >
              Revoke
            </Button>
          </Cell>
        </tr>
      ))}
    </Table>
  );
}
