import { notFound } from "next/navigation";
import { May } from "@/components/shell/may";
import { SourceTabs } from "@/components/sources/source-tabs";
import { UnloadBucket } from "@/components/sources/unload-bucket";
import { UnloadTest } from "@/components/sources/unload-test";
import { hostFacts } from "@/lib/connectors/redshift/session/endpoint";
import { redshiftConfigSchema } from "@/lib/connectors/redshift/spec";
import { findSource } from "@/lib/sources/data";
import { idParam } from "@/lib/web/params";
import { requireActor } from "@/lib/web/session";

export default async function LargeReadsPage({
  params,
}: {
  params: Promise<{ sourceId: string }>;
}) {
  const { teamId } = await requireActor("sources.read");
  const source = await findSource(teamId, idParam((await params).sourceId));
  if (!source) notFound();
  const { unload } = source;
  const login = redshiftConfigSchema.safeParse(source.credential.config);
  return (
    <SourceTabs source={source} current="large-reads">
      <p className="mb-6 max-w-prose text-sm text-muted">
        Change sets of many rows leave your warehouse faster by UNLOAD: it writes them to a bucket
        of yours in parallel, Tidegate reads them from there and removes them once they are
        delivered. Without a bucket they leave page by page.
      </p>
      <div className="mb-9">
        <May do="credentials.manage" otherwise={<Saved unload={unload} />}>
          <UnloadBucket
            sourceId={source.id}
            unload={unload}
            region={login.success ? (hostFacts(login.data.host)?.region ?? "") : ""}
          />
        </May>
      </div>
      {unload && <UnloadTest sourceId={source.id} />}
    </SourceTabs>
  );
}

/** For those who may not change it. */
function Saved({
  unload,
}: {
  unload: { bucket: string; prefix: string; region: string; fromRows: number } | null;
}) {
  if (!unload)
    return <p className="text-sm">No bucket is set up. An owner or admin of the team may do so.</p>;
  return (
    <p className="text-sm">
      Change sets of {unload.fromRows.toLocaleString("en")} rows or more go through{" "}
      <code className="font-mono break-all">
        s3://{unload.bucket}/{unload.prefix}
      </code>{" "}
      in {unload.region}.
    </p>
  );
}
