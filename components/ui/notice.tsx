import { AlertTriangle, CheckCircle2, Info, XCircle } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";

const looks = {
  info: { icon: Info, colour: "text-accent" },
  success: { icon: CheckCircle2, colour: "text-success" },
  warning: { icon: AlertTriangle, colour: "text-warning" },
  danger: { icon: XCircle, colour: "text-danger" },
} as const;

/** A sentence that must be seen, with its icon; `danger` is announced at once. */
export function Notice({
  tone = "info",
  title,
  children,
  action,
  className,
}: {
  tone?: keyof typeof looks;
  title?: string;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}) {
  const { icon: Icon, colour } = looks[tone];
  return (
    <div
      role={tone === "danger" ? "alert" : "status"}
      className={cn(
        "flex flex-wrap items-start gap-3 rounded-xl border border-border bg-surface px-4 py-3 text-sm",
        className,
      )}
    >
      <Icon aria-hidden className={cn("mt-0.5 size-5 shrink-0", colour)} />
      <div className="min-w-0 flex-1 break-words">
        {title && <p className="font-medium">{title}</p>}
        {children && <div className={title ? "text-muted" : undefined}>{children}</div>}
      </div>
      {action}
    </div>
  );
}
