import { z } from "zod";
import type { CheckResult } from "@/lib/connectors/contract/checks";

const toldSchema = {
  id: z.string(),
  title: z.string(),
  summary: z.string(),
  serverText: z.string().optional(),
  remedy: z
    .object({
      text: z.string(),
      sql: z.string().optional(),
      causes: z.array(z.string()).optional(),
      hostKey: z.string().optional(),
    })
    .optional(),
  statement: z.string().optional(),
  ms: z.number().optional(),
};

/** The outcome of a verification, as it is kept. */
const checkResultSchema: z.ZodType<CheckResult> = z.object({
  ...toldSchema,
  status: z.enum(["passed", "failed", "skipped"]),
  parts: z
    .array(z.object({ ...toldSchema, status: z.enum(["passed", "warned", "failed", "skipped"]) }))
    .optional(),
});
export const checkResultsSchema = z.array(checkResultSchema);

/** What is verified: a source or a destination. */
export type Subject = { subject: "source" | "destination"; id: string };
