import { z } from "zod";
import { syncModes, type SyncMode } from "@/lib/connectors/contract/changes";

export const syncModeSchema = z.enum(syncModes);

/** A mode as its choice has it. */
export const modeText: Record<SyncMode, { title: string; note: string }> = {
  upsert: {
    title: "Upsert",
    note: "What is new or changed since the last run. What is gone from the source stays at the destination.",
  },
  mirror: {
    title: "Mirror",
    note: "The deletes too: what is gone from the source is deleted at the destination. Needs a key that each row has for itself.",
  },
  full: { title: "Full", note: "Every row, each time. Nothing is remembered in the warehouse." },
};

/** What can change later: mode, key and cursor can't. */
const changeable = {
  deletePercent: z.coerce
    .number<number | string>()
    .int()
    .min(0, "At least 0 %.")
    .max(100, "At most 100 %."),
  lookBackMinutes: z.coerce
    .number<number | string>()
    .int()
    .min(0, "At least 0 minutes.")
    .max(43_200, "At most 30 days."),
  syncLogDays: z.coerce
    .number<number | string>()
    .int()
    .min(0, "At least 0 days.")
    .max(3_650, "At most 10 years."),
  rawNumbers: z.boolean(),
};
export const connectSchema = z.object({
  sourceId: z.uuid("Choose a source."),
  destinationId: z.uuid("Choose a destination."),
  mode: syncModeSchema,
  cursorColumn: z.string().max(127),
  ...changeable,
});
export type Connect = z.output<typeof connectSchema>;
export const connectDefaults = {
  mode: "upsert",
  cursorColumn: "",
  deletePercent: 10,
  lookBackMinutes: 60,
  syncLogDays: 0,
  rawNumbers: false,
} as const;
export const connectionIdSchema = z.object({ connectionId: z.uuid() });
export const changeOptionsSchema = connectionIdSchema.extend(changeable);
export const setEnabledSchema = connectionIdSchema.extend({ enabled: z.boolean() });
export const deleteConnectionSchema = connectionIdSchema.extend({ name: z.string() });
