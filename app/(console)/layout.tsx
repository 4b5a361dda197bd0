import type { ReactNode } from "react";
import { SignInChanges } from "@/components/account/sign-in-changes";
import { Account } from "@/components/shell/account";
import { BareFrame, Frame } from "@/components/shell/frame";
import { RoleProvider } from "@/components/shell/may";
import { SignOutButton } from "@/components/shell/sign-out-button";
import { TeamSwitcher } from "@/components/shell/team-switcher";
import { unseenSignInChanges } from "@/lib/account/data";
import { switchTeamAction } from "@/lib/team/actions";
import { listTeamsOf } from "@/lib/team/data";
import { requirePerson } from "@/lib/web/session";

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const { person, actor } = await requirePerson();
  const changes = await unseenSignInChanges(person.userId, person.sessionId);
  const content = (
    <>
      {changes.length > 0 && <SignInChanges changes={changes} />}
      {children}
    </>
  );
  if (!actor) return <BareFrame account={<SignOutButton withText />}>{content}</BareFrame>;
  const { name, teamId, teamName, role } = actor;
  const teams = (await listTeamsOf(person.userId)).map(({ team }) => team);
  return (
    <RoleProvider role={role}>
      <Frame
        switcher={
          teams.length > 1 && (
            <TeamSwitcher key={teamId} teams={teams} current={teamId} change={switchTeamAction} />
          )
        }
        account={<Account actor={{ name, teamName, role }} />}
      >
        {content}
      </Frame>
    </RoleProvider>
  );
}
