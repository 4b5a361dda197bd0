import { db } from "@/lib/platform/db";

export const dynamic = "force-dynamic";

/** For load balancers: 200 while the config database answers. Says nothing else to strangers. */
export async function GET(): Promise<Response> {
  const healthy = await db().$queryRaw`SELECT 1`.then(
    () => true,
    () => false,
  );
  return Response.json(
    { status: healthy ? "ok" : "database unreachable" },
    { status: healthy ? 200 : 503 },
  );
}
