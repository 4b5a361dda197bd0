import { z } from "zod";
import { redshiftConfigSchema } from "@/lib/connectors/redshift/spec";
import { tunnelSecretSchema } from "@/lib/connectors/ssh/spec";

export const credentialNameSchema = z.string().trim().min(1, "Give these credentials a name, to find them again.").max(100, "Use at most 100 characters.");

/** What one fills in to log in to Redshift, in the wizard and when saved credentials change. */
export const redshiftFieldsSchema = redshiftConfigSchema.extend({
  credentialName: credentialNameSchema,
  /** Empty: keep the one that is set. */
  password: z.string().max(256),
  /** How to log in to the SSH server; empty: keep what is set. */
  ssh: tunnelSecretSchema,
});
export type RedshiftFieldsInput = z.input<typeof redshiftFieldsSchema>;

const credentialId = z.uuid();
export const changeRedshiftSchema = redshiftFieldsSchema.extend({ credentialId });

/** Config and secret are judged by the spec of the credentials' kind (lib/connectors/catalog.ts). */
export const changeDestinationCredentialSchema = z.object({ credentialId, name: credentialNameSchema, config: z.record(z.string(), z.unknown()), secret: z.record(z.string(), z.string()) });

export const deleteCredentialSchema = z.object({ credentialId, name: z.string() });
