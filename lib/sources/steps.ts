import type { CheckUpdate } from "@/lib/connectors/contract/checks";
import type { Step } from "@/lib/drafts/steps";
import type { SourceDraft } from "@/lib/sources/schema";
import { allPassed } from "@/lib/verification/rules";

/** Names what a verification was about: another host, user or password makes another text. */
export function connectionOf(draft: SourceDraft): string {
  if (draft.name?.credentials === "existing") return `credential ${draft.name.credentialId}`;
  return draft.connection
    ? JSON.stringify([draft.connection.config, draft.connection.passwordSetAt])
    : "";
}

/** The draft with the host key of its SSH server pinned; unchanged where it has no connection of its own. */
export const withHostKey = (draft: SourceDraft, hostKey: string): SourceDraft =>
  draft.connection
    ? {
        ...draft,
        connection: {
          ...draft.connection,
          config: {
            ...draft.connection.config,
            tunnel: { ...draft.connection.config.tunnel, hostKey },
          },
        },
      }
    : draft;

/** Whether the first check has passed, on which all others rest. */
export const canLogIn = (results: readonly Pick<CheckUpdate, "id" | "status">[]): boolean =>
  results.some(({ id, status }) => id === "connection" && status === "passed");

/** Whether a superuser can mend what failed: a login that was refused, or a privilege; not a network, a certificate or a tunnel. */
export function needsSuperuser(
  results: readonly Pick<CheckUpdate, "id" | "status" | "parts">[],
): boolean {
  const failed = results.filter(({ status }) => status === "failed");
  return failed.some(
    ({ id, parts }) =>
      id !== "connection" || parts?.some((part) => part.id === "login" && part.status === "failed"),
  );
}

const always = () => true;
const isNew = ({ editing }: SourceDraft) => editing === undefined;
/** An edit that logs in as before has nothing to verify. */
const hasOtherCredentials = ({ editing, name }: SourceDraft) =>
  name?.credentials !== "existing" || name.credentialId !== editing?.before.credentialId;

/** Schema, table and key of a source are fixed once it is created: what was delivered is remembered by them. */
export const sourceSteps: readonly Step<SourceDraft>[] = [
  { id: "name", title: "Name", appliesTo: always, isDone: ({ name }) => name !== undefined },
  {
    id: "connection",
    title: "Connection",
    appliesTo: ({ name }) => name?.credentials !== "existing",
    isDone: ({ connection }) => connection !== undefined,
  },
  {
    id: "verify",
    title: "Verify",
    appliesTo: (draft) => isNew(draft) || hasOtherCredentials(draft),
    isDone: (draft) =>
      draft.verify !== undefined &&
      draft.verify.of === connectionOf(draft) &&
      allPassed(draft.verify.results),
  },
  { id: "data", title: "Data", appliesTo: isNew, isDone: ({ data }) => data !== undefined },
  {
    id: "columns",
    title: "Columns",
    appliesTo: always,
    isDone: ({ columns }) => columns !== undefined,
  },
  {
    id: "schedule",
    title: "Schedule",
    appliesTo: always,
    isDone: ({ schedule }) => schedule !== undefined,
  },
  { id: "review", title: "Review", appliesTo: (draft) => !isNew(draft), isDone: () => false },
];
