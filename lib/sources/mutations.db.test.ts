import { expect, test } from "vitest";
import { createDraft } from "@/lib/drafts/mutations";
import { db } from "@/lib/platform/db";
import { manualSchedule } from "@/lib/schedule/schema";
import { findSource } from "@/lib/sources/data";
import { updateSource, type EditedSource } from "@/lib/sources/mutations";
import type { Actor } from "@/lib/team/types";
import { useDatabase } from "@/lib/testing/database";
import { makeCredential, makeMember, makeSource } from "@/prisma/factories/world";

useDatabase();

/** An edit of a source as it is now, renamed. */
async function edit(actor: Actor, sourceId: string, changes: Partial<EditedSource> = {}): Promise<[string, EditedSource]> {
  const source = await findSource(actor.teamId, sourceId);
  if (!source) throw new Error("no such source");
  const { name, credentialId, mapping, schedule, schema, table } = source;
  const edited: EditedSource = {
    editing: { sourceId, before: { name, credentialId, mapping, schedule } },
    name: { name: `${name}, renamed`, credentials: "existing", credentialId },
    data: { schema, table, columns: [{ name: "email", type: "varchar(50)", kind: "text" }] },
    columns: { mapping },
    schedule,
    ...changes,
  };
  return [await createDraft(actor, "source", "redshift", edited), edited];
}

test("an edit is saved once; of two that began at the same state the second is refused", async () => {
  const actor = await makeMember();
  const id = await makeSource(actor.teamId, { name: "Customers" });
  const [first, change] = await edit(actor, id, { schedule: { ...manualSchedule, frequency: "interval", every: 45 } });
  const [second, other] = await edit(actor, id, { name: { name: "Otherwise", credentials: "existing", credentialId: (await findSource(actor.teamId, id))?.credentialId ?? "" } });
  expect(await updateSource(actor, first, change)).toEqual({ ok: true, value: id });
  expect(await findSource(actor.teamId, id)).toMatchObject({ name: "Customers, renamed", schedule: { frequency: "interval", every: 45 }, columns: [{ name: "email" }] });
  expect(await updateSource(actor, second, other)).toMatchObject({ ok: false, reason: expect.stringContaining("Somebody else has changed this source meanwhile") });
  expect(await db().auditEntry.findMany({ where: { teamId: actor.teamId } })).toMatchObject([{ action: "changed", detail: { changed: ["name", "schedule"] } }]);
});

test("a verification meanwhile is no change; another team's edit finds nothing; other credentials must be the team's own", async () => {
  const actor = await makeMember();
  const stranger = await makeMember();
  const id = await makeSource(actor.teamId);
  const [draftId, change] = await edit(actor, id);
  await db().source.update({ where: { id }, data: { checkedAt: new Date(), checkOk: false } });
  expect(await updateSource(stranger, draftId, change)).toEqual({ ok: false, reason: "This source no longer exists." });
  const theirs = await makeCredential(stranger.teamId);
  expect(await updateSource(actor, draftId, { ...change, name: { name: "x", credentials: "existing", credentialId: theirs } })).toMatchObject({ ok: false, reason: expect.stringContaining("no longer exist") });
  const mine = await makeCredential(actor.teamId);
  expect(await updateSource(actor, draftId, { ...change, name: { name: "x", credentials: "existing", credentialId: mine }, verify: { of: "", at: "", results: [{ id: "connection", title: "Verifying Connection", status: "passed", summary: "" }] } })).toEqual({ ok: true, value: id });
  expect(await findSource(actor.teamId, id)).toMatchObject({ name: "x", credentialId: mine, checkOk: true });
});
