import { requireActor } from "@/lib/web/session";
export default async function OverviewPage() {
  const actor = await requireActor();
  return <main><h1>Overview</h1>{actor.name}</main>;
}
