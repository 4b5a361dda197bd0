"use client";
import { Switch } from "@heroui/react";
import { Controller, useWatch, type Control } from "react-hook-form";
import { SelectField } from "@/components/ui/select-field";
import { TextField } from "@/components/ui/text-field";
import { hostFacts } from "@/lib/connectors/redshift/session/endpoint";
import type { RedshiftFieldsInput } from "@/lib/credentials/schema";

const kinds = [
  { id: "cluster", title: "Provisioned cluster" },
  { id: "workgroup", title: "Serverless workgroup" },
] as const;

/** Logging in without a password of one's own. */
export function IamFields({
  control,
  isSecretSet,
}: {
  control: Control<RedshiftFieldsInput>;
  isSecretSet: boolean;
}) {
  const [use, host] = useWatch({ control, name: ["iam.use", "host"] });
  const facts = hostFacts(host);
  return (
    <fieldset className="flex flex-col gap-5">
      <legend className="sr-only">IAM</legend>
      <Controller
        control={control}
        name="iam.use"
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
              Log in by IAM
            </Switch.Content>
          </Switch>
        )}
      />
      {use && (
        <>
          <p className="text-sm text-muted">
            AWS hands out a password for 15 minutes at each login, for{" "}
            {facts
              ? `${facts.deployment === "provisioned" ? "the cluster" : "the workgroup"} ${facts.name} in ${facts.region}`
              : "the cluster or workgroup below"}
            .{" "}
            {facts?.deployment === "serverless"
              ? "The user follows from the identity, such as IAMR:TidegateRole."
              : "The user has to be there already."}
          </p>
          {!facts && (
            <div className="grid gap-5 sm:grid-cols-2">
              <SelectField
                control={control}
                name="iam.of"
                label="Kind of warehouse"
                options={kinds}
              />
              <TextField
                control={control}
                name="iam.region"
                label="AWS region"
                placeholder="eu-central-1"
                mono
              />
              <TextField
                control={control}
                name="iam.name"
                label="Cluster or workgroup"
                placeholder="analytics"
                mono
              />
            </div>
          )}
          <div className="grid gap-5 sm:grid-cols-2">
            <TextField
              control={control}
              name="iam.accessKeyId"
              label="Access key ID"
              mono
              description={
                facts
                  ? "Empty: the identity of Tidegate’s own machine, where its operator allows that."
                  : "Needed, since the host is no endpoint of AWS."
              }
            />
            <TextField
              control={control}
              name="secretAccessKey"
              label="Secret access key"
              type="password"
              autoComplete="new-password"
              description={isSecretSet ? "Set. Leave it empty to keep it." : undefined}
            />
          </div>
        </>
      )}
    </fieldset>
  );
}
