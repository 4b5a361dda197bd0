import type { Metadata } from "next";
import { notFound, redirect } from "next/navigation";
import { DestinationConnectionStep } from "@/components/destinations/steps/connection-step";
import { DestinationDoneStep } from "@/components/destinations/steps/done-step";
import { DestinationNameStep } from "@/components/destinations/steps/name-step";
import { DestinationVerifyStep } from "@/components/destinations/steps/verify-step";
import { WizardFrame } from "@/components/wizard/wizard-frame";
import { connectorKinds } from "@/lib/connectors/catalog";
import { findDestination } from "@/lib/destinations/data";
import { destinationDraftSchema } from "@/lib/destinations/schema";
import { destinationSteps } from "@/lib/destinations/steps";
import { findDraft } from "@/lib/drafts/data";
import { firstOpenStep, isReachable } from "@/lib/drafts/steps";
import { paths } from "@/lib/paths";
import type { TeamId } from "@/lib/team/types";
import { idParam } from "@/lib/web/params";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "New destination" };

const titles: Record<string, string> = { name: "Name the destination", connection: "Connection", verify: "Verify the destination" };

export default async function DestinationStepPage({ params }: { params: Promise<{ draftId: string; step: string }> }) {
  const { draftId: id, step } = await params;
  const draftId = idParam(id);
  const { teamId } = await requireActor("editor");
  const found = await findDraft(teamId, draftId, "destination");
  if (!found) notFound();
  const draft = destinationDraftSchema.parse(found.data);
  if (found.finishedAs) return step === "done" ? <Finished teamId={teamId} destinationId={found.finishedAs} forSource={draft.forSource ?? null} /> : redirect(paths.destinationStep(draftId, "done"));
  if (!isReachable(destinationSteps, draft, step)) redirect(paths.destinationStep(draftId, firstOpenStep(destinationSteps, draft).id));
  const title = connectorKinds[found.kind]?.title ?? found.kind;
  const steps = destinationSteps.map(({ id: stepId, title: stepTitle, isDone }) => ({
    id: stepId,
    title: stepTitle,
    state: stepId === step ? ("current" as const) : isDone(draft) ? ("done" as const) : ("open" as const),
    href: isReachable(destinationSteps, draft, stepId) ? paths.destinationStep(draftId, stepId) : undefined,
  }));
  return (
    <WizardFrame title={titles[step] ?? ""} crumbs={[{ title: "Destinations", href: paths.destinations }, { title: draft.name?.name ?? `New ${title}` }]} steps={steps}>
      {step === "name" && <DestinationNameStep draftId={draftId} name={draft.name?.name ?? ""} />}
      {step === "connection" && <DestinationConnectionStep draftId={draftId} kind={found.kind} config={draft.connection?.config ?? null} />}
      {step === "verify" && <DestinationVerifyStep draftId={draftId} />}
    </WizardFrame>
  );
}

async function Finished({ teamId, destinationId, forSource }: { teamId: TeamId; destinationId: string; forSource: string | null }) {
  const destination = await findDestination(teamId, destinationId);
  if (!destination) notFound();
  const connection = destination.connections.find(({ source }) => source.id === forSource) ?? null;
  return (
    <WizardFrame title="Done" crumbs={[{ title: "Destinations", href: paths.destinations }, { title: destination.name }]} steps={destinationSteps.map(({ id, title }) => ({ id, title, state: "done" as const }))}>
      <DestinationDoneStep destinationId={destination.id} name={destination.name} connectionId={connection?.id ?? null} sourceName={connection?.source.name ?? null} />
    </WizardFrame>
  );
}
