import Link from "next/link";
import type { ReactNode } from "react";

export type Crumb = { title: string; href?: string };

/** Breadcrumb, title and the page's one primary action. */
export function PageHeader({
  title,
  crumbs = [],
  description,
  action,
}: {
  title: ReactNode;
  crumbs?: Crumb[];
  description?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <header className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        {crumbs.length > 0 && (
          <nav aria-label="Breadcrumb" className="mb-1 text-sm text-muted">
            <ol className="flex flex-wrap gap-x-1.5">
              {crumbs.map((crumb, at) => (
                <li key={crumb.title} className="flex min-w-0 gap-x-1.5">
                  {at > 0 && <span aria-hidden>/</span>}
                  {crumb.href ? (
                    <Link
                      href={crumb.href}
                      className="max-w-60 truncate hover:text-foreground hover:underline"
                    >
                      {crumb.title}
                    </Link>
                  ) : (
                    <span className="max-w-60 truncate">{crumb.title}</span>
                  )}
                </li>
              ))}
            </ol>
          </nav>
        )}
        <h1 className="text-2xl font-semibold tracking-tight break-words">{title}</h1>
        {description && <p className="mt-1 max-w-prose text-sm text-muted">{description}</p>}
      </div>
      {action && <div className="flex flex-wrap gap-2">{action}</div>}
    </header>
  );
}
