import { notFound } from "next/navigation";
import { ChangeDestination } from "@/components/credentials/change-destination";
import { ChangeRedshift } from "@/components/credentials/change-redshift";
import { CredentialUsers } from "@/components/credentials/credential-users";
import { PageHeader } from "@/components/shell/page-header";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { connectorKinds } from "@/lib/connectors/catalog";
import { findCredential, findCredentialUsers, savedRedshiftLogin } from "@/lib/credentials/data";
import { paths } from "@/lib/paths";
import { may } from "@/lib/team/rules";
import { idParam } from "@/lib/web/params";
import { requireActor } from "@/lib/web/session";

export default async function CredentialPage({ params }: { params: Promise<{ credentialId: string }> }) {
  const { teamId, role } = await requireActor("credentials.read");
  const id = idParam((await params).credentialId);
  const [credential, users, login] = await Promise.all([findCredential(teamId, id), findCredentialUsers(teamId, id), savedRedshiftLogin(teamId, id)]);
  if (!credential || !users) notFound();
  const config = credential.config as Record<string, unknown>;
  return (
    <>
      <PageHeader title={credential.name} crumbs={[{ title: "Credentials", href: paths.credentials }, { title: connectorKinds[credential.kind]?.title ?? credential.kind }]} />
      <StepColumns
        panel={
          <section aria-labelledby="used-by">
            <h2 id="used-by" className="mb-2 font-medium">Used by</h2>
            <CredentialUsers users={users} />
            <p className="mt-3 text-sm text-muted">A change holds for all of them at once. Each is verified within seconds of it; a run that is under way ends with the old credentials.</p>
          </section>
        }
      >
        {!may(role, "credentials.manage") ? <p className="text-sm text-muted">Owners and admins of the team change credentials.</p> : login ? <ChangeRedshift credentialId={id} name={credential.name} saved={login} /> : <ChangeDestination credentialId={id} name={credential.name} kind={credential.kind} config={config} />}
      </StepColumns>
    </>
  );
}
