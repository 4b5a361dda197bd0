import { z } from "zod";

/** The one job: run this run. The row in `run` is the truth; a job only wakes a worker, and a second one is harmless. */
export const RUN_SYNC = "run-sync";
export const runSyncSchema = z.object({ runId: z.uuid() });
export type RunSync = z.infer<typeof runSyncSchema>;
