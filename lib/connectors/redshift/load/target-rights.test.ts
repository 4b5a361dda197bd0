import { expect, test } from "vitest";
import { SyncError } from "@/lib/platform/errors";
import type { RedshiftSession } from "@/lib/connectors/redshift/session/client";
import { explainOwner, explainRights } from "./target-rights";

const never = new AbortController().signal;
const denial = new SyncError("The user isn't allowed to do this.", "user-fixable", {
  code: "42501",
  serverText: "permission denied for relation people",
});
const sessionThat = (query: RedshiftSession["query"]) => ({ query }) as RedshiftSession;

test("where the words for a refusal can't be found out, the refusal itself is said", async () => {
  const lost = sessionThat(() =>
    Promise.reject(
      new SyncError("The connection was lost.", "transient", { code: "CONNECTION_LOST" }),
    ),
  );
  expect(await explainRights(lost, "crm", "people", denial, never)).toBe(denial);
  expect(await explainOwner(lost, "crm", "people", ["ALTER TABLE x"], denial, never)).toBe(denial);
});

test("an error that is no refusal is given back without asking anything", async () => {
  const other = new SyncError("Busy.", "transient", { code: "1023" });
  const unasked = sessionThat(() => Promise.reject(new Error("It was asked.")));
  expect(await explainRights(unasked, "crm", "people", other, never)).toBe(other);
});
