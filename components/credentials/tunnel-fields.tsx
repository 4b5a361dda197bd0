"use client";
import { Switch } from "@heroui/react";
import { Controller, useWatch, type Control } from "react-hook-form";
import { TextField } from "@/components/ui/text-field";
import type { RedshiftFieldsInput } from "@/lib/credentials/schema";

/** How to get through to a warehouse in a private network. */
export function TunnelFields({
  control,
  pinned,
  secret,
}: {
  control: Control<RedshiftFieldsInput>;
  pinned: string;
  secret: "none" | "key" | "password";
}) {
  const use = useWatch({ control, name: "tunnel.use" });
  const kept = (which: typeof secret) =>
    secret === which ? "Set. Leave it empty to keep it." : undefined;
  return (
    <fieldset className="flex flex-col gap-5">
      <legend className="sr-only">SSH tunnel</legend>
      <Controller
        control={control}
        name="tunnel.use"
        render={({ field }) => (
          <Switch
            isSelected={field.value === true}
            onChange={field.onChange}
            onBlur={field.onBlur}
            size="sm"
          >
            <Switch.Content>
              <Switch.Control>
                <Switch.Thumb />
              </Switch.Control>
              Connect through an SSH tunnel
            </Switch.Content>
          </Switch>
        )}
      />
      {use && (
        <>
          <p className="text-sm text-muted">
            For a cluster in a private network: Tidegate logs in to an SSH server (a bastion) and
            goes on to the host above from there.
          </p>
          <div className="grid gap-5 sm:grid-cols-[minmax(0,1fr)_8rem]">
            <TextField
              control={control}
              name="tunnel.host"
              label="SSH host"
              placeholder="bastion.example.com"
              mono
            />
            <TextField control={control} name="tunnel.port" label="SSH port" mono />
          </div>
          {pinned !== "" && (
            <p className="text-sm break-all text-muted">
              Its host key is pinned: <code className="font-mono text-xs">{pinned}</code>
            </p>
          )}
          <TextField
            control={control}
            name="tunnel.user"
            label="SSH user"
            placeholder="ec2-user"
            mono
          />
          <TextField
            control={control}
            name="ssh.privateKey"
            label="SSH private key"
            multiline
            placeholder="-----BEGIN OPENSSH PRIVATE KEY-----"
            description={
              kept("key") ?? "The whole file. Its public half is in that user’s authorized_keys."
            }
          />
          <div className="grid gap-5 sm:grid-cols-2">
            <TextField
              control={control}
              name="ssh.passphrase"
              label="SSH key passphrase"
              type="password"
              autoComplete="new-password"
              description="Only if the key has one."
            />
            <TextField
              control={control}
              name="ssh.password"
              label="SSH password"
              type="password"
              autoComplete="new-password"
              description={kept("password") ?? "Instead of a key."}
            />
          </div>
        </>
      )}
    </fieldset>
  );
}
