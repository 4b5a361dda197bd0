import { LogOut } from "lucide-react";
import { ThemeSwitch } from "@/components/shell/theme-switch";
import { signOutAction } from "@/lib/account/actions";
import type { Actor } from "@/lib/team/types";

const initials = (name: string) => name.split(/\s+/).map((word) => word[0] ?? "").slice(0, 2).join("").toUpperCase();

/** Who is signed in, at the foot of the navigation. */
export function Account({ actor }: { actor: Pick<Actor, "name" | "teamName" | "role"> }) {
  return (
    <div className="flex items-center gap-2.5 px-2">
      <span aria-hidden className="grid size-8 shrink-0 place-items-center rounded-full bg-surface-tertiary text-xs font-medium">{initials(actor.name)}</span>
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm font-medium">{actor.teamName}</p>
        <p className="truncate text-xs text-muted capitalize">{actor.role}</p>
      </div>
      <ThemeSwitch />
      <form action={signOutAction}>
        <button type="submit" aria-label="Sign out" title="Sign out" className="grid size-8 cursor-pointer place-items-center rounded-full text-muted outline-accent hover:bg-surface-secondary">
          <LogOut aria-hidden className="size-4" />
        </button>
      </form>
    </div>
  );
}
