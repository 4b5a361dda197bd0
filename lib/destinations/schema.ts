import { z } from "zod";

const draftId = z.uuid();

export const destinationNameSchema = z.object({ draftId, name: z.string().trim().min(1, "Give the destination a name.").max(100, "Use at most 100 characters.") });

/** Config and secret are judged by the spec of the draft's kind (lib/connectors/catalog.ts). */
export const destinationConnectionSchema = z.object({ draftId, config: z.record(z.string(), z.unknown()), secret: z.record(z.string(), z.string()) });

export const destinationDraftIdSchema = z.object({ draftId });
export const startDestinationSchema = z.object({ kind: z.string(), forSource: z.string().nullable() });
export const destinationIdSchema = z.object({ destinationId: z.uuid() });

export const destinationDraftSchema = z.object({
  /** The source that asked for it: it is connected at the end. */
  forSource: z.string().nullable().optional(),
  name: z.object({ name: z.string() }).optional(),
  connection: z.object({ config: z.record(z.string(), z.unknown()), secretSetAt: z.string() }).optional(),
  verify: z.object({ of: z.string(), passed: z.boolean() }).optional(),
});
export type DestinationDraft = z.infer<typeof destinationDraftSchema>;
