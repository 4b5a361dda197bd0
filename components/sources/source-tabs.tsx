import Link from "next/link";
import type { ReactNode } from "react";
import { PageHeader } from "@/components/shell/page-header";
import { cn } from "@/components/ui/cn";
import { paths } from "@/lib/paths";

/** Header and tabs of a source's pages; each tab is a page with its own address. */
export function SourceTabs({
  source,
  current,
  action,
  children,
}: {
  source: { id: string; name: string; schema: string; table: string };
  current: "overview" | "preview" | "large-reads";
  action?: ReactNode;
  children: ReactNode;
}) {
  const tabs = [
    { id: "overview", title: "Overview", href: paths.source(source.id) },
    { id: "preview", title: "Data preview", href: paths.sourcePreview(source.id) },
    { id: "large-reads", title: "Large reads", href: paths.sourceLargeReads(source.id) },
  ] as const;
  return (
    <>
      <PageHeader
        title={source.name}
        crumbs={[
          { title: "Sources", href: paths.sources },
          { title: `${source.schema}.${source.table}` },
        ]}
        action={action}
      />
      <nav aria-label="Source" className="mb-6 flex gap-6 border-b border-border text-sm">
        {tabs.map(({ id, title, href }) => (
          <Link
            key={id}
            href={href}
            aria-current={id === current ? "page" : undefined}
            className={cn(
              "-mb-px border-b-2 pb-2",
              id === current
                ? "border-accent font-medium"
                : "border-transparent text-muted hover:text-foreground",
            )}
          >
            {title}
          </Link>
        ))}
      </nav>
      {children}
    </>
  );
}
