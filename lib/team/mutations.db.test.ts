import { beforeEach, expect, test } from "vitest";
import { joinAsMember, joinAsNew, personOfProvider } from "@/lib/account/mutations";
import { createDraft, draftSecret, sealDraftSecret } from "@/lib/drafts/mutations";
import { db } from "@/lib/platform/db";
import { hashOfToken, newId } from "@/lib/platform/ids";
import { findInvitation, listOpenInvitations, membershipOf, roleOfSession } from "@/lib/team/data";
import {
  changeRole,
  createInvitation,
  createTeam,
  leaveTeam,
  removeMember,
  requireTwoFactor,
  revokeInvitation,
  switchTeam,
} from "@/lib/team/mutations";
import { INVITATION_IS_DEAD } from "@/lib/team/rules";
import type { Actor, Person, Role } from "@/lib/team/types";
import { useDatabase } from "@/lib/testing/database";
import { makeMember } from "@/prisma/factories/world";

useDatabase();

let owner: Actor;
beforeEach(async () => {
  owner = await makeMember({ name: "Olga" });
});

const join = (role: Role, name: string) => makeMember({ role, name, teamId: owner.teamId });
const memberId = async ({ userId, teamId }: Actor) =>
  (await db().member.findFirstOrThrow({ where: { userId, organizationId: teamId } })).id;
const roleOf = async ({ userId, teamId }: Actor) =>
  (await db().member.findFirst({ where: { userId, organizationId: teamId } }))?.role ?? null;
const entries = (teamId: string) =>
  db().auditEntry.findMany({ where: { teamId }, orderBy: [{ at: "asc" }] });

async function session({ userId }: Actor, activeTeam: string | null = null): Promise<Person> {
  const id = newId();
  await db().session.create({
    data: {
      id,
      token: newId(),
      userId,
      expiresAt: new Date(Date.now() + 3600_000),
      activeOrganizationId: activeTeam,
    },
  });
  const { name, email } = await db().user.findUniqueOrThrow({ where: { id: userId } });
  return { userId, name, email, sessionId: id, ip: "192.0.2.7" };
}

async function invited(role: Role = "editor", email = ""): Promise<string> {
  const made = await createInvitation(owner, { email, role });
  if (!made.ok) throw new Error(made.reason);
  return made.value.token;
}
const newcomer = (token: string, more: object = {}) => ({
  token,
  name: "Nadia",
  email: `${newId()}@example.com`,
  password: "three-unrelated-harbours",
  ...more,
});

test("an invitation's link makes one member, once; only its hash is kept", async () => {
  const token = await invited("viewer");
  const rows = await db().$queryRaw<
    { row: string }[]
  >`SELECT t::text AS row FROM invitation t UNION ALL SELECT t::text FROM audit_entry t`;
  expect(rows.filter(({ row }) => row.includes(token))).toEqual([]);
  expect((await listOpenInvitations(owner.teamId)).map(({ role }) => role)).toEqual(["viewer"]);
  const both = await Promise.all([
    joinAsNew(newcomer(token), null),
    joinAsNew(newcomer(token), null),
  ]);
  expect(both.filter(({ ok }) => ok)).toHaveLength(1);
  expect(both.find(({ ok }) => !ok)).toEqual({ ok: false, reason: INVITATION_IS_DEAD });
  expect(await db().member.count({ where: { organizationId: owner.teamId } })).toBe(2);
  expect(await listOpenInvitations(owner.teamId)).toEqual([]);
});

test("a wrong, a used, a revoked and an old link get one and the same answer", async () => {
  const used = await invited();
  expect(await joinAsNew(newcomer(used), null)).toMatchObject({ ok: true });
  const revoked = await invited();
  const { id } = await db().invitation.findUniqueOrThrow({
    where: { tokenHash: hashOfToken(revoked) },
  });
  expect(await revokeInvitation(owner, id)).toEqual({ ok: true, value: null });
  const old = await invited();
  await db().invitation.update({
    where: { tokenHash: hashOfToken(old) },
    data: { expiresAt: new Date(Date.now() - 1) },
  });
  const person = await session(owner);
  for (const token of ["wrong", used, revoked, old]) {
    expect(await joinAsNew(newcomer(token), null)).toEqual({
      ok: false,
      reason: INVITATION_IS_DEAD,
    });
    expect(await joinAsMember(person, token)).toEqual({ ok: false, reason: INVITATION_IS_DEAD });
    expect(await findInvitation(token)).toBeNull();
  }
});

test("an invitation that names an address is for that one alone, and stays open when another tries", async () => {
  const token = await invited("editor", "bo@example.com");
  expect(await joinAsNew(newcomer(token), null)).toMatchObject({ ok: false, field: "email" });
  const stranger = await session(await makeMember({ name: "Stranger" }));
  expect(await joinAsMember(stranger, token)).toMatchObject({ ok: false });
  expect(await joinAsNew(newcomer(token, { email: "bo@example.com" }), null)).toMatchObject({
    ok: true,
  });
});

test("an admin hands out no owner, and revokes no owner's invitation", async () => {
  const admin = await join("admin", "Adam");
  expect(await createInvitation(admin, { email: "", role: "owner" })).toMatchObject({
    ok: false,
    field: "role",
  });
  const token = await invited("owner");
  const { id } = await db().invitation.findUniqueOrThrow({
    where: { tokenHash: hashOfToken(token) },
  });
  expect(await revokeInvitation(admin, id)).toMatchObject({ ok: false });
  expect(await changeRole(admin, await memberId(admin), "owner")).toMatchObject({ ok: false });
  expect(await changeRole(admin, await memberId(owner), "viewer")).toMatchObject({ ok: false });
  expect(await removeMember(admin, await memberId(owner), "Olga")).toMatchObject({ ok: false });
  expect(await roleOf(owner)).toBe("owner");
});

test("somebody with an account joins with it; twice is refused; another team's link and ids are strangers", async () => {
  const other = await makeMember({ name: "Rita" });
  const person = await session(other, other.teamId);
  expect(await joinAsMember(person, await invited("editor"))).toEqual({ ok: true, value: null });
  expect((await membershipOf(other.userId, owner.teamId))?.role).toBe("editor");
  expect(await db().session.findUniqueOrThrow({ where: { id: person.sessionId } })).toMatchObject({
    activeOrganizationId: owner.teamId,
  });
  expect(await joinAsMember(person, await invited("admin"))).toEqual({
    ok: false,
    reason: "You are in this team already.",
  });
  const stranger = await makeMember({ name: "Stranger" });
  expect(await changeRole(stranger, await memberId(owner), "viewer")).toMatchObject({ ok: false });
  expect(await removeMember(stranger, await memberId(owner), "Olga")).toMatchObject({ ok: false });
  expect(await switchTeam(await session(stranger), owner.teamId)).toMatchObject({ ok: false });
});

test("the last owner can't be removed, demoted or leave", async () => {
  expect(await changeRole(owner, await memberId(owner), "admin")).toMatchObject({ ok: false });
  expect(await removeMember(owner, await memberId(owner), "Olga")).toMatchObject({ ok: false });
  expect(await leaveTeam(owner, owner.teamName)).toMatchObject({ ok: false });
  expect(await roleOf(owner)).toBe("owner");
});

test("two owners who demote each other at the same moment leave one", async () => {
  for (let round = 0; round < 10; round++) {
    const first = await makeMember({ name: "First" });
    const second = await makeMember({ name: "Second", teamId: first.teamId });
    const outcomes = await Promise.all([
      changeRole(first, await memberId(second), "viewer"),
      changeRole(second, await memberId(first), "viewer"),
    ]);
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(
      await db().member.count({ where: { organizationId: first.teamId, role: "owner" } }),
    ).toBe(1);
  }
});

test("who is removed is signed out at once; who has another team goes on there", async () => {
  const editor = await join("editor", "Edda");
  const gone = await session(editor, owner.teamId);
  expect(await roleOfSession(gone.sessionId, owner.teamId)).toBe("editor");
  expect(await removeMember(owner, await memberId(editor), "edda")).toMatchObject({
    ok: false,
    field: "name",
  });
  expect(await removeMember(owner, await memberId(editor), "Edda")).toEqual({
    ok: true,
    value: null,
  });
  expect(await db().session.count({ where: { userId: editor.userId } })).toBe(0);
  expect(await roleOfSession(gone.sessionId, owner.teamId)).toBeNull();

  const both = await join("viewer", "Vera");
  await createTeam({ ...both, sessionId: "none" }, "Vera’s own");
  const kept = await session(both, owner.teamId);
  expect(await removeMember(owner, await memberId(both), "Vera")).toEqual({
    ok: true,
    value: null,
  });
  expect(await roleOfSession(kept.sessionId, owner.teamId)).toBeNull();
  expect((await membershipOf(both.userId, null))?.team.name).toBe("Vera’s own");
});

test("what he was when he asked is not what counts", async () => {
  const admin = await join("admin", "Adam");
  await changeRole(owner, await memberId(admin), "viewer");
  expect(await changeRole(admin, await memberId(admin), "admin")).toMatchObject({ ok: false });
});

/** What somebody has opened in a team: an invitation, a draft with a secret, sessions, and ceremonies that are under way. */
async function opened(member: Actor) {
  const token = newId();
  await db().invitation.create({
    data: {
      id: newId(),
      organizationId: member.teamId,
      role: "viewer",
      tokenHash: hashOfToken(token),
      inviterId: member.userId,
      expiresAt: new Date(Date.now() + 3600_000),
    },
  });
  const draftId = await createDraft(member, "source", "redshift");
  await sealDraftSecret(member.teamId, draftId, { password: "p" });
  const here = await session(member, member.teamId);
  await createTeam({ ...member, sessionId: "none" }, `${member.name}’s own`);
  const elsewhere = await session(member, newId());
  const values = [member.userId, JSON.stringify({ userData: { id: member.userId } }), owner.userId];
  for (const value of values)
    await db().verification.create({
      data: {
        id: newId(),
        identifier: `of ${member.userId}`,
        value,
        expiresAt: new Date(Date.now() + 3600_000),
      },
    });
  return {
    elsewhere: async () => (await db().session.count({ where: { id: elsewhere.sessionId } })) === 1,
    left: async () => ({
      invitation: await findInvitation(token),
      joined: (await joinAsNew(newcomer(token), null)).ok,
      secret: await draftSecret(member.teamId, draftId),
      session: await roleOfSession(here.sessionId, member.teamId),
      ceremonies: await db().verification.count({ where: { identifier: `of ${member.userId}` } }),
    }),
  };
}
const nothing = { invitation: null, joined: false, secret: undefined, session: null };

test.each([
  ["admin", "editor"],
  ["admin", "viewer"],
  ["admin", "owner"],
  ["editor", "viewer"],
] as const)("what somebody opened as an %s is void once they are an %s", async (before, after) => {
  const member = await join(before, "Adam");
  const things = await opened(member);
  expect(await changeRole(owner, await memberId(member), after)).toMatchObject({ ok: true });
  expect(await things.left()).toEqual({ ...nothing, ceremonies: 1 });
  expect(await things.elsewhere()).toBe(true);
});

test.each(["removed", "leaving"])("and all of it once they are %s", async (how) => {
  const member = await join("admin", "Adam");
  const things = await opened(member);
  const gone =
    how === "removed"
      ? await removeMember(owner, await memberId(member), "Adam")
      : await leaveTeam(member, member.teamName);
  expect(gone).toEqual({ ok: true, value: null });
  expect(await things.left()).toEqual({ ...nothing, ceremonies: 1 });
  expect(await things.elsewhere()).toBe(true);
});

test("an invitation gives no more than its author has when it is used, however they came to have less", async () => {
  const admin = await join("admin", "Adam");
  const made = await createInvitation(admin, { email: "ida@example.com", role: "admin" });
  if (!made.ok) throw new Error(made.reason);
  const { token } = made.value;
  expect(await findInvitation(token)).not.toBeNull();
  await db().member.updateMany({ where: { userId: admin.userId }, data: { role: "viewer" } });
  const claims = { subject: "https://issuer|ida", email: "ida@example.com", isVerified: true };
  const stranger = await session(await makeMember({ email: "ida@example.com" }));
  expect(await findInvitation(token)).toBeNull();
  expect(await joinAsMember(stranger, token)).toEqual({ ok: false, reason: INVITATION_IS_DEAD });
  await db().user.delete({ where: { id: stranger.userId } });
  expect(await joinAsNew(newcomer(token, { email: "ida@example.com" }), null)).toEqual({
    ok: false,
    reason: INVITATION_IS_DEAD,
  });
  expect(await personOfProvider({ ...claims, name: "Ida" }, null)).toBeNull();
  expect(await db().user.count({ where: { email: "ida@example.com" } })).toBe(0);
});

test("fifteen times an invitation is used while its author is removed: whoever joined did so before", async () => {
  for (let round = 0; round < 15; round += 1) {
    const admin = await join("admin", `Adam ${round}`);
    const made = await createInvitation(admin, { email: "", role: "admin" });
    if (!made.ok) throw new Error(made.reason);
    const newcomers = newcomer(made.value.token);
    const id = await memberId(admin);
    const [joined] = await Promise.all([
      joinAsNew(newcomers, null),
      removeMember(owner, id, admin.name),
    ]);
    const lines = await db().auditEntry.findMany({
      where: { teamId: owner.teamId, action: { in: ["joined", "removed"] } },
      orderBy: { at: "desc" },
      take: 2,
    });
    const last = lines.find(({ action }) => action === "removed");
    expect(last?.subjectId).toBe(admin.userId);
    expect(joined.ok).toBe((await db().user.count({ where: { email: newcomers.email } })) === 1);
    expect(
      await db().invitation.count({ where: { inviterId: admin.userId, status: "open" } }),
    ).toBe(0);
  }
});

test("requiring two-factor sign-in needs one's own first; then who has none is not let in", async () => {
  const withPassword = await makeMember({ name: "Pia", password: "three-unrelated-harbours" });
  expect(await requireTwoFactor(withPassword, true)).toMatchObject({ ok: false });
  await db().user.update({ where: { id: withPassword.userId }, data: { twoFactorEnabled: true } });
  expect(await requireTwoFactor(withPassword, true)).toEqual({ ok: true, value: null });
  expect((await membershipOf(withPassword.userId, null))?.team.requireTwoFactor).toBe(true);
});

test("common passwords and one's own name are refused where an account is made", async () => {
  const token = await invited();
  for (const password of ["passwordpassword", "Nadia-Nadia-1", "tidegate-2024"])
    expect(await joinAsNew(newcomer(token, { password }), null)).toMatchObject({
      ok: false,
      field: "password",
    });
  expect(await joinAsNew(newcomer(token), null)).toMatchObject({ ok: true });
});

test("the provider lets in members and invited addresses that it has verified, and nobody else", async () => {
  const claims = (email: string, isVerified = true) => ({
    subject: `https://issuer|${email}`,
    email,
    isVerified,
    name: "Somebody",
  });
  const member = await join("viewer", "Mona");
  expect(await personOfProvider(claims(member.email, false), null)).toBeNull();
  expect(await personOfProvider(claims("stranger@example.com"), null)).toBeNull();
  expect(await personOfProvider(claims(member.email), null)).toMatchObject({
    userId: member.userId,
  });
  // known by the provider's own id from then on, whatever the address says
  expect(
    await personOfProvider(
      { ...claims(member.email), email: "renamed@example.com", isVerified: false },
      null,
    ),
  ).toMatchObject({ userId: member.userId });

  const email = `${newId()}@example.com`;
  await invited("editor", email);
  const joined = await personOfProvider(claims(email), null);
  expect(
    await db().member.findFirst({
      where: { userId: joined?.userId, organizationId: owner.teamId },
    }),
  ).toMatchObject({ role: "editor" });

  // an account whose address nobody has vouched for is not given to whom the provider vouches for
  const squatter = newcomer(await invited("viewer"), { email: `${newId()}@example.com` });
  expect(await joinAsNew(squatter, null)).toMatchObject({ ok: true });
  expect(await personOfProvider(claims(squatter.email), null)).toBeNull();
});

test("each change of the team is in the audit log, with before and after", async () => {
  const editor = await join("editor", "Edda");
  await changeRole(owner, await memberId(editor), "viewer");
  await removeMember(owner, await memberId(editor), "Edda");
  await createInvitation(owner, { email: "x@example.com", role: "viewer" });
  expect(await entries(owner.teamId)).toMatchObject([
    {
      action: "changed",
      subjectType: "member",
      subjectName: "Edda",
      before: { role: "editor" },
      after: { role: "viewer" },
      result: "done",
      actorId: owner.userId,
    },
    { action: "removed", subjectName: "Edda" },
    { action: "invited", subjectName: "x@example.com", after: { role: "viewer" } },
  ]);
});
