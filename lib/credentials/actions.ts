"use server";
import { revalidatePath } from "next/cache";
import { deleteCredential } from "@/lib/credentials/mutations";
import { deleteCredentialSchema } from "@/lib/credentials/schema";
import { paths } from "@/lib/paths";
import { defineAction } from "@/lib/web/define-action";

export const deleteCredentialAction = defineAction(
  deleteCredentialSchema,
  async ({ credentialId, name }, actor) => {
    const result = await deleteCredential(actor, credentialId, name);
    if (result.ok) revalidatePath(paths.credentials);
    return result;
  },
  "admin",
);
