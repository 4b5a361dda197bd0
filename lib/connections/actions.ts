"use server";
import { revalidatePath } from "next/cache";
import { audit } from "@/lib/audit/mutations";
import { findConnection } from "@/lib/connections/data";
import {
  changeOptions,
  createConnection,
  deleteConnection,
  setEnabled,
} from "@/lib/connections/mutations";
import { compareTables, examineEnds, forecastLoad } from "@/lib/connections/open";
import {
  changeOptionsSchema,
  connectionIdSchema,
  connectSchema,
  deleteConnectionSchema,
  setEnabledSchema,
} from "@/lib/connections/schema";
import { forgetLoads, openDestination } from "@/lib/destinations/open";
import { paths } from "@/lib/paths";
import { ok, refused } from "@/lib/platform/result";
import { forgetState, openUnload, pruneState } from "@/lib/sources/open";
import { isOver, isRunState } from "@/lib/runs/state";
import { defineAction } from "@/lib/web/define-action";

/** Both warehouses are asked; one that takes longer is asked by the run. */
const EXAMINE_MS = 15_000;

export const connectAction = defineAction(
  { permission: "connections.edit", does: "created connection" },
  connectSchema,
  async (asked, actor) => {
    const destination = await openDestination(actor.teamId, asked.destinationId);
    if (destination.ok) {
      const examined = await examineEnds(
        actor.teamId,
        asked.sourceId,
        destination.value,
        AbortSignal.timeout(EXAMINE_MS),
      ).finally(() => destination.value.close());
      if (!examined.ok) return examined;
    }
    const created = await createConnection(actor, asked);
    if (created.ok) revalidatePath(paths.connections);
    return created;
  },
);

/** Counting a large table takes a while; a page can wait so long. */
const COUNT_MS = 60_000;

export const forecastLoadAction = defineAction(
  { permission: "preview.read", does: "read connection" },
  connectionIdSchema,
  ({ connectionId }, actor) =>
    forecastLoad(actor.teamId, connectionId, AbortSignal.timeout(COUNT_MS)),
);
export const compareTablesAction = defineAction(
  { permission: "preview.read", does: "read connection" },
  connectionIdSchema,
  ({ connectionId }, actor) =>
    compareTables(actor.teamId, connectionId, AbortSignal.timeout(COUNT_MS)),
);

export const setConnectionEnabledAction = defineAction(
  { permission: "connections.edit", does: "changed connection" },
  setEnabledSchema,
  async ({ connectionId, enabled }, actor) => {
    if (!(await setEnabled(actor, connectionId, enabled)))
      return refused("This connection no longer exists.");
    revalidatePath(paths.connection(connectionId));
    return ok(null);
  },
);

export const changeConnectionOptionsAction = defineAction(
  { permission: "connections.edit", does: "changed connection" },
  changeOptionsSchema,
  async ({ connectionId, ...options }, actor) => {
    if (!(await changeOptions(actor, connectionId, options)))
      return refused("This connection no longer exists.");
    revalidatePath(paths.connection(connectionId));
    return ok(null);
  },
);

/** Drops what is remembered in the warehouse as delivered: the next run delivers every row. */
export const pruneConnectionAction = defineAction(
  { permission: "connections.edit", does: "changed connection" },
  connectionIdSchema,
  async ({ connectionId }, actor) => {
    const connection = await findConnection(actor.teamId, connectionId);
    if (!connection) return refused("This connection no longer exists.");
    if (connection.runs.some(({ state }) => isRunState(state) && !isOver(state)))
      return refused(
        "A run is under way, and needs what would be dropped. Wait for its end, or cancel it.",
      );
    const pruned = await pruneState(actor.teamId, connection.source, connectionId);
    if (!pruned.ok) return pruned;
    await audit(undefined, actor, {
      action: "changed",
      subjectType: "connection",
      subjectId: connectionId,
      subjectName: `${connection.source.name} → ${connection.destination.name}`,
      detail: { pruned: true },
    });
    return ok(null);
  },
);

export const deleteConnectionAction = defineAction(
  { permission: "connections.edit", does: "deleted connection" },
  deleteConnectionSchema,
  async ({ connectionId, name }, actor) => {
    const before = await findConnection(actor.teamId, connectionId);
    const deleted = await deleteConnection(actor, connectionId, name);
    if (!deleted.ok || !before) return deleted;
    revalidatePath(paths.connections);
    await forgetLoads(actor.teamId, before.destination.id, [connectionId]);
    return ok(
      await forgetState(
        actor.teamId,
        before.source.credentialId,
        [connectionId],
        await openUnload(actor.teamId, before.source.id),
      ),
    );
  },
);
