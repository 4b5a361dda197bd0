import type { Metadata } from "next";
import { Activity } from "lucide-react";
import Link from "next/link";
import { RunTable } from "@/components/runs/run-table";
import { PageHeader } from "@/components/shell/page-header";
import { ButtonLink } from "@/components/ui/button-link";
import { cn } from "@/components/ui/cn";
import { Empty } from "@/components/ui/empty";
import { paths } from "@/lib/paths";
import { listRuns, RUNS_PAGE } from "@/lib/runs/data";
import { isRunState, runStates, stateText } from "@/lib/runs/state";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "Runs" };

export default async function RunsPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { state: wanted, before } = await searchParams;
  const { teamId } = await requireActor("runs.read");
  const state = typeof wanted === "string" && isRunState(wanted) ? wanted : undefined;
  const from =
    typeof before === "string" && !Number.isNaN(Date.parse(before)) ? new Date(before) : undefined;
  const found = await listRuns(teamId, { state, before: from });
  const runs = found.flatMap((run) =>
    isRunState(run.state)
      ? [
          {
            ...run,
            state: run.state,
            name: `${run.connection.source.name} → ${run.connection.destination.name}`,
          },
        ]
      : [],
  );
  const last = runs.at(-1);
  return (
    <>
      <PageHeader title="Runs" />
      <nav aria-label="Filter by state" className="mb-4 flex gap-1.5 overflow-x-auto text-sm">
        {[undefined, ...runStates].map((each) => (
          <Link
            key={each ?? "all"}
            href={each ? `${paths.runs}?state=${each}` : paths.runs}
            aria-current={each === state ? "true" : undefined}
            className={cn(
              "rounded-full px-3 py-1 whitespace-nowrap",
              each === state
                ? "bg-surface-tertiary font-medium"
                : "text-muted hover:bg-surface-secondary",
            )}
          >
            {each ? stateText[each] : "All"}
          </Link>
        ))}
      </nav>
      {runs.length === 0 ? (
        <Empty
          icon={Activity}
          title={state || from ? "No runs here" : "Nothing has run yet"}
          action={
            !state && (
              <ButtonLink href={paths.connections} variant="secondary">
                Open connections
              </ButtonLink>
            )
          }
        >
          {state || from
            ? "No run matches this filter."
            : "A run is one import of a source, delivered to one destination. Start one with “Run now” on a connection."}
        </Empty>
      ) : (
        <>
          <RunTable runs={runs} />
          {runs.length === RUNS_PAGE && last && (
            <div className="mt-4">
              <ButtonLink
                variant="secondary"
                href={`${paths.runs}?${new URLSearchParams({ ...(state && { state }), before: last.createdAt.toISOString() })}`}
              >
                Older runs
              </ButtonLink>
            </div>
          )}
        </>
      )}
    </>
  );
}
