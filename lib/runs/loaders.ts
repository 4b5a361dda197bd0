import "server-only";
import { audit } from "@/lib/audit/mutations";
import { csvLine } from "@/lib/format";
import { csvStream } from "@/lib/platform/csv-stream";
import { ok, refused, type Result } from "@/lib/platform/result";
import {
  findRun,
  findSealedPayload,
  listStatements,
  pageRejected,
  readRejected,
} from "@/lib/runs/data";
import { runRequestSchema, type RunAnswers, type RunRequest } from "@/lib/runs/schema";
import { openPayload } from "@/lib/runs/secrets";
import type { Actor, TeamId } from "@/lib/team/types";
import { defineRead } from "@/lib/web/define-action";

/** A page of rejected rows, what one of them was to be sent as, or the statements of a run. */
export const readRun = defineRead(
  { permission: "runs.read", does: "read run" },
  runRequestSchema,
  async (request: RunRequest, actor): Promise<Result<RunAnswers[RunRequest["ask"]]>> => {
    if (!(await findRun(actor.teamId, request.runId))) return refused("This run no longer exists.");
    if (request.ask === "page") return ok(await pageRejected(actor.teamId, request));
    if (request.ask === "statements") return ok(await listStatements(actor.teamId, request.runId));
    const sealed = await findSealedPayload(actor.teamId, request.runId, request.seq);
    return ok(sealed === null ? null : openPayload(request.runId, request.seq, sealed));
  },
);

const SHARED_MS = 400;
type Look = { at: number; run: ReturnType<typeof findRun> };
const looks = new Map<string, Look>();

/** A run for those who watch it: however many they are, it is read about twice a second. */
export function lookAtRun(teamId: TeamId, runId: string): ReturnType<typeof findRun> {
  const key = `${teamId} ${runId}`;
  const now = performance.now();
  const last = looks.get(key);
  if (last && now - last.at < SHARED_MS) return last.run;
  for (const [old, { at }] of looks) if (now - at >= SHARED_MS) looks.delete(old);
  const run = findRun(teamId, runId);
  looks.set(key, { at: now, run });
  return run;
}

const HEAD = ["Key", "Column", "Reason", "Code", "Rejected at", "Payload"];

/** All rejected rows of a run as CSV, as they are read; null for another team's run. */
export async function exportRejected(
  actor: Actor,
  runId: string,
): Promise<ReadableStream<Uint8Array> | null> {
  if (!(await findRun(actor.teamId, runId))) return null;
  await audit(undefined, actor, {
    action: "exported",
    subjectType: "run",
    subjectId: runId,
    subjectName: "Rejected rows",
  });
  async function* lines() {
    yield csvLine(HEAD);
    for await (const { seq, key, column, reason, code, createdAt, sealedPayload } of readRejected(
      actor.teamId,
      runId,
    )) {
      yield csvLine([
        key,
        column,
        reason,
        code,
        createdAt.toISOString(),
        sealedPayload === null ? null : openPayload(runId, seq, sealedPayload).text,
      ]);
    }
  }
  return csvStream(lines());
}
