"use client";
import type { ReactNode } from "react";
import type { Control } from "react-hook-form";
import { SelectField } from "@/components/ui/select-field";
import { TextField } from "@/components/ui/text-field";

/** The form of the connection step: the kind's config and secret and where rows go, side by side, as the action takes them. */
export type ConnectionForm = {
  config: Record<string, string>;
  secret: Record<string, string>;
  target: Record<string, string>;
};
export type TargetForm = Pick<ConnectionForm, "target">;

type Fields = (props: { control: Control<ConnectionForm>; isSet: boolean }) => ReactNode;
const kept = (isSet: boolean) => (isSet ? "Set. Leave it empty to keep it." : undefined);

const bodies = [
  { id: "single", title: "One event a request" },
  { id: "batch", title: "Batches of up to 100 events" },
] as const;

const sslModes = [
  { id: "verify-full", title: "verify-full: encrypt, and know whom you talk to" },
  { id: "require", title: "require: encrypt, trust any certificate" },
  { id: "off", title: "off: send everything in the clear" },
] as const;
const compressions = [
  { id: "none", title: "None" },
  { id: "gzip", title: "gzip: a fraction of the bytes, if the receiver takes it" },
] as const;

/** The fields of each kind of destination, by its id in the catalogue. */
export const destinationFields: Record<string, Fields> = {
  "tracking-api": ({ control, isSet }) => (
    <>
      <TextField
        control={control}
        name="config.url"
        label="Data plane URL"
        placeholder="https://hosted.rudderlabs.com"
        mono
        autoFocus
        description="Events are posted to /v1/batch below this address."
      />
      <SelectField
        control={control}
        name="config.compression"
        label="Compression"
        options={compressions}
      />
      <TextField
        control={control}
        name="secret.writeKey"
        label="Write key"
        type="password"
        autoComplete="new-password"
        description={kept(isSet)}
      />
    </>
  ),
  postgres: ({ control, isSet }) => (
    <>
      <div className="grid gap-5 sm:grid-cols-[minmax(0,1fr)_8rem]">
        <TextField
          control={control}
          name="config.host"
          label="Host"
          placeholder="db.example.com"
          mono
          autoFocus
        />
        <TextField control={control} name="config.port" label="Port" mono />
      </div>
      <TextField control={control} name="config.database" label="Database" mono />
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField control={control} name="config.user" label="User" mono />
        <TextField
          control={control}
          name="secret.password"
          label="Password"
          type="password"
          autoComplete="new-password"
          description={kept(isSet)}
        />
      </div>
      <SelectField control={control} name="config.sslMode" label="SSL mode" options={sslModes} />
      <TextField
        control={control}
        name="config.caCertificate"
        label="CA certificate"
        multiline
        placeholder="-----BEGIN CERTIFICATE-----"
        description="Only for a certificate of your own authority."
      />
    </>
  ),
  webhook: ({ control, isSet }) => (
    <>
      <TextField
        control={control}
        name="config.url"
        label="URL"
        placeholder="https://example.com/hooks/tidegate"
        mono
        autoFocus
        description="Each request is a POST with JSON."
      />
      <SelectField control={control} name="config.body" label="Request body" options={bodies} />
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField
          control={control}
          name="config.headerName"
          label="Header name"
          placeholder="X-Api-Key"
          mono
          description="Optional: a header that proves who calls."
        />
        <TextField
          control={control}
          name="secret.headerValue"
          label="Header value"
          type="password"
          autoComplete="new-password"
          description={kept(isSet)}
        />
      </div>
    </>
  ),
};

/** What a kind asks for beside a login that others may share, by its id in the catalogue. */
export const targetFields: Record<string, (props: { control: Control<TargetForm> }) => ReactNode> =
  {
    postgres: ({ control }) => (
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField
          control={control}
          name="target.targetSchema"
          label="Target schema"
          mono
          description="Made where it doesn’t exist and the user may."
        />
        <TextField
          control={control}
          name="target.targetTable"
          label="Table name"
          placeholder="as in the source"
          mono
        />
      </div>
    ),
  };
