import { exportRejected } from "@/lib/runs/loaders";
import { runIdSchema } from "@/lib/runs/schema";
import { currentActor } from "@/lib/web/session";

export const dynamic = "force-dynamic";

/** All rejected rows as CSV. */
export async function GET(_: Request, { params }: { params: Promise<{ runId: string }> }): Promise<Response> {
  const actor = await currentActor();
  if (!actor) return new Response("Sign in first.", { status: 401 });
  const run = runIdSchema.safeParse(await params);
  const rows = run.success ? await exportRejected(actor, run.data.runId) : null;
  if (!run.success || !rows) return new Response("There is no such run.", { status: 404 });
  return new Response(rows, { headers: { "content-type": "text/csv; charset=utf-8", "content-disposition": `attachment; filename="rejected-rows-${run.data.runId.slice(0, 8)}.csv"`, "cache-control": "no-store" } });
}
