import { ArrowDown, ArrowUp } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";

/** `sort`: where the table is sorted by this column, and how it is now. */
type Head = {
  title: string;
  numeric?: boolean;
  hidden?: boolean;
  sort?: { href: string; now: "ascending" | "descending" | "none" };
};

/** A table in a soft frame, scrolling sideways by itself on small screens. */
export function Table({
  label,
  head,
  children,
}: {
  label: string;
  head: Head[];
  children: ReactNode;
}) {
  return (
    // relative: what is for screen readers only is placed within, and can't widen the page
    <div
      role="region"
      aria-label={label}
      tabIndex={0}
      className="relative overflow-x-auto rounded-xl border border-border bg-surface outline-accent"
    >
      <table className="w-full text-sm" aria-label={label}>
        <thead>
          <tr className="border-b border-separator text-left text-xs text-muted">
            {head.map(({ title, numeric, hidden, sort }) => (
              <th
                key={title}
                scope="col"
                aria-sort={sort?.now}
                className={cn(
                  "px-3.5 py-2.5 font-normal whitespace-nowrap",
                  numeric && "text-right",
                )}
              >
                {hidden && <span className="sr-only">{title}</span>}
                {!hidden && (sort ? <SortLink title={title} sort={sort} /> : title)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="[&_td:first-child]:min-w-36 [&>tr+tr]:border-t [&>tr+tr]:border-separator">
          {children}
        </tbody>
      </table>
    </div>
  );
}

function SortLink({
  title,
  sort: { href, now },
}: {
  title: string;
  sort: NonNullable<Head["sort"]>;
}) {
  return (
    <Link href={href} className="inline-flex items-center gap-1 hover:text-foreground">
      {title}
      {now === "ascending" && <ArrowUp aria-hidden className="size-3" />}
      {now === "descending" && <ArrowDown aria-hidden className="size-3" />}
    </Link>
  );
}

export function Cell({
  children,
  numeric = false,
  className,
}: {
  children: ReactNode;
  numeric?: boolean;
  className?: string;
}) {
  return (
    <td
      className={cn("px-3.5 py-2.5 align-middle", numeric && "text-right tabular-nums", className)}
    >
      {children}
    </td>
  );
}
