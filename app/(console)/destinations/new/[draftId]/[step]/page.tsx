import type { Metadata } from "next";
import { notFound, redirect } from "next/navigation";
import { z } from "zod";
import { DestinationConnectionStep } from "@/components/destinations/steps/connection-step";
import { DestinationDoneStep } from "@/components/destinations/steps/done-step";
import { DestinationLoginStep } from "@/components/destinations/steps/login-step";
import { DestinationNameStep } from "@/components/destinations/steps/name-step";
import { StagingStep } from "@/components/destinations/steps/staging-step";
import { TablesStep } from "@/components/destinations/steps/tables-step";
import { TargetSchemaStep } from "@/components/destinations/steps/target-schema-step";
import { DestinationVerifyStep } from "@/components/destinations/steps/verify-step";
import { Notice } from "@/components/ui/notice";
import { WizardFrame } from "@/components/wizard/wizard-frame";
import { connectorKinds } from "@/lib/connectors/catalog";
import { loadOptionsSchema } from "@/lib/connectors/redshift/spec";
import { findCredential, listCredentials } from "@/lib/credentials/data";
import { findDestination } from "@/lib/destinations/data";
import { destinationDraftSchema } from "@/lib/destinations/schema";
import { destinationSteps } from "@/lib/destinations/steps";
import { findDraft } from "@/lib/drafts/data";
import { endedSteps, firstOpenStep, isReachable, shownSteps } from "@/lib/drafts/steps";
import { paths } from "@/lib/paths";
import { may } from "@/lib/team/rules";
import type { TeamId } from "@/lib/team/types";
import { idParam } from "@/lib/web/params";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "New destination" };

const titles: Record<string, string> = {
  name: "Name the destination",
  connection: "Connection",
  staging: "Staging",
  verify: "Verify the destination",
  tables: "Tables",
};

export default async function DestinationStepPage({
  params,
}: {
  params: Promise<{ draftId: string; step: string }>;
}) {
  const { draftId: id, step } = await params;
  const draftId = idParam(id);
  const { teamId, role } = await requireActor("destinations.edit");
  const found = await findDraft(teamId, draftId, "destination");
  if (!found) notFound();
  const { kind } = found;
  const draft = destinationDraftSchema.parse(found.data);
  if (found.finishedAs)
    return step === "done" ? (
      <Finished
        teamId={teamId}
        draftId={draftId}
        destinationId={found.finishedAs}
        forSource={draft.forSource ?? null}
      />
    ) : (
      redirect(paths.destinationStep(draftId, "done"))
    );
  const order = destinationSteps(kind);
  if (!isReachable(order, draft, step))
    redirect(paths.destinationStep(draftId, firstOpenStep(order, draft).id));
  const title = connectorKinds[kind]?.title ?? kind;
  const spec = connectorKinds[kind]?.destination;
  /** A Redshift's forms show the setup script beside them, and verify more than a login. */
  const isStaged = order.some(({ id: stepId }) => stepId === "staging");
  const steps = shownSteps(order, draft, step, (stepId) => paths.destinationStep(draftId, stepId));
  const existing = draft.name?.credentials === "existing";
  const login = existing
    ? loginOf(await findCredential(teamId, draft.name?.credentialId ?? ""))
    : (draft.login?.config ?? null);
  return (
    <WizardFrame
      title={titles[step] ?? ""}
      crumbs={[
        { title: "Destinations", href: paths.destinations },
        { title: draft.name?.name ?? `New ${title}` },
      ]}
      steps={steps}
      base={paths.destinationDraft(draftId)}
      before={paths.newDestination()}
    >
      {step === "name" && (
        <DestinationNameStep
          draftId={draftId}
          name={draft.name ?? null}
          saved={spec?.target ? await savedLogins(teamId, kind) : null}
        />
      )}
      {step === "connection" && !isStaged && (
        <DestinationConnectionStep
          draftId={draftId}
          kind={kind}
          config={draft.connection?.config ?? null}
          target={draft.tables ?? null}
          existing={existing ? { user: login?.user ?? "", database: login?.database ?? "" } : null}
        />
      )}
      {step === "connection" &&
        isStaged &&
        (existing ? (
          <TargetSchemaStep
            draftId={draftId}
            user={login?.user ?? ""}
            database={login?.database ?? ""}
            targetSchema={draft.tables?.targetSchema ?? ""}
          />
        ) : (
          <DestinationLoginStep draftId={draftId} draft={draft} />
        ))}
      {step === "staging" && !may(role, "credentials.manage") && (
        <Notice className="max-w-[40rem] self-start">
          An owner or admin of the team enters the bucket, since it is a part of the login. Ask one
          to open this draft under Destinations; then you can go on here.
        </Notice>
      )}
      {step === "staging" && may(role, "credentials.manage") && (
        <StagingStep
          draftId={draftId}
          staging={draft.staging?.config ?? null}
          host={login?.host ?? ""}
        />
      )}
      {step === "verify" && (
        <DestinationVerifyStep
          draftId={draftId}
          kind={kind}
          login={isStaged ? login : null}
          schema={draft.tables?.targetSchema ?? ""}
        />
      )}
      {step === "tables" && (
        <TablesStep
          draftId={draftId}
          tables={loadOptionsSchema.partial().parse(draft.tables ?? {})}
        />
      )}
    </WizardFrame>
  );
}

/** What every login to a database has. */
const loginSchema = z.object({ host: z.string(), user: z.string(), database: z.string() });
const loginOf = (credential: { config: unknown } | null) =>
  loginSchema.safeParse(credential?.config).data ?? null;

async function savedLogins(teamId: TeamId, kind: string) {
  return (await listCredentials(teamId, kind)).flatMap(({ id, name, config }) => {
    const login = loginOf({ config });
    return login ? [{ id, name, host: login.host, user: login.user }] : [];
  });
}

async function Finished({
  teamId,
  draftId,
  destinationId,
  forSource,
}: {
  teamId: TeamId;
  draftId: string;
  destinationId: string;
  forSource: string | null;
}) {
  const destination = await findDestination(teamId, destinationId);
  if (!destination) notFound();
  const connection = destination.connections.find(({ source }) => source.id === forSource) ?? null;
  return (
    <WizardFrame
      title="Done"
      crumbs={[{ title: "Destinations", href: paths.destinations }, { title: destination.name }]}
      steps={endedSteps(destinationSteps(destination.kind), {})}
      base={paths.destinationDraft(draftId)}
      before={paths.destinations}
    >
      <DestinationDoneStep
        destinationId={destination.id}
        name={destination.name}
        connectionId={connection?.id ?? null}
        sourceName={connection?.source.name ?? null}
      />
    </WizardFrame>
  );
}
