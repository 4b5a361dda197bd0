import type { Metadata } from "next";
import { StartDestination } from "@/components/destinations/start-destination";
import { PageHeader } from "@/components/shell/page-header";
import { paths } from "@/lib/paths";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "Add Destination" };

export default async function NewDestinationPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  await requireActor("destinations.edit");
  const { source } = await searchParams;
  return (
    <>
      <PageHeader
        title="Add Destination"
        crumbs={[{ title: "Destinations", href: paths.destinations }]}
        description="Choose where to deliver to."
      />
      <StartDestination forSource={typeof source === "string" ? source : null} />
    </>
  );
}
