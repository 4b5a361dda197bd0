// What kind of warehouse a database pretends to belong to, and how its transactions are isolated.
import { z } from "zod";

export const modes = ["provisioned", "single-node", "serverless"] as const;
export type Mode = (typeof modes)[number];

export const isolations = ["snapshot", "serializable"] as const;
export type Isolation = (typeof isolations)[number];

export const modesSchema = z.strictObject({
  mode: z.enum(modes).optional(),
  isolation: z.enum(isolations).optional(),
});
export type Modes = z.infer<typeof modesSchema>;

/** PostgreSQL's level for each: its REPEATABLE READ is snapshot isolation. */
export const postgresIsolation: Record<Isolation, string> = {
  snapshot: "repeatable read",
  serializable: "serializable",
};
