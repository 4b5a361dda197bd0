import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";

/** A table in a soft frame, scrolling sideways by itself on small screens. */
export function Table({ label, head, children }: { label: string; head: { title: string; numeric?: boolean; hidden?: boolean }[]; children: ReactNode }) {
  return (
    // relative: what is for screen readers only is placed within, and can't widen the page
    <div role="region" aria-label={label} tabIndex={0} className="relative overflow-x-auto rounded-xl border border-border bg-surface outline-accent">
      <table className="w-full text-sm" aria-label={label}>
        <thead>
          <tr className="border-b border-separator text-left text-xs text-muted">
            {head.map(({ title, numeric, hidden }) => (
              <th key={title} scope="col" className={cn("px-3.5 py-2.5 font-normal whitespace-nowrap", numeric && "text-right")}>{hidden ? <span className="sr-only">{title}</span> : title}</th>
            ))}
          </tr>
        </thead>
        <tbody className="[&_td:first-child]:min-w-36 [&>tr+tr]:border-t [&>tr+tr]:border-separator">{children}</tbody>
      </table>
    </div>
  );
}

export function Cell({ children, numeric = false, className }: { children: ReactNode; numeric?: boolean; className?: string }) {
  return <td className={cn("px-3.5 py-2.5 align-middle", numeric && "text-right tabular-nums", className)}>{children}</td>;
}
