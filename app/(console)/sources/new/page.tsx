import type { Metadata } from "next";
import { StartSource } from "@/components/sources/start-source";
import { PageHeader } from "@/components/shell/page-header";
import { paths } from "@/lib/paths";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "Add Source" };

export default async function NewSourcePage() {
  await requireActor("sources.edit");
  return (
    <>
      <PageHeader
        title="Add Source"
        crumbs={[{ title: "Sources", href: paths.sources }]}
        description="Choose what to read from."
      />
      <StartSource />
    </>
  );
}
