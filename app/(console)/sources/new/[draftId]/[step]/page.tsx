import type { Metadata } from "next";
import { notFound, redirect } from "next/navigation";
import { ColumnsStep } from "@/components/sources/steps/columns-step";
import { ConnectionStep } from "@/components/sources/steps/connection-step";
import { DataStep } from "@/components/sources/steps/data-step";
import { DoneStep } from "@/components/sources/steps/done-step";
import { NameStep } from "@/components/sources/steps/name-step";
import { ScheduleStep } from "@/components/sources/steps/schedule-step";
import { VerifyStep } from "@/components/sources/steps/verify-step";
import { WizardFrame } from "@/components/wizard/wizard-frame";
import { hostFacts } from "@/lib/connectors/redshift/session/endpoint";
import { redshiftConfigSchema } from "@/lib/connectors/redshift/spec";
import { listCredentials } from "@/lib/credentials/data";
import { findDraft } from "@/lib/drafts/data";
import { applicable, endedSteps, firstOpenStep, isReachable, shownSteps } from "@/lib/drafts/steps";
import { paths } from "@/lib/paths";
import { findSource } from "@/lib/sources/data";
import { scheduleText } from "@/lib/schedule/rules";
import { sourceDraftSchema, type SourceDraft } from "@/lib/sources/schema";
import { sourceSteps } from "@/lib/sources/steps";
import type { TeamId } from "@/lib/team/types";
import { idParam } from "@/lib/web/params";
import { requireActor } from "@/lib/web/session";
import { configOf, Review } from "./review";

export const metadata: Metadata = { title: "Redshift source" };

const titles: Record<string, string> = {
  name: "Name the source",
  connection: "Connection Credentials",
  verify: "Verify credentials",
  data: "Choose the data",
  columns: "Columns and traits",
  schedule: "Set the schedule",
  review: "Review the changes",
};

/** The URL is the position, the draft the memory: a step that can't be opened yet leads to the first open one. */
export default async function SourceStepPage({
  params,
}: {
  params: Promise<{ draftId: string; step: string }>;
}) {
  const { draftId: id, step } = await params;
  const draftId = idParam(id);
  const { teamId } = await requireActor("sources.edit");
  const found = await findDraft(teamId, draftId, "source");
  if (!found) notFound();
  const draft = sourceDraftSchema.parse(found.data);
  if (found.finishedAs && draft.editing) redirect(paths.source(found.finishedAs));
  if (found.finishedAs)
    return step === "done" ? (
      <Finished teamId={teamId} draftId={draftId} sourceId={found.finishedAs} />
    ) : (
      redirect(paths.sourceStep(draftId, "done"))
    );
  const shown = applicable(sourceSteps, draft, step);
  if (shown !== step) redirect(paths.sourceStep(draftId, shown));
  if (!isReachable(sourceSteps, draft, step))
    redirect(paths.sourceStep(draftId, firstOpenStep(sourceSteps, draft).id));
  const steps = shownSteps(sourceSteps, draft, step, (id) => paths.sourceStep(draftId, id));
  const { editing } = draft;
  const crumbs = [
    { title: "Sources", href: paths.sources },
    editing
      ? { title: editing.before.name, href: paths.source(editing.sourceId) }
      : { title: draft.name?.name ?? "New Redshift source" },
    ...(editing ? [{ title: "Edit" }] : []),
  ];
  return (
    <WizardFrame
      title={titles[step] ?? ""}
      crumbs={crumbs}
      steps={steps}
      base={paths.sourceDraft(draftId)}
      before={editing ? paths.source(editing.sourceId) : paths.newSource}
    >
      <CurrentStep step={step} draftId={draftId} draft={draft} teamId={teamId} />
    </WizardFrame>
  );
}

async function CurrentStep({
  step,
  draftId,
  draft,
  teamId,
}: {
  step: string;
  draftId: string;
  draft: SourceDraft;
  teamId: TeamId;
}) {
  if (step === "name") {
    const saved = (await listCredentials(teamId, "redshift")).map(({ id, name, config }) => {
      const { host, user } = redshiftConfigSchema.parse(config);
      return { id, name, host, user };
    });
    return <NameStep draftId={draftId} draft={draft} saved={saved} />;
  }
  if (step === "connection") return <ConnectionStep draftId={draftId} draft={draft} />;
  if (step === "verify") {
    const config = await configOf(teamId, draft);
    return (
      <VerifyStep
        draftId={draftId}
        user={config?.user ?? ""}
        hasTunnel={config?.tunnel.use ?? false}
        chosen={draft.data}
      />
    );
  }
  if (step === "data") return <DataStep draftId={draftId} draft={draft} />;
  if (step === "columns" && draft.data)
    return (
      <ColumnsStep
        draftId={draftId}
        {...draft.data}
        saved={draft.columns?.mapping ?? null}
        savedKeys={draft.columns?.keys ?? null}
        isKeyFixed={draft.editing !== undefined}
      />
    );
  if (step === "review" && draft.editing)
    return <Review draftId={draftId} draft={draft} editing={draft.editing} teamId={teamId} />;
  return (
    <ScheduleStep
      draftId={draftId}
      draft={draft}
      serverless={
        hostFacts((await configOf(teamId, draft))?.host ?? "")?.deployment === "serverless"
      }
    />
  );
}

async function Finished({
  teamId,
  draftId,
  sourceId,
}: {
  teamId: TeamId;
  draftId: string;
  sourceId: string;
}) {
  const source = await findSource(teamId, sourceId);
  if (!source) notFound();
  return (
    <WizardFrame
      title="Done"
      crumbs={[{ title: "Sources", href: paths.sources }, { title: source.name }]}
      steps={endedSteps(sourceSteps, {})}
      base={paths.sourceDraft(draftId)}
      before={paths.sources}
    >
      <DoneStep
        sourceId={source.id}
        name={source.name}
        frequency={scheduleText(source.schedule)}
        isConnected={source.connections.length > 0}
      />
    </WizardFrame>
  );
}
