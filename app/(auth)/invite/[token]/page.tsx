import type { Metadata } from "next";
import { JoinAsMember, JoinAsNew } from "@/components/account/join-form";
import { Notice } from "@/components/ui/notice";
import { findInvitation } from "@/lib/team/data";
import { INVITATION_IS_DEAD } from "@/lib/team/rules";
import { currentStanding } from "@/lib/web/session";

export const metadata: Metadata = { title: "Invitation", referrer: "no-referrer" };

export default async function InvitePage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  const [invitation, standing] = await Promise.all([findInvitation(token), currentStanding()]);
  if (!invitation)
    return (
      <>
        <h1 className="sr-only">Invitation</h1>
        <Notice tone="danger">{INVITATION_IS_DEAD}</Notice>
      </>
    );
  const shown = {
    token,
    team: invitation.team.name,
    role: invitation.role,
    email: invitation.email,
  };
  return standing ? (
    <JoinAsMember
      invitation={shown}
      person={{ name: standing.person.name, email: standing.person.email }}
    />
  ) : (
    <JoinAsNew invitation={shown} />
  );
}
