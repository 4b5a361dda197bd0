import Link from "next/link";
import { notFound } from "next/navigation";
import { DeleteConnection, ScheduleSwitch } from "@/components/connections/connection-actions";
import { ConnectionOptions } from "@/components/connections/connection-options";
import { DryRunOfConnection } from "@/components/connections/dry-run";
import { KeptState } from "@/components/connections/kept-state";
import { TargetTable } from "@/components/connections/target-table";
import { RunButton } from "@/components/runs/run-button";
import { RunCharts } from "@/components/runs/run-charts";
import { RunTable } from "@/components/runs/run-table";
import { May } from "@/components/shell/may";
import { PageHeader } from "@/components/shell/page-header";
import { Time } from "@/components/ui/time";
import { findConnection } from "@/lib/connections/data";
import { modeText, syncModeSchema } from "@/lib/connections/schema";
import { connectorKinds } from "@/lib/connectors/catalog";
import { paths } from "@/lib/paths";
import { isRunState } from "@/lib/runs/state";
import { nextSlots, scheduleText } from "@/lib/schedule/rules";
import { idParam } from "@/lib/web/params";
import { requireActor } from "@/lib/web/session";

export default async function ConnectionPage({
  params,
}: {
  params: Promise<{ connectionId: string }>;
}) {
  const { teamId } = await requireActor("connections.read");
  const connection = await findConnection(teamId, idParam((await params).connectionId));
  if (!connection) notFound();
  const { source, destination, schedule, enabled } = connection;
  const mode = syncModeSchema.parse(connection.mode);
  const [next] = enabled ? nextSlots(schedule, new Date(), 1) : [];
  const runs = connection.runs.flatMap((run) =>
    isRunState(run.state) ? [{ ...run, state: run.state, name: `Run ${run.id.slice(0, 8)}` }] : [],
  );
  return (
    <>
      <PageHeader
        title={`${source.name} → ${destination.name}`}
        crumbs={[{ title: "Connections", href: paths.connections }, { title: source.name }]}
        action={<RunButton connectionId={connection.id} />}
      />
      <dl className="mb-6 grid gap-x-8 gap-y-3 rounded-xl border border-border bg-surface px-4 py-3 text-sm sm:grid-cols-2 lg:grid-cols-5">
        <div>
          <dt className="text-muted">Source</dt>
          <dd>
            <Link href={paths.source(source.id)} className="hover:underline">
              {source.name}
            </Link>{" "}
            <span className="font-mono text-xs text-muted">
              {source.schema}.{source.table}
            </span>
          </dd>
        </div>
        <div>
          <dt className="text-muted">Destination</dt>
          <dd>
            <Link href={paths.destination(destination.id)} className="hover:underline">
              {destination.name}
            </Link>{" "}
            <span className="text-muted">{connectorKinds[destination.kind]?.title}</span>
          </dd>
        </div>
        <div>
          <dt className="text-muted">Run Frequency</dt>
          <dd>{scheduleText(schedule)}</dd>
        </div>
        <div>
          <dt className="text-muted">Sync mode</dt>
          <dd>
            {modeText[mode].title}
            {connection.cursorColumn && (
              <>
                {" "}
                from <code className="font-mono text-xs">{connection.cursorColumn}</code> on
              </>
            )}
          </dd>
        </div>
        <div>
          <dt className="text-muted">Next run</dt>
          <dd>
            {next && <Time at={next} />}
            {!next && (enabled ? "No scheduled runs" : "Paused")}
          </dd>
        </div>
      </dl>
      <RunCharts runs={runs} />
      <section aria-labelledby="runs" className="mb-8">
        <h2 id="runs" className="mb-2 font-medium">
          Last runs
        </h2>
        {runs.length === 0 ? (
          <p className="text-sm text-muted">None yet. The first run delivers every row.</p>
        ) : (
          <RunTable runs={runs} />
        )}
      </section>
      {connectorKinds[destination.kind]?.destination?.takes === "rows" && (
        <TargetTable connectionId={connection.id} />
      )}
      <section aria-label="Dry run of the next run" className="mb-8">
        <DryRunOfConnection
          asked={{
            sourceId: source.id,
            connectionId: connection.id,
            destinationId: destination.id,
            mode,
            cursor: connection.cursorColumn
              ? { column: connection.cursorColumn, lookBackMinutes: connection.lookBackMin }
              : null,
            rawNumbers: connection.rawNumbers,
          }}
        />
      </section>
      <KeptState sourceId={source.id} connectionId={connection.id} />
      <May do="connections.edit">
        <section className="mb-8">
          <ConnectionOptions
            connectionId={connection.id}
            mode={mode}
            saved={{
              deletePercent: connection.deletePercent,
              lookBackMinutes: connection.lookBackMin,
              syncLogDays: connection.syncLogDays,
              rawNumbers: connection.rawNumbers,
            }}
          />
        </section>
        <div className="flex flex-wrap items-center justify-between gap-4">
          <ScheduleSwitch connectionId={connection.id} enabled={enabled} />
          <DeleteConnection connectionId={connection.id} sourceName={source.name} />
        </div>
      </May>
    </>
  );
}
