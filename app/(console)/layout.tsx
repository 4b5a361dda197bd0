import type { ReactNode } from "react";
import { Account } from "@/components/shell/account";
import { Frame } from "@/components/shell/frame";
import { RoleProvider } from "@/components/shell/may";
import { requireActor } from "@/lib/web/session";

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const { name, teamName, role } = await requireActor("team.read");
  return <RoleProvider role={role}><Frame account={<Account actor={{ name, teamName, role }} />}>{children}</Frame></RoleProvider>;
}
