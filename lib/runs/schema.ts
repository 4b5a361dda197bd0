import { z } from "zod";
import { runStates } from "@/lib/runs/state";

export const runIdSchema = z.object({ runId: z.uuid() });

/** As many as one look at the list can have ticked. */
const RETRIED_AT_ONCE = 1_000;
/** Which rejected rows of a run to try again: all is a whole run. */
export const retrySchema = runIdSchema.extend({
  seqs: z.union([
    z.literal("all"),
    z.array(z.int().min(1)).min(1, "Choose a row.").max(RETRIED_AT_ONCE),
  ]),
});

/** What the page of a run asks when somebody looks closer. */
export const runRequestSchema = z.discriminatedUnion("ask", [
  z.object({
    ask: z.literal("page"),
    runId: z.uuid(),
    search: z.string().trim().max(200),
    code: z.string().max(100).nullable(),
    after: z.int().min(0),
  }),
  z.object({ ask: z.literal("payload"), runId: z.uuid(), seq: z.int().min(1) }),
  z.object({ ask: z.literal("statements"), runId: z.uuid() }),
]);
export type RunRequest = z.infer<typeof runRequestSchema>;

/** Statements of one shape, which differ in their numbers alone, as the pages of a table do: the last one's text. */
export const statementsSchema = z.array(
  z.object({
    sql: z.string(),
    times: z.number(),
    ms: z.number(),
    rows: z.number().nullable(),
    state: z.enum(["running", "done", "failed"]),
  }),
);
export type StatementRecord = z.infer<typeof statementsSchema>[number];
export type StageStatements = {
  id: string;
  stage: string;
  attempt: number;
  statements: StatementRecord[];
};

/** A rejected row as a page shows it: its payload is opened only when asked for. */
export type RejectedView = {
  seq: number;
  key: string | null;
  column: string | null;
  reason: string;
  code: string | null;
  hasPayload: boolean;
};
export type RejectedPage = {
  rows: RejectedView[];
  /** How many match. */
  total: number;
  /** The last seq of this page, if there are more. */
  next: number | null;
  /** All of the run, by code, most frequent first. */
  codes: { code: string | null; count: number }[];
};
/** JSON text; cut where it has fewer bytes than `bytes`. */
export const payloadSchema = z.object({ text: z.string(), bytes: z.number() });
export type Payload = z.infer<typeof payloadSchema>;
export type RunAnswers = {
  page: RejectedPage;
  payload: Payload | null;
  statements: StageStatements[];
};

export const runErrorSchema = z.object({
  message: z.string(),
  remedy: z.string().optional(),
  serverText: z.string().optional(),
  code: z.string().optional(),
  waitsFor: z.literal("warehouse").optional(),
});
export type RunError = z.infer<typeof runErrorSchema>;

/** Keys of rows, as the source writes them. */
export const keysSchema = z.array(z.string());

/** Rows of a change set, from … to. */
export const rangesSchema = z.array(z.tuple([z.number(), z.number()]));

const date = z.coerce.date();

/** A run as its page shows it, live: what the progress stream sends. */
export const runViewSchema = z.object({
  id: z.string(),
  connectionId: z.string(),
  source: z.object({ id: z.string(), name: z.string() }),
  destination: z.object({ id: z.string(), name: z.string() }),
  state: z.enum(runStates),
  trigger: z.string(),
  /** How many rows a retry is limited to; null: every row. */
  onlyRows: z.number().nullable(),
  stage: z.string().nullable(),
  attempt: z.number(),
  read: z.number(),
  toDeliver: z.number(),
  delivered: z.number(),
  unchanged: z.number(),
  rejected: z.number(),
  deletes: z.number(),
  cancelAsked: z.boolean(),
  error: runErrorSchema.nullable(),
  createdAt: date,
  startedAt: date.nullable(),
  finishedAt: date.nullable(),
  retryAt: date.nullable(),
  awaySince: date.nullable(),
  slot: date.nullable(),
  /** How many stages there were before these. */
  stagesBefore: z.number(),
  stages: z.array(
    z.object({
      id: z.string(),
      stage: z.string(),
      attempt: z.number(),
      detail: z.string().nullable(),
      startedAt: date,
      finishedAt: date.nullable(),
    }),
  ),
});
export type RunView = z.infer<typeof runViewSchema>;
