import { z } from "zod";
import { subjectSchema } from "@/lib/verification/schema";

/** Run this run. The row in `run` is the truth; a job only wakes a worker, and a second one is harmless. */
export const RUN_SYNC = "run-sync";
export const runSyncSchema = z.object({ runId: z.uuid() });
export type RunSync = z.infer<typeof runSyncSchema>;

/** Verify this source or destination. */
export const VERIFY = "verify";
export const verifySchema = subjectSchema;
export type Verify = z.infer<typeof verifySchema>;
