"use client";
import { Disclosure } from "@heroui/react";
import { useState } from "react";
import { useFormContext } from "react-hook-form";
import { ConnectionString } from "@/components/credentials/connection-string";
import { IamFields } from "@/components/credentials/iam-fields";
import { TunnelFields } from "@/components/credentials/tunnel-fields";
import { SelectField } from "@/components/ui/select-field";
import { TextField } from "@/components/ui/text-field";
import type { Endpoint } from "@/lib/connectors/redshift/session/endpoint";
import type { RedshiftConfig } from "@/lib/connectors/redshift/spec";
import type { RedshiftFieldsInput } from "@/lib/credentials/schema";

const sslModes = [
  { id: "verify-full", title: "verify-full: encrypt, and know whom you talk to" },
  { id: "require", title: "require: encrypt, trust any certificate" },
  { id: "off", title: "off: send everything in the clear" },
] as const;

/** What is kept of the secrets, without the secrets. */
export type SavedLogin = { config: RedshiftConfig; sshSecret: "none" | "key" | "password" };

/** Everything one fills in to log in to Redshift; in a form around it (FormProvider). */
export function RedshiftFields({ saved }: { saved: SavedLogin | null }) {
  const { control, formState, setValue, watch } = useFormContext<RedshiftFieldsInput>();
  const byIam = watch("iam.use");
  const config = saved?.config;
  const [advanced, setAdvanced] = useState(
    config !== undefined &&
      (config.sslMode !== "verify-full" ||
        config.caCertificate !== "" ||
        config.tunnel.use ||
        config.iam.use),
  );
  // what keeps one from going on must not hide behind a fold
  const { errors } = formState;
  const hidden = (
    ["caCertificate", "sslMode", "tunnel", "ssh", "iam", "secretAccessKey"] as const
  ).some((field) => errors[field] !== undefined);
  const fill = (endpoint: Endpoint) => {
    for (const field of ["host", "port", "database", "user", "password", "sslMode"] as const) {
      const value = endpoint[field];
      if (value !== undefined)
        setValue(field, value, { shouldDirty: true, shouldTouch: true, shouldValidate: true });
    }
    if (!endpoint.iam) return;
    const { use, name, region } = endpoint.iam;
    setValue("iam.use", use, { shouldDirty: true });
    if (name) setValue("iam.name", name, { shouldDirty: true });
    if (region) setValue("iam.region", region, { shouldDirty: true });
    setAdvanced(true);
  };
  return (
    <>
      <TextField
        control={control}
        name="credentialName"
        label="Credential name"
        description="Saved under this name, for your next source too."
      />
      <ConnectionString onEndpoint={fill} />
      <div className="grid gap-5 sm:grid-cols-[minmax(0,1fr)_8rem]">
        <TextField
          control={control}
          name="host"
          label="Host"
          placeholder="cluster.abc123.eu-central-1.redshift.amazonaws.com"
          mono
        />
        <TextField control={control} name="port" label="Port" mono />
      </div>
      <TextField control={control} name="database" label="Database" placeholder="dev" mono />
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField control={control} name="user" label="User" mono />
        {!byIam && (
          <TextField
            control={control}
            name="password"
            label="Password"
            type="password"
            autoComplete="new-password"
            description={
              saved && !saved.config.iam.use
                ? "Set. Leave it empty to keep it."
                : "Or where it is kept: env:NAME or file:/path."
            }
          />
        )}
      </div>
      <Disclosure isExpanded={advanced || hidden} onExpandedChange={setAdvanced}>
        <Disclosure.Heading>
          <Disclosure.Trigger className="flex w-auto items-center gap-1 p-0 text-sm text-muted hover:text-foreground">
            Advanced <Disclosure.Indicator />
          </Disclosure.Trigger>
        </Disclosure.Heading>
        <Disclosure.Content>
          <div className="flex flex-col gap-5 px-1 pt-4 pb-1">
            <SelectField control={control} name="sslMode" label="SSL mode" options={sslModes} />
            <TextField
              control={control}
              name="caCertificate"
              label="CA certificate"
              multiline
              placeholder="-----BEGIN CERTIFICATE-----"
              description="Only for a certificate of your own authority. Amazon’s are known already."
            />
            <IamFields
              control={control}
              isSecretSet={
                saved !== null && saved.config.iam.use && saved.config.iam.accessKeyId !== ""
              }
            />
            <TunnelFields
              control={control}
              pinned={config?.tunnel.hostKey ?? ""}
              secret={saved?.sshSecret ?? "none"}
            />
          </div>
        </Disclosure.Content>
      </Disclosure>
    </>
  );
}
