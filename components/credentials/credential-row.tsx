import { CheckCircle2, RefreshCw, XCircle } from "lucide-react";
import Link from "next/link";
import { CredentialActions } from "@/components/credentials/credential-actions";
import { Cell } from "@/components/ui/table";
import { Time } from "@/components/ui/time";
import { connectorKinds } from "@/lib/connectors/catalog";
import type { Rotation } from "@/lib/credentials/state";
import { plural } from "@/lib/format";
import { paths } from "@/lib/paths";

type Named = { id: string; name: string };
export type ListedCredential = {
  id: string;
  name: string;
  kind: string;
  config: unknown;
  lastCheckedAt: Date | null;
  lastCheckOk: boolean | null;
  rotation: Rotation;
  sources: Named[];
  destinations: Named[];
  _count: { sources: number; destinations: number };
};

const textOf = (config: unknown, key: string): string | null =>
  typeof config === "object" && config !== null && key in config
    ? String(Object.getOwnPropertyDescriptor(config, key)?.value)
    : null;

/** One line of the list, with what uses these credentials. */
export function CredentialRow({
  credential: {
    id,
    name,
    kind,
    config,
    lastCheckedAt,
    lastCheckOk,
    rotation,
    sources,
    destinations,
    _count,
  },
}: {
  credential: ListedCredential;
}) {
  const named = [
    ...sources.map((source) => ({ ...source, href: paths.source(source.id) })),
    ...destinations.map((destination) => ({
      ...destination,
      href: paths.destination(destination.id),
    })),
  ];
  const more = _count.sources + _count.destinations - named.length;
  const uses =
    [
      _count.sources && plural(_count.sources, "source"),
      _count.destinations && plural(_count.destinations, "destination"),
    ]
      .filter(Boolean)
      .join(" and ") || "nothing";
  return (
    <tr>
      <Cell>
        <Link href={paths.credential(id)} className="font-medium hover:underline">
          {name}
        </Link>
        {rotation !== "none" && (
          <Link
            href={paths.rotateCredential(id)}
            className="mt-0.5 flex items-center gap-1 text-xs text-muted hover:underline"
          >
            <RefreshCw aria-hidden className="size-3" />
            {rotation === "next" ? "A new secret waits" : "The old secret is kept"}
          </Link>
        )}
      </Cell>
      <Cell>{connectorKinds[kind]?.title ?? kind}</Cell>
      <Cell className="max-w-60 truncate font-mono text-xs">
        {textOf(config, "host") ?? textOf(config, "url")}
      </Cell>
      <Cell className="font-mono text-xs">{textOf(config, "user") ?? "—"}</Cell>
      <Cell className="whitespace-nowrap">
        {lastCheckedAt ? (
          <span className="inline-flex items-center gap-1.5">
            {lastCheckOk ? (
              <CheckCircle2 aria-label="Passed" className="size-4 text-success" />
            ) : (
              <XCircle aria-label="Failed" className="size-4 text-danger" />
            )}
            <Time at={lastCheckedAt} as="relative" />
          </span>
        ) : (
          "—"
        )}
      </Cell>
      <Cell className="min-w-40 text-muted">
        {named.length === 0 && "nothing"}
        {named.map((user, at) => (
          <span key={user.id}>
            {at > 0 && ", "}
            <Link href={user.href} className="hover:underline">
              {user.name}
            </Link>
          </span>
        ))}
        {more > 0 && (
          <>
            {" "}
            <Link href={paths.credential(id)} className="hover:underline">
              and {more} more
            </Link>
          </>
        )}
      </Cell>
      <Cell numeric>
        <CredentialActions credentialId={id} name={name} usedBy={uses} />
      </Cell>
    </tr>
  );
}
