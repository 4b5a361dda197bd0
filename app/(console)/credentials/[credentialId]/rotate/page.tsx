import { notFound } from "next/navigation";
import { CredentialUsers } from "@/components/credentials/credential-users";
import { RotatePassword, RotateSecret } from "@/components/credentials/rotate";
import { RotationUnderWay } from "@/components/credentials/rotation-under-way";
import { PageHeader } from "@/components/shell/page-header";
import { Notice } from "@/components/ui/notice";
import { Time } from "@/components/ui/time";
import { connectorKinds, type ConnectorKind } from "@/lib/connectors/catalog";
import { findCredential, findCredentialUsers } from "@/lib/credentials/data";
import { paths } from "@/lib/paths";
import { idParam } from "@/lib/web/params";
import { requireActor } from "@/lib/web/session";

/** What is shown for credentials: each kind of secret is rotated in its own form. */
function rotationForm(
  rotation: string,
  isIam: boolean,
  { isPasswordOfUser }: ConnectorKind,
): "under-way" | "nothing" | "password" | "secret" {
  if (rotation === "previous") return "under-way";
  if (isIam) return "nothing";
  return isPasswordOfUser ? "password" : "secret";
}

export default async function RotatePage({
  params,
}: {
  params: Promise<{ credentialId: string }>;
}) {
  const { teamId } = await requireActor("credentials.manage");
  const id = idParam((await params).credentialId);
  const [credential, users] = await Promise.all([
    findCredential(teamId, id),
    findCredentialUsers(teamId, id),
  ]);
  const spec = credential && connectorKinds[credential.kind];
  if (!spec || !users) notFound();
  const { user = "", iam } = credential.config as { user?: string; iam?: { use: boolean } };
  const form = rotationForm(credential.rotation, iam?.use ?? false, spec);
  return (
    <>
      <PageHeader
        title="Rotate"
        description={`Another secret for “${credential.name}”, for everything that uses it at once.`}
        crumbs={[
          { title: "Credentials", href: paths.credentials },
          { title: credential.name, href: paths.credential(id) },
        ]}
      />
      <div className="grid max-w-6xl gap-10 lg:grid-cols-[minmax(0,40rem)_minmax(0,1fr)]">
        <div className="flex flex-col gap-6">
          {credential.rotation === "none" && credential.rotatedAt && (
            <Notice tone="success">
              Rotated <Time at={credential.rotatedAt} as="relative" />. The old secret is gone from
              here.
            </Notice>
          )}
          {form === "under-way" && (
            <RotationUnderWay credentialId={id} rotatedAt={credential.rotatedAt} />
          )}
          {form === "nothing" && (
            <Notice title="Nothing to rotate">
              AWS hands out another password at each login. Access keys are changed with the
              credentials themselves.
            </Notice>
          )}
          {form === "password" && (
            <RotatePassword
              key={credential.rotatedAt?.getTime()}
              credentialId={id}
              kind={credential.kind}
              user={user}
              isWaiting={credential.rotation === "next"}
            />
          )}
          {form === "secret" && <RotateSecret credentialId={id} kind={credential.kind} />}
        </div>
        <section aria-labelledby="used-by">
          <h2 id="used-by" className="mb-2 font-medium">
            Used by
          </h2>
          <CredentialUsers users={users} />
          <p className="mt-3 text-sm text-muted">
            Each is verified with the new secret within seconds of the swap. A run that is under way
            goes on: it has logged in already.
          </p>
        </section>
      </div>
    </>
  );
}
