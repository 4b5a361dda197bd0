import type { DestinationDraft } from "@/lib/destinations/schema";
import type { Step } from "@/lib/drafts/steps";

/** Names what a verification was about. */
export const connectionOf = ({ connection }: DestinationDraft): string => (connection ? JSON.stringify([connection.config, connection.secretSetAt]) : "");

const always = () => true;

export const destinationSteps: readonly Step<DestinationDraft>[] = [
  { id: "name", title: "Name", appliesTo: always, isDone: ({ name }) => name !== undefined },
  { id: "connection", title: "Connection", appliesTo: always, isDone: ({ connection }) => connection !== undefined },
  { id: "verify", title: "Verify", appliesTo: always, isDone: (draft) => draft.verify?.passed === true && draft.verify.of === connectionOf(draft) },
];
