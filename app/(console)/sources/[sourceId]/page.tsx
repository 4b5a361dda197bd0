import { Cable } from "lucide-react";
import Link from "next/link";
import { notFound } from "next/navigation";
import { RunButton } from "@/components/runs/run-button";
import { RunStateMark } from "@/components/runs/run-state";
import { DeleteSource } from "@/components/sources/delete-source";
import { SourceTabs } from "@/components/sources/source-tabs";
import { ButtonLink } from "@/components/ui/button-link";
import { Empty } from "@/components/ui/empty";
import { Cell, Table } from "@/components/ui/table";
import { Time } from "@/components/ui/time";
import { rows } from "@/lib/format";
import { paths } from "@/lib/paths";
import { isRunState } from "@/lib/runs/state";
import { findSource } from "@/lib/sources/data";
import { frequencyText, nextSlots } from "@/lib/sources/rules";
import { idParam } from "@/lib/web/params";
import { requireActor } from "@/lib/web/session";

export default async function SourcePage({ params }: { params: Promise<{ sourceId: string }> }) {
  const { teamId } = await requireActor();
  const source = await findSource(teamId, idParam((await params).sourceId));
  if (!source) notFound();
  const [next] = nextSlots(source.schedule, new Date(), 1);
  const connected = source.connections.length > 0;
  return (
    <SourceTabs source={source} current="overview" action={connected ? <RunButton sourceId={source.id} /> : <ButtonLink href={paths.newConnection(source.id)}>Connect Destinations</ButtonLink>}>
      <dl className="mb-6 grid gap-x-8 gap-y-3 rounded-xl border border-border bg-surface px-4 py-3 text-sm sm:grid-cols-2 lg:grid-cols-4">
        <Fact title="Run Frequency">{frequencyText[source.schedule.frequency]}{source.schedule.frequency === "cron" && <code className="ml-1 font-mono">{source.schedule.cron}</code>}</Fact>
        <Fact title="Next run">{!connected ? "once it is connected" : next ? <Time at={next} /> : "by hand"}</Fact>
        <Fact title="Columns">{source.mapping.columns.length} sent, identified by <code className="font-mono">{source.key}</code></Fact>
        <Fact title="Credentials"><Link href={paths.credentials} className="hover:underline">{source.credential.name}</Link></Fact>
      </dl>
      <section aria-labelledby="connections" className="mb-8">
        <div className="mb-2 flex items-center justify-between"><h2 id="connections" className="font-medium">Connections</h2>{connected && <ButtonLink size="sm" variant="secondary" href={paths.newConnection(source.id)}>Connect Destinations</ButtonLink>}</div>
        {!connected ? (
          <Empty icon={Cable} title="Not connected yet" action={<ButtonLink href={paths.newDestination(source.id)} variant="secondary">Add Destinations</ButtonLink>}>Connect this source to a destination, and its rows are delivered there.</Empty>
        ) : (
          <Table label="Connections" head={[{ title: "Destination" }, { title: "Last run" }, { title: "Delivered", numeric: true }, { title: "Rejected", numeric: true }, { title: "When" }]}>
            {source.connections.map(({ id, destination, runs: [run] }) => (
              <tr key={id}>
                <Cell><Link href={paths.connection(id)} className="font-medium hover:underline">{destination.name}</Link></Cell>
                <Cell>{run && isRunState(run.state) ? <Link href={paths.run(run.id)} className="hover:underline"><RunStateMark state={run.state} /></Link> : <span className="text-muted">none yet</span>}</Cell>
                <Cell numeric>{run ? rows(run.delivered) : "—"}</Cell>
                <Cell numeric>{run ? rows(run.rejected) : "—"}</Cell>
                <Cell className="text-muted">{run ? <Time at={run.createdAt} as="relative" /> : "—"}</Cell>
              </tr>
            ))}
          </Table>
        )}
      </section>
      <DeleteSource sourceId={source.id} name={source.name} connections={source.connections.length} />
    </SourceTabs>
  );
}

function Fact({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <div>
      <dt className="text-muted">{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}
