import { expect, test } from "vitest";
import type { CheckResult } from "@/lib/connectors/contract/checks";
import { findCredential, pageCredentials } from "@/lib/credentials/data";
import {
  cancelRotation,
  changeCredential,
  dropPrevious,
  startRotation,
  takeOver,
} from "@/lib/credentials/mutations";
import { openCredential, openLogin } from "@/lib/credentials/secrets";
import { db } from "@/lib/platform/db";
import { useDatabase } from "@/lib/testing/database";
import { claimDueChecks, recordVerification } from "@/lib/verification/mutations";
import { makeCredential, makeDestination, makeMember, makeSource } from "@/prisma/factories/world";

useDatabase();

const passed: CheckResult[] = [
  { id: "connection", title: "Verifying Connection", status: "passed", summary: "Fine." },
];
const failed: CheckResult[] = [
  { id: "connection", title: "Verifying Connection", status: "failed", summary: "Away." },
];
const tunnel = { privateKey: "KEY", passphrase: "", password: "" };
const old = { password: "Old-1", tunnel };
const fresh = { password: "New-1", tunnel };

async function world(users = 2) {
  const actor = await makeMember();
  const id = await makeCredential(actor.teamId, {
    secret: old,
    config: { host: "cluster.example", user: "rudder" },
  });
  const sources: string[] = [];
  for (let n = 0; n < users; n++)
    sources.push(await makeSource(actor.teamId, { credentialId: id }));
  const verified = (source: string, results: CheckResult[], begun = new Date()) =>
    recordVerification({ subject: "source", id: source }, id, begun, results, {
      now: () => new Date(Date.now() + 1),
    });
  const state = async () => (await findCredential(actor.teamId, id))?.rotation;
  return { actor, id, sources, verified, state };
}

test("from the start of a rotation both secrets are tried; taken over they change places, and the old one goes with the last verification", async () => {
  const {
    actor,
    id,
    sources: [one = "", two = ""],
    verified,
    state,
  } = await world();
  expect(await startRotation(actor, id, fresh)).toMatchObject({ ok: true });
  expect(await openLogin(actor.teamId, id)).toMatchObject({
    secret: { password: "Old-1", otherPassword: "New-1", tunnel },
  });
  const begunBefore = new Date();
  await claimDueChecks(20);

  expect(await takeOver(actor, id, "next")).toMatchObject({ ok: true });
  expect(await openLogin(actor.teamId, id)).toMatchObject({
    secret: { password: "New-1", otherPassword: "Old-1" },
  });
  // one that had begun with the old secret says nothing of the new one
  await verified(one, passed, begunBefore);
  await verified(two, passed, begunBefore);
  expect(await state()).toBe("previous");
  await claimDueChecks(20);
  await verified(one, passed);
  expect(await state()).toBe("previous");
  await verified(two, failed);
  expect(await state()).toBe("previous");
  await verified(two, passed);
  expect(await state()).toBe("none");
  expect(await openLogin(actor.teamId, id)).toMatchObject({ secret: fresh });
  expect((await openCredential(actor.teamId, id))?.other).toBeNull();
});

test("one step back swaps the two again; giving up and dropping leave what is present", async () => {
  const { actor, id, state } = await world();
  await startRotation(actor, id, fresh);
  await takeOver(actor, id, "next");
  expect(await takeOver(actor, id, "previous")).toMatchObject({ ok: true });
  expect(await openCredential(actor.teamId, id)).toMatchObject({ secret: old, other: fresh });
  expect(await dropPrevious(actor, id)).toMatchObject({ ok: true });
  expect(await openCredential(actor.teamId, id)).toMatchObject({ secret: old, other: null });
  await startRotation(actor, id, fresh);
  expect(await cancelRotation(actor, id)).toMatchObject({ ok: true });
  expect(await openCredential(actor.teamId, id)).toMatchObject({ secret: old, other: null });
  expect(await state()).toBe("none");
});

test("of two clicks at once one counts, and a step from where the rotation no longer is is refused", async () => {
  const { actor, id } = await world();
  await startRotation(actor, id, fresh);
  expect(await startRotation(actor, id, fresh)).toMatchObject({ ok: false });
  const taken = await Promise.all([takeOver(actor, id, "next"), takeOver(actor, id, "next")]);
  expect(taken.filter(({ ok }) => ok)).toHaveLength(1);
  expect(await openCredential(actor.teamId, id)).toMatchObject({ secret: fresh, other: old });
  expect(await cancelRotation(actor, id)).toMatchObject({ ok: false });
});

test("where nothing uses the credentials nothing is kept; another team can't move a rotation", async () => {
  const { actor, id, state } = await world(0);
  const stranger = await makeMember();
  expect(await startRotation(stranger, id, { password: "Theirs" })).toMatchObject({ ok: false });
  await startRotation(actor, id, fresh);
  for (const step of [
    () => takeOver(stranger, id, "next"),
    () => cancelRotation(stranger, id),
    () => dropPrevious(stranger, id),
  ])
    expect(await step()).toMatchObject({ ok: false });
  await takeOver(actor, id, "next");
  expect(await state()).toBe("none");
  expect(await openCredential(actor.teamId, id)).toMatchObject({ secret: fresh, other: null });
});

test("a waiting secret never goes to another address: a change of the credentials ends the rotation, a new name doesn't", async () => {
  const { actor, id, state } = await world();
  await startRotation(actor, id, fresh);
  const config = { host: "cluster.example", user: "rudder" };
  await changeCredential(actor, id, { name: "Renamed", config, secret: old, isSecretNew: false });
  expect(await state()).toBe("next");
  await changeCredential(actor, id, {
    name: "Renamed",
    config: { ...config, host: "elsewhere.example" },
    secret: old,
    isSecretNew: true,
  });
  expect(await state()).toBe("none");
  expect((await openCredential(actor.teamId, id))?.other).toBeNull();
});

test("the audit log tells of each step, and of no secret", async () => {
  const { actor, id } = await world();
  await startRotation(actor, id, fresh);
  await takeOver(actor, id, "next");
  await takeOver(actor, id, "previous");
  await dropPrevious(actor, id);
  const entries = await db().auditEntry.findMany({
    where: { teamId: actor.teamId, subjectId: id },
  });
  expect(entries).toHaveLength(4);
  expect(JSON.stringify(entries)).not.toMatch(/Old-1|New-1|KEY/);
});

test("the list is searched by name, kind, host and user, sorted and paged, and names what uses each", async () => {
  const { teamId } = await makeMember();
  const ids: string[] = [];
  for (let n = 0; n < 60; n++)
    ids.push(
      await makeCredential(teamId, {
        name: `Warehouse ${String(n).padStart(2, "0")}`,
        config: { host: `c${n}.example`, user: n === 7 ? "Rudder_7" : "rudder" },
      }),
    );
  await makeDestination(teamId, { name: "Plane", config: { url: "https://plane.example" } });
  for (let n = 0; n < 5; n++)
    await makeSource(teamId, { name: `Source ${n}`, credentialId: ids[3] });
  const page = (list: object) =>
    pageCredentials(teamId, { search: "", sort: "name", page: 1, ...list });
  const first = await page({ search: "warehouse" });
  expect([first.total, first.credentials.length, first.credentials[0]?.name]).toEqual([
    60,
    50,
    "Warehouse 00",
  ]);
  expect(
    (await page({ search: "warehouse", page: 2 })).credentials.map(({ name }) => name),
  ).toEqual(Array.from({ length: 10 }, (_, n) => `Warehouse ${50 + n}`));
  expect((await page({ search: "c42.ex" })).credentials.map(({ name }) => name)).toEqual([
    "Warehouse 42",
  ]);
  expect((await page({ search: "rudder_7" })).credentials.map(({ name }) => name)).toEqual([
    "Warehouse 07",
  ]);
  expect((await page({ search: "plane.example" })).total).toBe(1);
  expect((await page({ search: "100%_'\"\\" })).total).toBe(0);
  expect((await page({ search: "Warehouse 03" })).credentials).toMatchObject([
    {
      sources: [{ name: "Source 0" }, { name: "Source 1" }, { name: "Source 2" }],
      _count: { sources: 5 },
    },
  ]);
});
