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
  const entered = login
    ? [login.config, login.passwordSetAt]
    : connection && [connection.config, connection.secretSetAt];
  const credentials = name?.credentials === "existing" ? name.credentialId : entered;
  return credentials
    ? JSON.stringify([credentials, staging?.config, staging?.secretSetAt, tables?.targetSchema])
    : "";
}

const always = () => true;

const hasLogin = ({ name, login, connection }: DestinationDraft) =>
  name?.credentials === "existing" || login !== undefined || connection !== undefined;
const hasTarget = ({ tables }: DestinationDraft) => tables?.targetSchema !== undefined;

const wizardSteps: readonly Step<DestinationDraft>[] = [
  {
    id: "staging",
    title: "Staging",
    appliesTo: always,
    isDone: ({ staging }) => staging !== undefined,
  },
  {
    id: "verify",
    title: "Verify",
    appliesTo: always,
    isDone: (draft) => draft.verify?.passed === true && draft.verify.of === connectionOf(draft),
  },
  {
    id: "tables",
    title: "Tables",
    appliesTo: always,
    isDone: ({ areTablesSaved }) => areTablesSaved === true,
  },
];

/** The steps of a kind, as its entry in the catalogue names them. */
export function destinationSteps(kind: string): readonly Step<DestinationDraft>[] {
  const { steps = [], target } = connectorKinds[kind]?.destination ?? {};
  const name: Step<DestinationDraft> = {
    id: "name",
    title: "Name",
    appliesTo: always,
    isDone: (draft) => draft.name !== undefined,
  };
  const connection: Step<DestinationDraft> = {
    id: "connection",
    title: "Connection",
    appliesTo: always,
    isDone: (draft) => hasLogin(draft) && (target === undefined || hasTarget(draft)),
  };
  const known = [connection, ...wizardSteps];
  return [name, ...steps.flatMap((id) => known.find((step) => step.id === id) ?? [])];
}
