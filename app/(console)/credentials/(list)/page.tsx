import type { Metadata } from "next";
import { KeyRound } from "lucide-react";
import { CredentialRow } from "@/components/credentials/credential-row";
import { PageHeader } from "@/components/shell/page-header";
import { Empty } from "@/components/ui/empty";
import { Pager } from "@/components/ui/pager";
import { SearchForm } from "@/components/ui/search-form";
import { Table } from "@/components/ui/table";
import { CREDENTIALS_PAGE, pageCredentials } from "@/lib/credentials/data";
import { credentialListSchema, type CredentialList } from "@/lib/credentials/schema";
import { paths } from "@/lib/paths";
import { requireActor } from "@/lib/web/session";

export const metadata: Metadata = { title: "Credentials" };

/** The direction in which each column sorts. */
const directions = { name: "ascending", kind: "ascending", verified: "descending" } as const;

export default async function CredentialsPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { teamId } = await requireActor("credentials.read");
  const list = credentialListSchema.parse(await searchParams);
  const { credentials, total } = await pageCredentials(teamId, list);
  const to = (change: Partial<CredentialList>) => {
    const { search, sort, page } = { ...list, page: 1, ...change };
    const query = new URLSearchParams({
      ...(search && { search }),
      ...(sort !== "name" && { sort }),
      ...(page > 1 && { page: String(page) }),
    });
    return `${paths.credentials}${query.size > 0 ? `?${query}` : ""}`;
  };
  const by = (sort: CredentialList["sort"]) => ({
    href: to({ sort }),
    now: list.sort === sort ? directions[sort] : ("none" as const),
  });
  const head = [
    { title: "Name", sort: by("name") },
    { title: "Kind", sort: by("kind") },
    { title: "Host" },
    { title: "User" },
    { title: "Last verified", sort: by("verified") },
    { title: "Used by" },
    { title: "Actions", hidden: true },
  ];
  const isEmpty = total === 0 && list.search === "";
  return (
    <>
      <PageHeader
        title="Credentials"
        description="What your sources and destinations log in with. A secret is never shown again."
      />
      {!isEmpty && (
        <SearchForm
          action={paths.credentials}
          label="Search credentials"
          value={list.search}
          keep={list.sort === "name" ? {} : { sort: list.sort }}
        />
      )}
      {isEmpty && (
        <Empty icon={KeyRound} title="No credentials yet">
          They are saved when you add a source or a destination, and can be used again for the next.
        </Empty>
      )}
      {!isEmpty && total === 0 && (
        <Empty icon={KeyRound} title="None found">
          No credentials have “{list.search}” in their name, kind, host or user.
        </Empty>
      )}
      {!isEmpty && total > 0 && (
        <Table label="Credentials" head={head}>
          {credentials.map((credential) => (
            <CredentialRow key={credential.id} credential={credential} />
          ))}
        </Table>
      )}
      <Pager page={list.page} size={CREDENTIALS_PAGE} total={total} href={(page) => to({ page })} />
    </>
  );
}
