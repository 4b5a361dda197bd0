import { notFound } from "next/navigation";
import { ReviewStep } from "@/components/sources/steps/review-step";
import { redshiftConfigSchema } from "@/lib/connectors/redshift/spec";
import { findCredential, listCredentials } from "@/lib/credentials/data";
import { mappingProblems } from "@/lib/event/rules";
import { editChanges } from "@/lib/sources/rules";
import type { SourceDraft } from "@/lib/sources/schema";
import type { TeamId } from "@/lib/team/types";

/** Where the draft logs in: what was typed in it, or what the saved credential says. */
export async function configOf(teamId: TeamId, draft: SourceDraft) {
  if (draft.name?.credentials !== "existing") return draft.connection?.config;
  const saved = await findCredential(teamId, draft.name.credentialId);
  return saved ? redshiftConfigSchema.parse(saved.config) : undefined;
}

/** The last step of an edit: what it changes, compared with the source as it was when the edit began. */
export async function Review({
  draftId,
  draft,
  editing,
  teamId,
}: {
  draftId: string;
  draft: SourceDraft;
  editing: NonNullable<SourceDraft["editing"]>;
  teamId: TeamId;
}) {
  const { name, columns, schedule, data } = draft;
  if (!name || !columns || !schedule || !data) notFound();
  const { before, sourceId } = editing;
  const isMoved = name.credentials === "new" || name.credentialId !== before.credentialId;
  const saved = await listCredentials(teamId, "redshift");
  const named = (id: string) => saved.find((credential) => credential.id === id);
  const old = named(before.credentialId);
  const place = (config: unknown) => {
    const { host, port, database } = redshiftConfigSchema.parse(config);
    return `${host.toLowerCase()}:${port}/${database}`;
  };
  const now = await configOf(teamId, draft);
  const credentials = isMoved
    ? {
        from: old?.name ?? "deleted",
        to:
          name.credentials === "new"
            ? (draft.connection?.credentialName ?? "")
            : (named(name.credentialId)?.name ?? "deleted"),
        sameDatabase: old !== undefined && now !== undefined && place(old.config) === place(now),
      }
    : null;
  const groups = editChanges(
    before,
    { name: name.name, mapping: columns.mapping, schedule },
    credentials,
  );
  const problem =
    mappingProblems(columns.mapping, data.columns).find(({ severity }) => severity === "error")
      ?.message ?? null;
  return <ReviewStep draftId={draftId} sourceId={sourceId} groups={groups} problem={problem} />;
}
