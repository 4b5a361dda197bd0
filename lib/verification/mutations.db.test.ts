import { expect, test } from "vitest";
import type { CheckResult } from "@/lib/connectors/contract/checks";
import { db } from "@/lib/platform/db";
import { useDatabase } from "@/lib/testing/database";
import { listBroken } from "@/lib/verification/data";
import { claimDueChecks, recordVerification, verifyUsersOf } from "@/lib/verification/mutations";
import type { Subject } from "@/lib/verification/schema";
import { makeCredential, makeDestination, makeMember, makeSource } from "@/prisma/factories/world";

useDatabase();

const at = (iso: string) => ({ now: () => new Date(iso) });
const passed: CheckResult[] = [
  { id: "connection", title: "Verifying Connection", status: "passed", summary: "Fine." },
];
const failed: CheckResult[] = [
  {
    id: "connection",
    title: "Verifying Connection",
    status: "failed",
    summary: "The server refused the user.",
  },
  {
    id: "schemas",
    title: "Able to List Schema",
    status: "skipped",
    summary: "Needs a connection.",
  },
];
const EARLY = "2090-01-01T00:00:00Z"; // after the default of a new row

test("of ten schedulers at the same moment one gets what is due; after the lease it is due again", async () => {
  const { teamId } = await makeMember();
  const id = await makeSource(teamId);
  await makeDestination(teamId);
  const claims = (
    await Promise.all(Array.from({ length: 10 }, () => claimDueChecks(20, at(EARLY))))
  ).flat();
  expect(claims).toEqual([{ subject: "source", id }]);
  expect(await claimDueChecks(20, at("2090-01-01T00:02:59Z"))).toEqual([]);
  expect(await claimDueChecks(20, at("2090-01-01T00:03:00Z"))).toEqual([{ subject: "source", id }]);
});

test("what is broken is listed with the check that failed, looked at sooner, and gone once it passes", async () => {
  const { teamId } = await makeMember();
  const stranger = await makeMember();
  const credentialId = await makeCredential(teamId);
  const id = await makeSource(teamId, { name: "Customers", credentialId });
  await recordVerification(
    { subject: "source", id },
    credentialId,
    new Date(EARLY),
    failed,
    at(EARLY),
  );
  expect(await listBroken(teamId)).toMatchObject([
    {
      subject: "source",
      id,
      name: "Customers",
      failed: "Verifying Connection",
      summary: "The server refused the user.",
    },
  ]);
  expect(await listBroken(stranger.teamId)).toEqual([]);
  expect(await db().credential.findUniqueOrThrow({ where: { id: credentialId } })).toMatchObject({
    lastCheckOk: false,
    lastCheckedAt: new Date(EARLY),
  });
  const next = async () =>
    (await db().source.findUniqueOrThrow({ where: { id } })).nextCheckAt?.toISOString();
  expect(await next()).toBe("2090-01-01T00:30:00.000Z");
  await recordVerification(
    { subject: "source", id },
    credentialId,
    new Date("2090-01-01T00:30:00Z"),
    passed,
    at("2090-01-01T00:30:00Z"),
  );
  expect(await listBroken(teamId)).toEqual([]);
  expect(await next()).toBe("2090-01-01T06:30:00.000Z");
});

test("changed credentials make everything that uses them due, and nothing else", async () => {
  const { teamId } = await makeMember();
  const credentialId = await makeCredential(teamId);
  const sourceId = await makeSource(teamId, { credentialId });
  const otherId = await makeSource(teamId);
  const destinationId = await makeDestination(teamId);
  await db().destination.update({ where: { id: destinationId }, data: { credentialId } });
  for (const id of [sourceId, otherId])
    await recordVerification(
      { subject: "source", id },
      credentialId,
      new Date(EARLY),
      passed,
      at(EARLY),
    );
  await db().$transaction((tx) => verifyUsersOf(tx, credentialId, at("2090-01-01T00:01:00Z")));
  const due = await claimDueChecks(20, at("2090-01-01T00:01:00Z"));
  expect(due.filter(({ id }) => [sourceId, otherId, destinationId].includes(id))).toEqual([
    { subject: "source", id: sourceId },
    { subject: "destination", id: destinationId },
  ]);
});

test("a destination is not verified by the clock: its check sends a test event", async () => {
  const { teamId } = await makeMember();
  const id = await makeDestination(teamId);
  const { credentialId } = await db().destination.findUniqueOrThrow({ where: { id } });
  await recordVerification(
    { subject: "destination", id },
    credentialId,
    new Date(EARLY),
    passed,
    at(EARLY),
  );
  expect((await claimDueChecks(20, at("2091-01-01T00:00:00Z"))).map((due) => due.id)).not.toContain(
    id,
  );
});

test("credentials that change while a verification runs: it stays due, and the old outcome never covers the new one", async () => {
  const { teamId } = await makeMember();
  const credentialId = await makeCredential(teamId);
  const id = await makeSource(teamId, { credentialId });
  const source: Subject = { subject: "source", id };
  const state = () =>
    db().source.findUniqueOrThrow({ where: { id }, select: { checkOk: true, nextCheckAt: true } });
  await claimDueChecks(20, at("2090-01-01T00:00:00Z"));
  await db().$transaction((tx) => verifyUsersOf(tx, credentialId, at("2090-01-01T00:00:05Z")));
  await recordVerification(
    source,
    credentialId,
    new Date("2090-01-01T00:00:00Z"),
    passed,
    at("2090-01-01T00:00:10Z"),
  );
  expect(await state()).toEqual({ checkOk: true, nextCheckAt: new Date("2090-01-01T00:00:05Z") });
  // the new one is quicker than another old one that is still under way
  await recordVerification(
    source,
    credentialId,
    new Date("2090-01-01T00:00:11Z"),
    failed,
    at("2090-01-01T00:00:12Z"),
  );
  await recordVerification(
    source,
    credentialId,
    new Date("2090-01-01T00:00:01Z"),
    passed,
    at("2090-01-01T00:00:15Z"),
  );
  expect(await state()).toEqual({ checkOk: false, nextCheckAt: new Date("2090-01-01T00:30:12Z") });
});
