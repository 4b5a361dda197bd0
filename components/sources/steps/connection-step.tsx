"use client";
import { Disclosure, Form } from "@heroui/react";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useWatch } from "react-hook-form";
import { ConnectionString } from "@/components/sources/connection-string";
import { PermissionsPanel } from "@/components/sources/permissions-panel";
import { TunnelFields } from "@/components/sources/tunnel-fields";
import { Notice } from "@/components/ui/notice";
import { SelectField } from "@/components/ui/select-field";
import { TextField } from "@/components/ui/text-field";
import { useActionForm } from "@/components/ui/use-action-form";
import { WizardButtons } from "@/components/wizard/wizard-buttons";
import { StepColumns } from "@/components/wizard/wizard-frame";
import type { Endpoint } from "@/lib/connectors/redshift/endpoint";
import { redshiftDefaults } from "@/lib/connectors/redshift/spec";
import { noTunnelSecret } from "@/lib/connectors/ssh/spec";
import { paths } from "@/lib/paths";
import { saveConnectionAction } from "@/lib/sources/actions";
import { ownersQuery } from "@/lib/sources/queries";
import { connectionStepSchema, type SourceDraft } from "@/lib/sources/schema";
import { canLogIn, connectionOf } from "@/lib/sources/steps";

const sslModes = [
  { id: "verify-full", title: "verify-full: encrypt, and know whom you talk to" },
  { id: "require", title: "require: encrypt, trust any certificate" },
  { id: "off", title: "off: send everything in the clear" },
] as const;

export function ConnectionStep({ draftId, draft }: { draftId: string; draft: SourceDraft }) {
  const router = useRouter();
  const { form, submit, pending, refusal } = useActionForm({
    schema: connectionStepSchema,
    defaultValues: { draftId, credentialName: draft.connection?.credentialName ?? (draft.name ? `${draft.name.name} credentials` : ""), ...redshiftDefaults, ...draft.connection?.config, password: "", ssh: noTunnelSecret },
    action: saveConnectionAction,
    onDone: () => router.push(paths.sourceStep(draftId, "verify")),
  });
  const { control } = form;
  const [user, password] = useWatch({ control, name: ["user", "password"] });
  // once a login has worked: coming back, say, for another user
  const { data: owners } = useQuery(ownersQuery(draftId, draft.verify?.of === connectionOf(draft) && canLogIn(draft.verify.results)));
  const saved = draft.connection?.config;
  const [advanced, setAdvanced] = useState(saved !== undefined && (saved.sslMode !== "verify-full" || saved.caCertificate !== "" || saved.tunnel.use));
  // what keeps one from going on must not hide behind a fold
  const { errors } = form.formState;
  const hidden = (["caCertificate", "sslMode", "tunnel", "ssh"] as const).some((field) => errors[field] !== undefined);
  const set = { shouldDirty: true, shouldTouch: true, shouldValidate: true };
  const fill = (endpoint: Endpoint) => {
    for (const field of ["host", "port", "database", "user", "password", "sslMode"] as const) {
      const value = endpoint[field];
      if (value !== undefined) form.setValue(field, value, set);
    }
  };
  return (
    <StepColumns
      panel={
        <PermissionsPanel user={user} chosen={draft.data} owners={owners} password={{ typed: password, onGenerate: (made) => form.setValue("password", made, set) }}>
          <p>If the user does not exist yet, a superuser runs this in the database that you connect to, in this order. The name <code className="font-mono">_rudderstack</code> must stay as it is.</p>
        </PermissionsPanel>
      }
    >
      <Form onSubmit={submit} className="flex flex-col gap-5">
        <TextField control={control} name="credentialName" label="Credential name" description="Saved under this name, for your next source too." />
        <ConnectionString onEndpoint={fill} />
        <div className="grid gap-5 sm:grid-cols-[minmax(0,1fr)_8rem]">
          <TextField control={control} name="host" label="Host" placeholder="cluster.abc123.eu-central-1.redshift.amazonaws.com" mono />
          <TextField control={control} name="port" label="Port" mono />
        </div>
        <TextField control={control} name="database" label="Database" placeholder="dev" mono />
        <div className="grid gap-5 sm:grid-cols-2">
          <TextField control={control} name="user" label="User" mono />
          <TextField control={control} name="password" label="Password" type="password" autoComplete="new-password" description={draft.connection ? "Set. Leave it empty to keep it." : undefined} />
        </div>
        <Disclosure isExpanded={advanced || hidden} onExpandedChange={setAdvanced}>
          <Disclosure.Heading>
            <Disclosure.Trigger className="flex w-auto items-center gap-1 p-0 text-sm text-muted hover:text-foreground">Advanced <Disclosure.Indicator /></Disclosure.Trigger>
          </Disclosure.Heading>
          <Disclosure.Content>
            <div className="flex flex-col gap-5 px-1 pt-4 pb-1">
              <SelectField control={control} name="sslMode" label="SSL mode" options={sslModes} />
              <TextField control={control} name="caCertificate" label="CA certificate" multiline placeholder="-----BEGIN CERTIFICATE-----" description="Only for a certificate of your own authority. Amazon’s are known already." />
              <TunnelFields control={control} pinned={saved?.tunnel.hostKey ?? ""} secret={draft.connection?.sshSecret ?? "none"} />
            </div>
          </Disclosure.Content>
        </Disclosure>
        {refusal && <Notice tone="danger">{refusal}</Notice>}
        <WizardButtons back={paths.sourceStep(draftId, "name")} pending={pending} />
      </Form>
    </StepColumns>
  );
}
