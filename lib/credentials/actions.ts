"use server";
import { revalidatePath } from "next/cache";
import { connectorKinds } from "@/lib/connectors/catalog";
import { redshiftConfigSchema, redshiftSecretSchema } from "@/lib/connectors/redshift/spec";
import { changeCredential, deleteCredential } from "@/lib/credentials/mutations";
import { configAfter, secretAfter } from "@/lib/credentials/rules";
import { changeDestinationCredentialSchema, changeRedshiftSchema, deleteCredentialSchema } from "@/lib/credentials/schema";
import { openCredential } from "@/lib/credentials/secrets";
import { paths } from "@/lib/paths";
import { refused } from "@/lib/platform/result";
import { defineAction } from "@/lib/web/define-action";

const GONE = "These credentials no longer exist.";

export const changeRedshiftAction = defineAction(
  changeRedshiftSchema,
  async ({ credentialId, credentialName, password, ssh, ...entered }, actor) => {
    const found = await openCredential(actor.teamId, credentialId);
    if (found?.kind !== "redshift") return refused(GONE);
    const kept = { config: redshiftConfigSchema.parse(found.config), secret: redshiftSecretSchema.parse(found.secret) };
    const secret = secretAfter({ config: entered, password, ssh }, kept);
    if (!secret.ok) return secret;
    const isSecretNew = [password, ...Object.values(ssh)].some((text) => text !== "");
    const changed = await changeCredential(actor, credentialId, { name: credentialName, config: configAfter(entered, kept.config), secret: secret.value, isSecretNew });
    if (changed.ok) revalidatePath(paths.credentials);
    return changed;
  },
  "admin",
);

export const changeDestinationCredentialAction = defineAction(
  changeDestinationCredentialSchema,
  async ({ credentialId, name, config, secret }, actor) => {
    const found = await openCredential(actor.teamId, credentialId);
    const spec = found && connectorKinds[found.kind];
    if (!found || !spec) return refused(GONE);
    const judged = spec.configSchema.safeParse(config);
    if (!judged.success) return refused(judged.error.issues[0]?.message ?? "This is not valid.", judged.error.issues[0]?.path.map(String).join("."));
    const isSecretNew = Object.values(secret).some((text) => text !== "");
    if (!isSecretNew && JSON.stringify(spec.configSchema.parse(found.config)) !== JSON.stringify(judged.data)) {
      return refused("Enter the secret again: the address has changed, and a kept secret is sent only to where it was entered for.", spec.secretFields[0]);
    }
    const judgedSecret = spec.secretSchema.safeParse(isSecretNew ? secret : found.secret);
    if (!judgedSecret.success) return refused(judgedSecret.error.issues[0]?.message ?? "This is not valid.", judgedSecret.error.issues[0]?.path.map(String).join("."));
    const changed = await changeCredential(actor, credentialId, { name, config: judged.data as object, secret: judgedSecret.data, isSecretNew });
    if (changed.ok) revalidatePath(paths.credentials);
    return changed;
  },
  "admin",
);

export const deleteCredentialAction = defineAction(
  deleteCredentialSchema,
  async ({ credentialId, name }, actor) => {
    const result = await deleteCredential(actor, credentialId, name);
    if (result.ok) revalidatePath(paths.credentials);
    return result;
  },
  "admin",
);
