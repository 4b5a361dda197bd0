import { findRun } from "@/lib/runs/data";
import { isOver } from "@/lib/runs/state";
import { defineDownload } from "@/lib/web/define-action";
import { stillMay } from "@/lib/web/session";

export const dynamic = "force-dynamic";

const LOOK_MS = 500;

/** A run as server-sent events: once at once, then whenever it has changed, until it is over. */
export const GET = defineDownload<{ runId: string }>(
  { permission: "runs.read", does: "read run" },
  async (actor, { runId }, request) => {
    if (!/^[0-9a-f-]{36}$/.test(runId) || !(await findRun(actor.teamId, runId)))
      return new Response("There is no such run.", { status: 404 });
    let timer: NodeJS.Timeout | undefined;
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        const encoder = new TextEncoder();
        let sent = "";
        const look = async () => {
          if (request.signal.aborted) return;
          // somebody who was removed meanwhile, or signed out elsewhere, sees nothing more
          const isIn = await stillMay(actor, "runs.read");
          const run = isIn ? await findRun(actor.teamId, runId) : null;
          const text = JSON.stringify(run);
          if (request.signal.aborted) return;
          if (run && text !== sent)
            controller.enqueue(encoder.encode(`data: ${(sent = text)}\n\n`));
          if (!run || isOver(run.state)) return controller.close();
          timer = setTimeout(
            () => void look().catch((error: unknown) => controller.error(error)),
            LOOK_MS,
          );
        };
        return look();
      },
      cancel: () => clearTimeout(timer),
    });
    request.signal.addEventListener("abort", () => clearTimeout(timer));
    return new Response(stream, {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
      },
    });
  },
);
