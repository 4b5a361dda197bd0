import { z } from "zod";
import { runStates } from "@/lib/runs/state";

export const runIdSchema = z.object({ runId: z.uuid() });

export const runErrorSchema = z.object({ message: z.string(), remedy: z.string().optional(), serverText: z.string().optional(), code: z.string().optional() });
export type RunError = z.infer<typeof runErrorSchema>;

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
  stage: z.string().nullable(),
  attempt: z.number(),
  read: z.number(),
  toDeliver: z.number(),
  delivered: z.number(),
  unchanged: z.number(),
  rejected: z.number(),
  cancelAsked: z.boolean(),
  error: runErrorSchema.nullable(),
  createdAt: date,
  startedAt: date.nullable(),
  finishedAt: date.nullable(),
  retryAt: date.nullable(),
  slot: date.nullable(),
  stages: z.array(z.object({ id: z.string(), stage: z.string(), attempt: z.number(), detail: z.string().nullable(), startedAt: date, finishedAt: date.nullable() })),
  rejectedRows: z.array(z.object({ seq: z.number(), key: z.string().nullable(), column: z.string().nullable(), reason: z.string(), code: z.string().nullable() })),
});
export type RunView = z.infer<typeof runViewSchema>;
