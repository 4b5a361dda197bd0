import { expect, test } from "vitest";
import { createDraft } from "@/lib/drafts/mutations";
import { db } from "@/lib/platform/db";
import { manualSchedule } from "@/lib/schedule/schema";
import { findSource } from "@/lib/sources/data";
import {
  claimLeftovers,
  setUnload,
  updateSource,
  type EditedSource,
} from "@/lib/sources/mutations";
import { forgetState, openUnload } from "@/lib/sources/open";
import type { Actor } from "@/lib/team/types";
import { useDatabase } from "@/lib/testing/database";
import { makeConnection, makeCredential, makeMember, makeSource } from "@/prisma/factories/world";

useDatabase();

/** An edit of a source as it is now, renamed. */
async function edit(
  actor: Actor,
  sourceId: string,
  changes: Partial<EditedSource> = {},
): Promise<[string, EditedSource]> {
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
  const connectionId = await makeConnection(actor.teamId, { sourceId: id });
  await db().connection.update({ where: { id: connectionId }, data: { nextRunAt: null } });
  const [first, change] = await edit(actor, id, {
    schedule: { ...manualSchedule, frequency: "interval", every: 45 },
  });
  const [second, other] = await edit(actor, id, {
    name: {
      name: "Otherwise",
      credentials: "existing",
      credentialId: (await findSource(actor.teamId, id))?.credentialId ?? "",
    },
  });
  expect(await updateSource(actor, first, change)).toEqual({ ok: true, value: id });
  expect(await findSource(actor.teamId, id)).toMatchObject({
    name: "Customers, renamed",
    schedule: { frequency: "interval", every: 45 },
    columns: [{ name: "email" }],
  });
  // its schedule was changed: a worker looks at it at once
  expect(await db().connection.findUniqueOrThrow({ where: { id: connectionId } })).toMatchObject({
    nextRunAt: new Date(0),
  });
  expect(await updateSource(actor, second, other)).toMatchObject({
    ok: false,
    reason: expect.stringContaining("Somebody else has changed this source meanwhile"),
  });
  expect(await db().auditEntry.findMany({ where: { teamId: actor.teamId } })).toMatchObject([
    {
      action: "changed",
      before: { name: "Customers", schedule: { frequency: "manual" } },
      after: { name: "Customers, renamed", schedule: { frequency: "interval", every: 45 } },
    },
  ]);
});

test("a verification meanwhile is no change; another team's edit finds nothing; other credentials must be the team's own", async () => {
  const actor = await makeMember();
  const stranger = await makeMember();
  const id = await makeSource(actor.teamId);
  const [draftId, change] = await edit(actor, id);
  await db().source.update({ where: { id }, data: { checkedAt: new Date(), checkOk: false } });
  expect(await updateSource(stranger, draftId, change)).toEqual({
    ok: false,
    reason: "This source no longer exists.",
  });
  const theirs = await makeCredential(stranger.teamId);
  expect(
    await updateSource(actor, draftId, {
      ...change,
      name: { name: "x", credentials: "existing", credentialId: theirs },
    }),
  ).toMatchObject({ ok: false, reason: expect.stringContaining("no longer exist") });
  const mine = await makeCredential(actor.teamId);
  expect(
    await updateSource(actor, draftId, {
      ...change,
      name: { name: "x", credentials: "existing", credentialId: mine },
      verify: {
        of: "",
        at: "",
        results: [
          { id: "connection", title: "Verifying Connection", status: "passed", summary: "" },
        ],
      },
    }),
  ).toEqual({ ok: true, value: id });
  expect(await findSource(actor.teamId, id)).toMatchObject({
    name: "x",
    credentialId: mine,
    checkOk: true,
  });
});

test("what a deleted connection leaves while its warehouse is away is tried again each hour, by one worker, for 30 days or as long as the credentials are there", async () => {
  const { teamId } = await makeMember();
  const away = {
    host: "127.0.0.1",
    port: 1,
    database: "d",
    user: "u",
    sslMode: "off",
    caCertificate: "",
  };
  const credentialId = await makeCredential(teamId, {
    config: away,
    secret: { password: "Away-1" },
  });
  const ids = ["0190c1f2-7d3e-7000-8000-000000000001", "0190c1f2-7d3e-7000-8000-000000000002"];
  expect(await forgetState(teamId, credentialId, ids)).toContain("It is tried again each hour");
  const later = (hours: number) => ({ now: () => new Date(Date.now() + hours * 3600_000) });
  const mine = async (hours: number) =>
    (await claimLeftovers(later(hours)))
      .filter((leftover) => leftover.credentialId === credentialId)
      .map(({ connectionId }) => connectionId)
      .sort();
  expect(await mine(0.9)).toEqual([]);
  const both = await Promise.all([mine(1.1), mine(1.1)]);
  expect(both.flat().sort()).toEqual(ids);
  expect(await mine(1.2)).toEqual([]);
  expect(await mine(2.2)).toEqual(ids);
  expect(await mine(24 * 31)).toEqual([]);
  expect(await db().leftover.count({ where: { credentialId } })).toBe(0);
  await forgetState(teamId, credentialId, ids);
  await db().credential.delete({ where: { id: credentialId } });
  expect(await db().leftover.count({ where: { credentialId } })).toBe(0);
});

test("a bucket for large reads: its secret is sealed with the source, shown to nobody, and gone when it is removed", async () => {
  const actor = await makeMember();
  const stranger = await makeMember();
  const id = await makeSource(actor.teamId);
  const config = {
    bucket: "mine",
    prefix: "tidegate",
    region: "eu-central-1",
    endpoint: "",
    access: "keys" as const,
    roleArn: "",
    accessKeyId: "AKIA1",
    fromRows: 5_000,
  };
  const secretAccessKey = "Unload/Secret+1";
  expect(await setUnload(stranger, id, { config, secretAccessKey, isSecretNew: true })).toEqual({
    ok: false,
    reason: "This source no longer exists.",
  });
  expect(await openUnload(actor.teamId, id)).toBeUndefined();
  expect(await setUnload(actor, id, { config, secretAccessKey, isSecretNew: true })).toEqual({
    ok: true,
    value: null,
  });
  expect(await openUnload(actor.teamId, id)).toEqual({ config, secret: { secretAccessKey } });
  expect(await openUnload(stranger.teamId, id)).toBeUndefined();
  const seen = await findSource(actor.teamId, id);
  expect(seen?.unload).toEqual(config);
  expect(seen).not.toHaveProperty("sealedUnload");
  // what is moved to another source does not open
  const { sealedUnload } = await db().source.findUniqueOrThrow({
    where: { id },
    select: { sealedUnload: true },
  });
  expect(sealedUnload).not.toContain(secretAccessKey);
  const other = await makeSource(actor.teamId);
  await db().source.update({ where: { id: other }, data: { unload: config, sealedUnload } });
  await expect(openUnload(actor.teamId, other)).rejects.toThrow();
  await setUnload(actor, id, null);
  expect(await openUnload(actor.teamId, id)).toBeUndefined();
  const lines = await db().auditEntry.findMany({
    where: { teamId: actor.teamId },
    orderBy: { at: "asc" },
  });
  expect(lines).toMatchObject([
    { action: "changed", before: { unload: null }, after: { unload: config, secret: "changed" } },
    { action: "changed", before: { unload: config }, after: { unload: null } },
  ]);
  expect(JSON.stringify(lines)).not.toContain(secretAccessKey);
});
