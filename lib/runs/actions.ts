"use server";
import { z } from "zod";
import { audit } from "@/lib/audit/mutations";
import { findSource } from "@/lib/sources/data";
import { wakeWorkers } from "@/lib/jobs/queue";
import { ok, refused } from "@/lib/platform/result";
import {
  cancelRun,
  requestAllowed,
  requestRetry,
  requestRun,
  tryRunNow,
} from "@/lib/runs/mutations";
import { retrySchema, runIdSchema } from "@/lib/runs/schema";
import { defineAction } from "@/lib/web/define-action";

/** Starts a run of one connection now, or finds the one under way. */
export const runNowAction = defineAction(
  { permission: "runs.start", does: "started run" },
  z.object({ connectionId: z.uuid() }),
  async ({ connectionId }, actor) => {
    const requested = await requestRun(actor.teamId, connectionId);
    if (!requested) return refused("This connection no longer exists.");
    if (requested.isNew) {
      await audit(undefined, actor, {
        action: "started",
        subjectType: "run",
        subjectId: requested.runId,
        subjectName: "Run",
      });
      await wakeWorkers();
    }
    return ok(requested);
  },
);

/** Starts a run of every connection of a source. */
export const runSourceNowAction = defineAction(
  { permission: "runs.start", does: "started source" },
  z.object({ sourceId: z.uuid() }),
  async ({ sourceId }, actor) => {
    const source = await findSource(actor.teamId, sourceId);
    if (!source) return refused("This source no longer exists.");
    if (source.connections.length === 0)
      return refused(
        "This source is not connected to a destination yet, so there is nowhere to deliver to.",
      );
    const runs: string[] = [];
    for (const { id } of source.connections) {
      const requested = await requestRun(actor.teamId, id);
      if (!requested) continue;
      runs.push(requested.runId);
      await wakeWorkers();
    }
    await audit(undefined, actor, {
      action: "started",
      subjectType: "source",
      subjectId: sourceId,
      subjectName: source.name,
    });
    return ok({ runIds: runs });
  },
);

/** Starts a run that tries rejected rows again: the named ones alone, or all with every other row. */
export const retryRejectedAction = defineAction(
  { permission: "runs.start", does: "started run" },
  retrySchema,
  async ({ runId, seqs }, actor) => {
    const requested = await requestRetry(actor.teamId, runId, seqs);
    if (requested === "gone") return refused("These rows no longer exist.");
    if (requested === "without-key")
      return refused(
        "A row without a key can't be found again by itself. Retry all rows, or mend it in the warehouse and run the connection.",
      );
    if (requested.isNew) {
      await audit(undefined, actor, {
        action: "started",
        subjectType: "run",
        subjectId: requested.runId,
        subjectName: "Retry of rejected rows",
        detail: { of: runId, rows: seqs === "all" ? seqs : seqs.length },
      });
      await wakeWorkers();
    }
    return ok(requested);
  },
);

/** Starts a run that may delete as many rows as the one that stopped before them. */
export const allowDeletesAction = defineAction(
  { permission: "runs.start", does: "started run" },
  runIdSchema,
  async ({ runId }, actor) => {
    const requested = await requestAllowed(actor.teamId, runId);
    if (!requested) return refused("This run no longer asks for anything.");
    if (!requested.isNew)
      return refused("Another run of this connection is under way. Wait for its end.");
    await audit(undefined, actor, {
      action: "started",
      subjectType: "run",
      subjectId: requested.runId,
      subjectName: "Run",
      detail: { allowedDeletes: requested.deletes },
    });
    await wakeWorkers();
    return ok({ runId: requested.runId });
  },
);

/** A run that waits for its next try has it now. */
export const tryRunNowAction = defineAction(
  { permission: "runs.start", does: "started run" },
  runIdSchema,
  async ({ runId }, actor) => {
    if (!(await tryRunNow(actor.teamId, runId))) return refused("This run isn't waiting any more.");
    await wakeWorkers();
    return ok(null);
  },
);

export const cancelRunAction = defineAction(
  { permission: "runs.start", does: "cancelled run" },
  runIdSchema,
  async ({ runId }, actor) => {
    if (!(await cancelRun(actor.teamId, runId))) return refused("This run is over already.");
    await audit(undefined, actor, {
      action: "cancelled",
      subjectType: "run",
      subjectId: runId,
      subjectName: "Run",
    });
    return ok(null);
  },
);
