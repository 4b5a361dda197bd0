import { z } from "zod";

export const connectSchema = z.object({ sourceId: z.uuid("Choose a source."), destinationId: z.uuid("Choose a destination.") });
export const connectionIdSchema = z.object({ connectionId: z.uuid() });
export const setEnabledSchema = connectionIdSchema.extend({ enabled: z.boolean() });
export const deleteConnectionSchema = connectionIdSchema.extend({ name: z.string() });
