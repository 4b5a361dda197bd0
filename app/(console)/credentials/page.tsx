import type { Metadata } from "next";
import { CheckCircle2, KeyRound, XCircle } from "lucide-react";
import Link from "next/link";
import { DeleteCredential } from "@/components/credentials/delete-credential";
import { PageHeader } from "@/components/shell/page-header";
import { Empty } from "@/components/ui/empty";
import { Cell, Table } from "@/components/ui/table";
import { Time } from "@/components/ui/time";
import { connectorKinds } from "@/lib/connectors/catalog";
import { listCredentials } from "@/lib/credentials/data";
import { plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { may } from "@/lib/team/rules";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "Credentials" };

const textOf = (config: unknown, key: string): string | null => (typeof config === "object" && config !== null && key in config ? String(Object.getOwnPropertyDescriptor(config, key)?.value) : null);

export default async function CredentialsPage() {
  const { teamId, role } = await requireActor("credentials.read");
  const credentials = await listCredentials(teamId);
  return (
    <>
      <PageHeader title="Credentials" description="What your sources and destinations log in with. A secret is never shown again." />
      {credentials.length === 0 ? (
        <Empty icon={KeyRound} title="No credentials yet">They are saved when you add a source or a destination, and can be used again for the next.</Empty>
      ) : (
        <Table label="Credentials" head={[{ title: "Name" }, { title: "Kind" }, { title: "Host" }, { title: "User" }, { title: "Last verified" }, { title: "Used by" }, { title: "Actions", hidden: true }]}>
          {credentials.map(({ id, name, kind, config, lastCheckedAt, lastCheckOk, _count }) => {
            const uses = [_count.sources && plural(_count.sources, "source"), _count.destinations && plural(_count.destinations, "destination")].filter(Boolean).join(", ") || "nothing";
            return (
              <tr key={id}>
                <Cell><Link href={paths.credential(id)} className="font-medium hover:underline">{name}</Link></Cell>
                <Cell>{connectorKinds[kind]?.title ?? kind}</Cell>
                <Cell className="max-w-72 truncate font-mono text-xs">{textOf(config, "host") ?? textOf(config, "url")}</Cell>
                <Cell className="font-mono text-xs">{textOf(config, "user") ?? "—"}</Cell>
                <Cell>{lastCheckedAt ? <span className="inline-flex items-center gap-1.5">{lastCheckOk ? <CheckCircle2 aria-label="Passed" className="size-4 text-success" /> : <XCircle aria-label="Failed" className="size-4 text-danger" />}<Time at={lastCheckedAt} as="relative" /></span> : "—"}</Cell>
                <Cell className="text-muted">{uses}</Cell>
                <Cell numeric>{may(role, "credentials.manage") && <DeleteCredential credentialId={id} name={name} usedBy={uses} />}</Cell>
              </tr>
            );
          })}
        </Table>
      )}
    </>
  );
}
