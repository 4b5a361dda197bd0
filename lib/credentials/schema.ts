import { z } from "zod";
import { redshiftConfigSchema } from "@/lib/connectors/redshift/spec";
import { noTunnelSecret, tunnelSecretSchema } from "@/lib/connectors/ssh/spec";

const credentialNameSchema = z
  .string()
  .trim()
  .min(1, "Give these credentials a name, to find them again.")
  .max(100, "Use at most 100 characters.");

/** What one fills in to log in to Redshift, in the wizard and when saved credentials change. */
export const redshiftFieldsSchema = redshiftConfigSchema.extend({
  credentialName: credentialNameSchema,
  /** Empty: keep the one that is set. */
  password: z.string().max(256),
  /** Of IAM's access keys; empty: keep it. */
  secretAccessKey: z.string().max(256),
  /** How to log in to the SSH server; empty: keep what is set. */
  ssh: tunnelSecretSchema,
});
/** The secret fields of an empty form, and of one that keeps what is set. */
export const nothingTyped = { password: "", secretAccessKey: "", ssh: noTunnelSecret };
export type RedshiftFieldsInput = z.input<typeof redshiftFieldsSchema>;

const credentialId = z.uuid();
export const changeRedshiftSchema = redshiftFieldsSchema.extend({ credentialId });

/** Config and secret are judged by the spec of the credentials' kind (lib/connectors/catalog.ts). */
export const changeDestinationCredentialSchema = z.object({
  credentialId,
  name: credentialNameSchema,
  config: z.record(z.string(), z.unknown()),
  secret: z.record(z.string(), z.string()),
});

export const deleteCredentialSchema = z.object({ credentialId, name: z.string() });

export const credentialIdSchema = z.object({ credentialId });

/** `secret`: the new value of each secret field of the kind. `byTidegate`: it logs in and changes the password itself. */
export const startRotationSchema = z.object({
  credentialId,
  secret: z.record(z.string(), z.string()),
  byTidegate: z.boolean(),
});

/** What the address of the list says; what it says wrongly is as if it weren't there. */
export const credentialListSchema = z.object({
  search: z.string().trim().max(200).catch(""),
  sort: z.enum(["name", "kind", "verified"]).catch("name"),
  page: z.coerce.number().int().min(1).max(10_000).catch(1),
});
export type CredentialList = z.infer<typeof credentialListSchema>;
