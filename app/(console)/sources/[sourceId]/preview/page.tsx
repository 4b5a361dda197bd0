import { notFound } from "next/navigation";
import { SourcePreview } from "@/components/sources/source-preview";
import { SourceTabs } from "@/components/sources/source-tabs";
import { findSource } from "@/lib/sources/data";
import { idParam } from "@/lib/web/params";
import { requireActor } from "@/lib/web/session";

export default async function SourcePreviewPage({
  params,
}: {
  params: Promise<{ sourceId: string }>;
}) {
  const { teamId } = await requireActor("preview.read");
  const source = await findSource(teamId, idParam((await params).sourceId));
  if (!source) notFound();
  return (
    <SourceTabs source={source} current="preview">
      <SourcePreview
        sourceId={source.id}
        table={source.table}
        mapping={source.mapping}
        keys={source.keys}
      />
    </SourceTabs>
  );
}
