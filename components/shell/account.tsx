import Link from "next/link";
import { SignOutButton } from "@/components/shell/sign-out-button";
import { ThemeSwitch } from "@/components/shell/theme-switch";
import { paths } from "@/lib/paths";
import type { Actor } from "@/lib/team/types";

const initials = (name: string) =>
  name
    .split(/\s+/)
    .map((word) => [...word][0] ?? "")
    .slice(0, 2)
    .join("")
    .toUpperCase();

/** Who is signed in, at the foot of the navigation. */
export function Account({ actor }: { actor: Pick<Actor, "name" | "teamName" | "role"> }) {
  return (
    <div className="flex items-center gap-2.5 px-2">
      <span
        aria-hidden
        className="grid size-8 shrink-0 place-items-center rounded-full bg-surface-tertiary text-xs font-medium"
      >
        {initials(actor.name)}
      </span>
      <Link
        href={paths.account}
        className="relative min-w-0 flex-1 rounded-lg outline-accent hover:underline"
      >
        <span className="sr-only">Account of </span>
        <span className="block truncate text-sm font-medium">{actor.name}</span>
        <span className="block truncate text-xs text-muted">
          <span className="capitalize">{actor.role}</span> · {actor.teamName}
        </span>
      </Link>
      <ThemeSwitch />
      <SignOutButton />
    </div>
  );
}
