import { Check } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { PageHeader, type Crumb } from "@/components/shell/page-header";
import { cn } from "@/components/ui/cn";
import { WizardPlaceProvider } from "@/components/wizard/wizard-place";
import type { ShownStep } from "@/lib/drafts/steps";

/** Steps at the left, one form, and beside it what the step produces; on a phone the panel folds under the form. */
export function WizardFrame({
  title,
  crumbs,
  steps,
  base,
  before,
  children,
}: {
  title: string;
  crumbs: Crumb[];
  steps: ShownStep[];
  /** The address below which each step has its own. */
  base: string;
  /** Where “Back” of the first step leads. */
  before: string;
  children: ReactNode;
}) {
  const current = steps.findIndex(({ state }) => state === "current");
  return (
    <>
      <PageHeader title={title} crumbs={crumbs} />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-x-10 gap-y-6 lg:grid-cols-[9rem_minmax(0,1fr)]">
        <nav aria-label="Steps">
          {/* relative: what only screen readers hear is positioned, and would else widen the page */}
          <ol className="relative flex gap-x-5 gap-y-2.5 overflow-x-auto pb-1 lg:flex-col">
            {steps.map(({ id, title: name, state, href }, at) => {
              const content = (
                <>
                  <span
                    aria-hidden
                    className={cn(
                      "grid size-6 shrink-0 place-items-center rounded-full border text-xs",
                      state === "done" && "border-accent bg-accent text-accent-foreground",
                      state === "current" && "border-2 border-accent font-medium text-accent",
                      state === "open" && "border-border text-muted",
                    )}
                  >
                    {state === "done" ? <Check className="size-3.5" /> : at + 1}
                  </span>
                  <span
                    className={cn(
                      "text-sm whitespace-nowrap",
                      state === "current" ? "font-medium" : "text-muted",
                    )}
                  >
                    {name}
                  </span>
                  <span className="sr-only">{state === "done" ? "(done)" : ""}</span>
                </>
              );
              return (
                <li key={id} aria-current={state === "current" ? "step" : undefined}>
                  {href && state !== "current" ? (
                    <Link
                      href={href}
                      className="flex items-center gap-2.5 rounded-md outline-accent hover:underline"
                    >
                      {content}
                    </Link>
                  ) : (
                    <span className="flex items-center gap-2.5">{content}</span>
                  )}
                </li>
              );
            })}
          </ol>
        </nav>
        <WizardPlaceProvider
          base={base}
          back={steps[current - 1]?.href ?? before}
          following={steps[current + 1]?.id ?? "done"}
        >
          {children}
        </WizardPlaceProvider>
      </div>
    </>
  );
}

/** The two columns of a step: the form (640 px at most unless `wide`) and the panel. */
export function StepColumns({
  children,
  panel,
  wide = false,
}: {
  children: ReactNode;
  panel?: ReactNode;
  wide?: boolean;
}) {
  return (
    <div
      className={cn(
        "grid grid-cols-[minmax(0,1fr)] items-start gap-8",
        panel !== undefined &&
          (wide
            ? "2xl:grid-cols-[minmax(0,1fr)_minmax(0,26rem)] xl:grid-cols-[minmax(0,1fr)_minmax(0,21rem)]"
            : "xl:grid-cols-[minmax(0,40rem)_minmax(0,26rem)]"),
      )}
    >
      <div className={cn("min-w-0", !wide && "max-w-[40rem]")}>{children}</div>
      {panel && <aside className="min-w-0 xl:sticky xl:top-6">{panel}</aside>}
    </div>
  );
}
