import { notFound } from "next/navigation";
import { ChangeDestination } from "@/components/credentials/change-destination";
import { ChangeRedshift } from "@/components/credentials/change-redshift";
import { TestCredential } from "@/components/credentials/credential-actions";
import { CredentialUsers } from "@/components/credentials/credential-users";
import { PageHeader } from "@/components/shell/page-header";
import { ButtonLink } from "@/components/ui/button-link";
import { Notice } from "@/components/ui/notice";
import { StepColumns } from "@/components/wizard/wizard-frame";
import { connectorKinds } from "@/lib/connectors/catalog";
import { findCredential, findCredentialUsers, savedRedshiftLogin } from "@/lib/credentials/data";
import { paths } from "@/lib/paths";
import { may } from "@/lib/team/rules";
import { idParam } from "@/lib/web/params";
import { requireActor } from "@/lib/web/session";

export default async function CredentialPage({
  params,
}: {
  params: Promise<{ credentialId: string }>;
}) {
  const { teamId, role } = await requireActor("credentials.read");
  const id = idParam((await params).credentialId);
  const [credential, users, login] = await Promise.all([
    findCredential(teamId, id),
    findCredentialUsers(teamId, id),
    savedRedshiftLogin(teamId, id),
  ]);
  if (!credential || !users) notFound();
  const config = credential.config as Record<string, unknown>;
  const mayManage = may(role, "credentials.manage");
  return (
    <>
      <PageHeader
        title={credential.name}
        crumbs={[
          { title: "Credentials", href: paths.credentials },
          { title: connectorKinds[credential.kind]?.title ?? credential.kind },
        ]}
        action={
          <div className="flex gap-2">
            {may(role, "credentials.use") && (
              <TestCredential credentialId={id} name={credential.name} />
            )}
            {mayManage && (
              <ButtonLink size="sm" href={paths.rotateCredential(id)}>
                Rotate
              </ButtonLink>
            )}
          </div>
        }
      />
      {credential.rotation !== "none" && (
        <Notice
          className="mb-6"
          title={
            credential.rotation === "next"
              ? "A new secret waits to be taken over"
              : "The old secret is kept"
          }
          action={
            <ButtonLink size="sm" variant="secondary" href={paths.rotateCredential(id)}>
              Open the rotation
            </ButtonLink>
          }
        >
          {credential.rotation === "next"
            ? "Whatever logs in tries it where the present one is refused."
            : "Until everything that uses these credentials has been verified with the new one."}
        </Notice>
      )}
      <StepColumns
        panel={
          <section aria-labelledby="used-by">
            <h2 id="used-by" className="mb-2 font-medium">
              Used by
            </h2>
            <CredentialUsers users={users} />
            <p className="mt-3 text-sm text-muted">
              A change holds for all of them at once. Each is verified within seconds of it; a run
              that is under way ends with the old credentials.
            </p>
          </section>
        }
      >
        {!mayManage && (
          <p className="text-sm text-muted">Owners and admins of the team change credentials.</p>
        )}
        {mayManage && login && (
          <ChangeRedshift credentialId={id} name={credential.name} saved={login} />
        )}
        {mayManage && !login && (
          <ChangeDestination
            credentialId={id}
            name={credential.name}
            kind={credential.kind}
            config={config}
          />
        )}
      </StepColumns>
    </>
  );
}
