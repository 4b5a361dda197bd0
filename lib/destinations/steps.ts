import { connectorKinds } from "@/lib/connectors/catalog";
import type { DestinationDraft } from "@/lib/destinations/schema";
import type { Step } from "@/lib/drafts/steps";

/** Names what a verification was about: another login, bucket or schema makes another text. */
export function connectionOf({
  name,
  connection,
  login,
  staging,
  tables,
}: DestinationDraft): string {
  if (connection) return JSON.stringify([connection.config, connection.secretSetAt]);
  const credentials =
    name?.credentials === "existing"
      ? name.credentialId
      : login
        ? [login.config, login.passwordSetAt]
        : null;
  return credentials
    ? JSON.stringify([credentials, staging?.config, staging?.secretSetAt, tables?.targetSchema])
    : "";
}

const always = () => true;
const isVerified = (draft: DestinationDraft) =>
  draft.verify?.passed === true && draft.verify.of === connectionOf(draft);

const plainSteps: readonly Step<DestinationDraft>[] = [
  { id: "name", title: "Name", appliesTo: always, isDone: ({ name }) => name !== undefined },
  {
    id: "connection",
    title: "Connection",
    appliesTo: always,
    isDone: ({ connection }) => connection !== undefined,
  },
  { id: "verify", title: "Verify", appliesTo: always, isDone: isVerified },
];

const stagedSteps: readonly Step<DestinationDraft>[] = [
  { id: "name", title: "Name", appliesTo: always, isDone: ({ name }) => name !== undefined },
  {
    id: "connection",
    title: "Connection",
    appliesTo: always,
    isDone: ({ name, login, tables }) =>
      (name?.credentials === "existing" || login !== undefined) &&
      tables?.targetSchema !== undefined,
  },
  {
    id: "staging",
    title: "Staging",
    appliesTo: always,
    isDone: ({ staging }) => staging !== undefined,
  },
  { id: "verify", title: "Verify", appliesTo: always, isDone: isVerified },
  {
    id: "tables",
    title: "Tables",
    appliesTo: always,
    isDone: ({ areTablesSaved }) => areTablesSaved === true,
  },
];

/** The steps of a kind: what rows reach through a bucket is told which one, and what becomes of them. */
export function destinationSteps(kind: string): readonly Step<DestinationDraft>[] {
  const spec = connectorKinds[kind]?.destination;
  return spec?.isStaged ? stagedSteps : plainSteps;
}
