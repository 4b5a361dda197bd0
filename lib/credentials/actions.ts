"use server";
import { revalidatePath } from "next/cache";
import { connectorKinds } from "@/lib/connectors/catalog";
import { redshiftConfigSchema, redshiftSecretSchema } from "@/lib/connectors/redshift/spec";
import { changeCredential, deleteCredential } from "@/lib/credentials/mutations";
import { configAfter, destinationAfter, isSecretTyped, secretAfter } from "@/lib/credentials/rules";
import { changeDestinationCredentialSchema, changeRedshiftSchema, deleteCredentialSchema } from "@/lib/credentials/schema";
import { openCredential } from "@/lib/credentials/secrets";
import { paths } from "@/lib/paths";
import { refused } from "@/lib/platform/result";
import { defineAction } from "@/lib/web/define-action";

const GONE = "These credentials no longer exist.";

export const changeRedshiftAction = defineAction(
  { permission: "credentials.manage", does: "changed credential" },
  changeRedshiftSchema,
  async ({ credentialId, credentialName, password, ssh, ...entered }, actor) => {
    const found = await openCredential(actor.teamId, credentialId);
    if (found?.kind !== "redshift") return refused(GONE);
    const kept = { config: redshiftConfigSchema.parse(found.config), secret: redshiftSecretSchema.parse(found.secret) };
    const secret = secretAfter({ config: entered, password, ssh }, kept);
    if (!secret.ok) return secret;
    const changed = await changeCredential(actor, credentialId, { name: credentialName, config: configAfter(entered, kept.config), secret: secret.value, isSecretNew: isSecretTyped({ password, ssh }) });
    if (changed.ok) revalidatePath(paths.credentials);
    return changed;
  },
);

export const changeDestinationCredentialAction = defineAction(
  { permission: "credentials.manage", does: "changed credential" },
  changeDestinationCredentialSchema,
  async ({ credentialId, name, config, secret }, actor) => {
    const found = await openCredential(actor.teamId, credentialId);
    const spec = found && connectorKinds[found.kind];
    if (!found || !spec) return refused(GONE);
    const judged = destinationAfter(spec, { config, secret }, found);
    if (!judged.ok) return judged;
    const changed = await changeCredential(actor, credentialId, { name, ...judged.value });
    if (changed.ok) revalidatePath(paths.credentials);
    return changed;
  },
);

export const deleteCredentialAction = defineAction(
  { permission: "credentials.manage", does: "deleted credential" },
  deleteCredentialSchema,
  async ({ credentialId, name }, actor) => {
    const result = await deleteCredential(actor, credentialId, name);
    if (result.ok) revalidatePath(paths.credentials);
    return result;
  },
);
