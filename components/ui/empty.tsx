import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

/** What a list shows while it has nothing: what belongs here, and the one next action. */
export function Empty({
  icon: Icon,
  title,
  children,
  action,
}: {
  icon: LucideIcon;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center gap-3 rounded-xl border border-dashed border-border px-6 py-14 text-center">
      <Icon aria-hidden className="size-8 text-muted" strokeWidth={1.5} />
      <h2 className="font-medium">{title}</h2>
      <p className="max-w-md text-sm text-muted">{children}</p>
      {action}
    </div>
  );
}
