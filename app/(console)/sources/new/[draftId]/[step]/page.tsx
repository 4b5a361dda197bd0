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
import { hostFacts } from "@/lib/connectors/redshift/endpoint";
import { redshiftConfigSchema } from "@/lib/connectors/redshift/spec";
import { findCredential, listCredentials } from "@/lib/credentials/data";
import { findDraft } from "@/lib/drafts/data";
import { firstOpenStep, isReachable, neighbour, stepsFor } from "@/lib/drafts/steps";
import { paths } from "@/lib/paths";
import { findSource } from "@/lib/sources/data";
import { scheduleText } from "@/lib/schedule/rules";
import { sourceDraftSchema, type SourceDraft } from "@/lib/sources/schema";
import { sourceSteps } from "@/lib/sources/steps";
import type { TeamId } from "@/lib/team/types";
import { idParam } from "@/lib/web/params";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "New Redshift source" };

const titles: Record<string, string> = { name: "Name the source", connection: "Connection Credentials", verify: "Verify credentials", data: "Choose the data", columns: "Columns and traits", schedule: "Set the schedule" };

/** The URL is the position, the draft the memory: a step that can't be opened yet leads to the first open one. */
export default async function SourceStepPage({ params }: { params: Promise<{ draftId: string; step: string }> }) {
  const { draftId: id, step } = await params;
  const draftId = idParam(id);
  const { teamId } = await requireActor("editor");
  const found = await findDraft(teamId, draftId, "source");
  if (!found) notFound();
  if (found.finishedAs) return step === "done" ? <Finished teamId={teamId} sourceId={found.finishedAs} /> : redirect(paths.sourceStep(draftId, "done"));
  const draft = sourceDraftSchema.parse(found.data);
  if (!isReachable(sourceSteps, draft, step)) redirect(paths.sourceStep(draftId, firstOpenStep(sourceSteps, draft).id));
  const steps = stepsFor(sourceSteps, draft).map(({ id, title, isDone }) => ({
    id,
    title,
    state: id === step ? ("current" as const) : isDone(draft) ? ("done" as const) : ("open" as const),
    href: isReachable(sourceSteps, draft, id) ? paths.sourceStep(draftId, id) : undefined,
  }));
  const crumbs = [{ title: "Sources", href: paths.sources }, { title: draft.name?.name ?? "New Redshift source" }];
  return (
    <WizardFrame title={titles[step] ?? ""} crumbs={crumbs} steps={steps}>
      <CurrentStep step={step} draftId={draftId} draft={draft} teamId={teamId} />
    </WizardFrame>
  );
}

async function CurrentStep({ step, draftId, draft, teamId }: { step: string; draftId: string; draft: SourceDraft; teamId: TeamId }) {
  if (step === "name") {
    const saved = (await listCredentials(teamId, "redshift")).map(({ id, name, config }) => {
      const { host, user } = redshiftConfigSchema.parse(config);
      return { id, name, host, user };
    });
    return <NameStep draftId={draftId} draft={draft} saved={saved} />;
  }
  if (step === "connection") return <ConnectionStep draftId={draftId} draft={draft} />;
  if (step === "verify") return <VerifyStep draftId={draftId} user={await userOf(teamId, draft)} chosen={draft.data} back={paths.sourceStep(draftId, neighbour(sourceSteps, draft, "verify", -1)?.id ?? "name")} />;
  if (step === "data") return <DataStep draftId={draftId} draft={draft} />;
  if (step === "columns" && draft.data) return <ColumnsStep draftId={draftId} {...draft.data} saved={draft.columns?.mapping ?? null} />;
  return <ScheduleStep draftId={draftId} draft={draft} serverless={hostFacts((await configOf(teamId, draft))?.host ?? "")?.deployment === "serverless"} />;
}

/** Where the draft logs in: what was typed in it, or what the saved credential says. */
async function configOf(teamId: TeamId, draft: SourceDraft) {
  if (draft.name?.credentials !== "existing") return draft.connection?.config;
  const saved = await findCredential(teamId, draft.name.credentialId);
  return saved ? redshiftConfigSchema.parse(saved.config) : undefined;
}

/** Who logs in: as typed, or as the saved credential says. */
async function userOf(teamId: TeamId, { name, connection }: SourceDraft): Promise<string> {
  if (name?.credentials !== "existing") return connection?.config.user ?? "";
  return redshiftConfigSchema.safeParse((await findCredential(teamId, name.credentialId))?.config).data?.user ?? "";
}

async function Finished({ teamId, sourceId }: { teamId: TeamId; sourceId: string }) {
  const source = await findSource(teamId, sourceId);
  if (!source) notFound();
  const steps = sourceSteps.map(({ id, title }) => ({ id, title, state: "done" as const }));
  return (
    <WizardFrame title="Done" crumbs={[{ title: "Sources", href: paths.sources }, { title: source.name }]} steps={steps}>
      <DoneStep sourceId={source.id} name={source.name} frequency={scheduleText(source.schedule)} isConnected={source.connections.length > 0} />
    </WizardFrame>
  );
}
