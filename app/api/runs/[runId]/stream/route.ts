import { takePlaces } from "@/lib/platform/places";
import { findRun } from "@/lib/runs/data";
import { lookAtRun } from "@/lib/runs/loaders";
import { isOver } from "@/lib/runs/state";
import { defineDownload, tooMuch } from "@/lib/web/define-action";
import { stillMay } from "@/lib/web/session";

export const dynamic = "force-dynamic";

const LOOK_MS = 500;

/** A run as server-sent events: once at once, then whenever it has changed, until it is over. */
export const GET = defineDownload<{ runId: string }>(
  { permission: "runs.read", does: "read run" },
  async (actor, { runId }, request) => {
    if (!/^[0-9a-f-]{36}$/.test(runId) || !(await findRun(actor.teamId, runId)))
      return new Response("There is no such run.", { status: 404 });
    const places = takePlaces([
      ["stream of person", actor.userId],
      ["stream of team", actor.teamId],
    ]);
    if (!places.ok) return new Response(places.reason, tooMuch(places.retryAfterS ?? 1));
    const leave = places.value;
    let timer: NodeJS.Timeout | undefined;
    const stop = () => {
      clearTimeout(timer);
      leave();
    };
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        const encoder = new TextEncoder();
        let sent = "";
        const end = () => {
          leave();
          controller.close();
        };
        const look = async () => {
          if (request.signal.aborted) return;
          // somebody who was removed meanwhile, or signed out elsewhere, sees nothing more
          const isIn = await stillMay(actor, "runs.read");
          const run = isIn ? await lookAtRun(actor.teamId, runId) : null;
          const text = JSON.stringify(run);
          if (request.signal.aborted) return;
          if (run && text !== sent)
            controller.enqueue(encoder.encode(`data: ${(sent = text)}\n\n`));
          if (!run || isOver(run.state)) return end();
          timer = setTimeout(() => void look().catch(fail), LOOK_MS);
        };
        const fail = (error: unknown) => {
          leave();
          controller.error(error);
        };
        return look().catch(fail);
      },
      cancel: stop,
    });
    request.signal.addEventListener("abort", stop);
    if (request.signal.aborted) stop();
    return new Response(stream, {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
      },
    });
  },
);
