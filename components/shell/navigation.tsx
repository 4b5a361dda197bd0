"use client";
import {
  Activity,
  ArrowDownToLine,
  ArrowUpFromLine,
  Cable,
  Gauge,
  KeyRound,
  ScrollText,
  Users,
} from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useMay } from "@/components/shell/may";
import { cn } from "@/components/ui/cn";
import { paths } from "@/lib/paths";

const items = [
  { title: "Overview", href: paths.overview, icon: Gauge },
  { title: "Sources", href: paths.sources, icon: ArrowUpFromLine },
  { title: "Destinations", href: paths.destinations, icon: ArrowDownToLine },
  { title: "Connections", href: paths.connections, icon: Cable },
  { title: "Runs", href: paths.runs, icon: Activity },
  { title: "Credentials", href: paths.credentials, icon: KeyRound },
  { title: "Team", href: paths.team, icon: Users },
  { title: "Audit log", href: paths.audit, icon: ScrollText },
] as const;

export function Navigation({ onNavigate }: { onNavigate?: () => void }) {
  const pathname = usePathname();
  const mayAudit = useMay("audit.read");
  return (
    <nav aria-label="Main" className="flex flex-col gap-0.5">
      {items
        .filter(({ href }) => href !== paths.audit || mayAudit)
        .map(({ title, href, icon: Icon }) => {
          const current =
            href === "/" ? pathname === "/" : pathname === href || pathname.startsWith(`${href}/`);
          return (
            <Link
              key={href}
              href={href}
              onClick={onNavigate}
              aria-current={current ? "page" : undefined}
              className={cn(
                "flex items-center gap-3 rounded-lg px-3 py-2 text-sm outline-accent transition-colors hover:bg-surface-secondary",
                current ? "bg-surface-tertiary font-medium text-foreground" : "text-muted",
              )}
            >
              <Icon aria-hidden className="size-4.5" strokeWidth={1.75} />
              {title}
            </Link>
          );
        })}
    </nav>
  );
}
