import type { ReactNode } from "react";
import { Account } from "@/components/shell/account";
import { BareFrame, Frame } from "@/components/shell/frame";
import { RoleProvider } from "@/components/shell/may";
import { SignOutButton } from "@/components/shell/sign-out-button";
import { TeamSwitcher } from "@/components/shell/team-switcher";
import { switchTeamAction } from "@/lib/team/actions";
import { listTeamsOf } from "@/lib/team/data";
import { requirePerson } from "@/lib/web/session";

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const { person, actor } = await requirePerson();
  if (!actor) return <BareFrame account={<SignOutButton withText />}>{children}</BareFrame>;
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
        {children}
      </Frame>
    </RoleProvider>
  );
}
