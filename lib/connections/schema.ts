import { z } from "zod";
import { syncModes } from "@/lib/connectors/contract";

export const syncModeSchema = z.enum(syncModes);

export const connectSchema = z.object({ sourceId: z.uuid("Choose a source."), destinationId: z.uuid("Choose a destination.") });
export const connectionIdSchema = z.object({ connectionId: z.uuid() });
export const setEnabledSchema = connectionIdSchema.extend({ enabled: z.boolean() });
export const deleteConnectionSchema = connectionIdSchema.extend({ name: z.string() });
