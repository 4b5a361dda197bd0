import type { Metadata } from "next";
import { May } from "@/components/shell/may";
import { PageHeader } from "@/components/shell/page-header";
import { Invitations } from "@/components/team/invitations";
import { Invite } from "@/components/team/invite";
import { LeaveTeam } from "@/components/team/leave-team";
import { Members } from "@/components/team/members";
import { NewTeam, TeamSettings } from "@/components/team/team-settings";
import { Section } from "@/components/ui/section";
import { findTeam, listMembers, listOpenInvitations } from "@/lib/team/data";
import { grantableRoles, isRole, may } from "@/lib/team/rules";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "Team" };

/** What a member has beside a password. */
function secondFactor(user: {
  twoFactorEnabled: boolean | null;
  _count: { passkeys: number };
}): "app" | "passkey" | null {
  if (user.twoFactorEnabled) return "app";
  return user._count.passkeys > 0 ? "passkey" : null;
}

export default async function TeamPage() {
  const { teamId, teamName, role, userId } = await requireActor("team.read");
  const mayInvite = may(role, "team.invite");
  const [team, members, invitations] = await Promise.all([
    findTeam(teamId),
    listMembers(teamId),
    mayInvite ? listOpenInvitations(teamId) : [],
  ]);
  const shown = members.flatMap(({ id, role: has, createdAt, user }) =>
    isRole(has)
      ? [
          {
            id,
            role: has,
            createdAt,
            name: user.name,
            email: user.email,
            isMe: user.id === userId,
            secured: secondFactor(user),
          },
        ]
      : [],
  );
  return (
    <>
      <PageHeader
        title="Team"
        description={teamName}
        action={
          <May do="team.invite">
            <Invite roles={[...grantableRoles(role)]} />
          </May>
        }
      />
      <Section title="Members">
        <Members members={shown} actorRole={role} />
      </Section>
      {mayInvite && (
        <Section title="Open invitations" note="Each link works once, for seven days.">
          <Invitations invitations={invitations} />
        </Section>
      )}
      <May do="team.settings">
        <Section title="Team settings">
          <TeamSettings name={team.name} requireTwoFactor={team.requireTwoFactor} />
        </Section>
      </May>
      <May do="team.create">
        <Section
          title="Another team"
          note="Has sources, destinations, credentials and members of its own. You switch between your teams in the navigation."
        >
          <NewTeam />
        </Section>
      </May>
      <Section title="Leave">
        <LeaveTeam name={teamName} />
      </Section>
    </>
  );
}
