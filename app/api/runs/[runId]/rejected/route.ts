import { exportRejected } from "@/lib/runs/loaders";
import { runIdSchema } from "@/lib/runs/schema";
import { defineDownload } from "@/lib/web/define-action";

export const dynamic = "force-dynamic";

/** All rejected rows as CSV. */
export const GET = defineDownload<{ runId: string }>(
  { permission: "runs.read", does: "exported run" },
  async (actor, params) => {
    const run = runIdSchema.safeParse(params);
    const rows = run.success ? await exportRejected(actor, run.data.runId) : null;
    if (!run.success || !rows) return new Response("There is no such run.", { status: 404 });
    return new Response(rows, {
      headers: {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": `attachment; filename="rejected-rows-${run.data.runId.slice(0, 8)}.csv"`,
        "cache-control": "no-store",
      },
    });
  },
);
