import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { LiveRun } from "@/components/runs/live-run";
import { PageHeader } from "@/components/shell/page-header";
import { paths } from "@/lib/paths";
import { findRun } from "@/lib/runs/data";
import { idParam } from "@/lib/web/params";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "Run" };

export default async function RunPage({ params }: { params: Promise<{ runId: string }> }) {
  const runId = idParam((await params).runId);
  const { teamId } = await requireActor("runs.read");
  const run = await findRun(teamId, runId);
  if (!run) notFound();
  return (
    <>
      <PageHeader
        title={`${run.source.name} → ${run.destination.name}`}
        crumbs={[
          { title: "Runs", href: paths.runs },
          { title: run.id.slice(0, 8), href: paths.connection(run.connectionId) },
        ]}
      />
      <LiveRun initial={run} />
    </>
  );
}
