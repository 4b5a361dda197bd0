import { Cron } from "croner";
import { z } from "zod";
import type { CheckResult, ColumnInfo } from "@/lib/connectors/contract";
import { redshiftConfigSchema } from "@/lib/connectors/redshift/spec";
import type { ColumnKind } from "@/lib/event/encode";
import { mappingSchema } from "@/lib/event/mapping";

/** "manual", minutes between runs, or "cron". */
export const frequencies = ["manual", "5", "15", "30", "60", "180", "360", "720", "1440", "cron"] as const;
export type Frequency = (typeof frequencies)[number];

const isTimeZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

const CLOSEST_MS = 5 * 60_000;
/** More than a day of runs at that distance: two that are too close show up among them. */
const RUNS_LOOKED_AT = 300;

const cronProblem = (expression: string): string | null => {
  if (expression.trim().split(/\s+/).length !== 5) return "Write five fields: minute, hour, day of month, month, day of week.";
  try {
    const runs = new Cron(expression, { paused: true, timezone: "UTC" }).nextRuns(RUNS_LOOKED_AT);
    if (runs.length === 0) return "This expression never comes true.";
    return runs.some((run, at) => at > 0 && run.getTime() - (runs[at - 1]?.getTime() ?? 0) < CLOSEST_MS) ? "This runs more often than every 5 minutes. Leave at least 5 minutes between two runs." : null;
  } catch {
    return "This is not a cron expression. Example: 30 2 * * 1 is every Monday at 02:30.";
  }
};

export const scheduleSchema = z
  .object({
    frequency: z.enum(frequencies),
    cron: z.string().trim().max(100),
    /** Wall-clock time in `timeZone`, `2026-11-20T18:30`; empty: now. */
    startAt: z.string().regex(/^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})?$/, "Enter a date and a time."),
    timeZone: z.string().refine(isTimeZone, "Choose a time zone."),
  })
  .superRefine((schedule, context) => {
    const problem = schedule.frequency === "cron" ? cronProblem(schedule.cron) : null;
    if (problem) context.addIssue({ code: "custom", path: ["cron"], message: problem });
    if (schedule.startAt && Number.isNaN(Date.parse(`${schedule.startAt}Z`))) context.addIssue({ code: "custom", path: ["startAt"], message: "This date does not exist." });
  });
export type Schedule = z.infer<typeof scheduleSchema>;

const draftId = z.uuid();

export const nameStepSchema = z
  .object({
    draftId,
    name: z.string().trim().min(1, "Give the source a name.").max(100, "Use at most 100 characters."),
    credentials: z.enum(["new", "existing"]),
    credentialId: z.string(),
  })
  .superRefine((step, context) => {
    if (step.credentials === "existing" && !z.uuid().safeParse(step.credentialId).success) context.addIssue({ code: "custom", path: ["credentialId"], message: "Choose which credentials to use." });
  });
export type NameStep = z.infer<typeof nameStepSchema>;

export const connectionStepSchema = redshiftConfigSchema.extend({
  draftId,
  credentialName: z.string().trim().min(1, "Give these credentials a name, to find them again.").max(100, "Use at most 100 characters."),
  /** Empty: keep the one that is set. */
  password: z.string().max(256),
});
export type ConnectionStep = z.infer<typeof connectionStepSchema>;
export type ConnectionStepInput = z.input<typeof connectionStepSchema>;

export const draftOnlySchema = z.object({ draftId });
export const tablesOfSchema = z.object({ draftId, schema: z.string().min(1).max(127) });
export const dataStepSchema = z.object({
  draftId,
  schema: z.string().min(1, "Choose a schema.").max(127),
  table: z.string().min(1, "Choose a table.").max(127),
});
export type DataStep = z.infer<typeof dataStepSchema>;
export const columnsStepSchema = z.object({ draftId, mapping: mappingSchema });
export const scheduleStepSchema = z.object({ draftId, schedule: scheduleSchema });
export const sourceIdSchema = z.object({ sourceId: z.uuid() });

const toldSchema = {
  id: z.string(),
  title: z.string(),
  summary: z.string(),
  serverText: z.string().optional(),
  remedy: z.object({ text: z.string(), sql: z.string().optional(), causes: z.array(z.string()).optional() }).optional(),
  statement: z.string().optional(),
  ms: z.number().optional(),
};
const checkResultSchema: z.ZodType<CheckResult> = z.object({
  ...toldSchema,
  status: z.enum(["passed", "failed", "skipped"]),
  parts: z.array(z.object({ ...toldSchema, status: z.enum(["passed", "warned", "failed", "skipped"]) })).optional(),
});

const columnKinds = ["integer", "bigint", "decimal", "float", "boolean", "timestamp", "timestamptz", "json", "text"] as const satisfies readonly ColumnKind[];
export const columnInfoSchema: z.ZodType<ColumnInfo> = z.object({ name: z.string(), type: z.string(), kind: z.enum(columnKinds) });

/** What the steps have saved so far. Secrets are not in it. */
export const sourceDraftSchema = z.object({
  name: z.object({ name: z.string(), credentials: z.enum(["new", "existing"]), credentialId: z.string() }).optional(),
  connection: z.object({ credentialName: z.string(), config: redshiftConfigSchema, passwordSetAt: z.string() }).optional(),
  /** `of` names what was verified: when the connection changes, the verification is open again. */
  verify: z.object({ of: z.string(), results: z.array(checkResultSchema), at: z.string() }).optional(),
  data: z.object({ schema: z.string(), table: z.string(), columns: z.array(columnInfoSchema) }).optional(),
  columns: z.object({ mapping: mappingSchema }).optional(),
  schedule: scheduleSchema.optional(),
});
export type SourceDraft = z.infer<typeof sourceDraftSchema>;
