"use server";
import { revalidatePath } from "next/cache";
import { findConnection } from "@/lib/connections/data";
import { createConnection, deleteConnection, setEnabled } from "@/lib/connections/mutations";
import { connectSchema, deleteConnectionSchema, setEnabledSchema } from "@/lib/connections/schema";
import { paths } from "@/lib/paths";
import { ok, refused } from "@/lib/platform/result";
import { forgetState } from "@/lib/sources/open";
import { defineAction } from "@/lib/web/define-action";

export const connectAction = defineAction(connectSchema, async ({ sourceId, destinationId }, actor) => {
  const created = await createConnection(actor, sourceId, destinationId);
  if (created.ok) revalidatePath(paths.connections);
  return created;
});

export const setConnectionEnabledAction = defineAction(setEnabledSchema, async ({ connectionId, enabled }, actor) => {
  if (!(await setEnabled(actor, connectionId, enabled))) return refused("This connection no longer exists.");
  revalidatePath(paths.connection(connectionId));
  return ok(null);
});

export const deleteConnectionAction = defineAction(deleteConnectionSchema, async ({ connectionId, name }, actor) => {
  const before = await findConnection(actor.teamId, connectionId);
  const deleted = await deleteConnection(actor, connectionId, name);
  if (!deleted.ok || !before) return deleted;
  revalidatePath(paths.connections);
  return ok(await forgetState(actor.teamId, before.source.credentialId, [connectionId]));
});
