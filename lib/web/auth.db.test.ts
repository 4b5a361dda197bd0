// Sign-in as it is over https: its cookies, and when a session dies.
import { beforeAll, expect, test, vi } from "vitest";
import { db } from "@/lib/platform/db";
import { loadInstanceSecret } from "@/lib/platform/instance-secret";
import { removeMember } from "@/lib/team/mutations";
import type { Actor } from "@/lib/team/types";
import { useDatabase } from "@/lib/testing/database";
import { auth } from "@/lib/web/auth";
import { makeMember } from "@/prisma/factories/world";

vi.mock("server-only", () => ({}));
process.env.BASE_URL = "https://tidegate.example.com";
useDatabase();

const PASSWORD = "three-unrelated-harbours";
let owner: Actor;
beforeAll(async () => {
  await loadInstanceSecret();
  owner = await makeMember({ name: "Olga", password: PASSWORD });
});

async function signIn({ email }: { email: string }): Promise<{ cookie: string; line: string }> {
  const response = await auth().api.signInEmail({
    body: { email, password: PASSWORD },
    headers: new Headers({ "x-forwarded-for": "198.51.100.4" }),
    asResponse: true,
  });
  const line = response.headers.getSetCookie().find((each) => each.includes("session_token")) ?? "";
  return { line, cookie: line.split(";")[0] ?? "" };
}
const isIn = async (cookie: string) =>
  (await auth().api.getSession({ headers: new Headers({ cookie }) })) !== null;

test("over https every cookie is __Host-, Secure, HttpOnly, SameSite and of the whole host; each sign-in has a new token", async () => {
  const [first, second] = [await signIn(owner), await signIn(owner)];
  expect(first.line).toMatch(/^__Host-tidegate\.session_token=/);
  const attributes = first.line
    .split("; ")
    .slice(1)
    .map((each) => each.toLowerCase());
  expect(attributes).toEqual(
    expect.arrayContaining(["path=/", "httponly", "secure", "samesite=lax"]),
  );
  expect(attributes.some((each) => each.startsWith("domain"))).toBe(false);
  expect(first.cookie).not.toBe(second.cookie);
  expect(await db().session.findFirst({ where: { userId: owner.userId } })).toMatchObject({
    ipAddress: "198.51.100.4",
  });
});

test("a cookie opens nothing once its session was signed out, ended by hand, or has expired", async () => {
  const { cookie } = await signIn(owner);
  expect(await isIn(cookie)).toBe(true);
  await auth().api.signOut({ headers: new Headers({ cookie }) });
  expect(await isIn(cookie)).toBe(false);
  const { cookie: old } = await signIn(owner);
  await db().session.updateMany({
    where: { userId: owner.userId },
    data: { expiresAt: new Date(Date.now() - 1) },
  });
  expect(await isIn(old)).toBe(false);
  expect(await isIn(`${old}x`)).toBe(false);
});

test("a new password ends every other session, and a removal every session", async () => {
  const member = await makeMember({
    name: "Mona",
    role: "editor",
    teamId: owner.teamId,
    password: PASSWORD,
  });
  const [mine, other] = [await signIn(member), await signIn(member)];
  await auth().api.changePassword({
    body: {
      currentPassword: PASSWORD,
      newPassword: "another rope altogether 9",
      revokeOtherSessions: true,
    },
    headers: new Headers({ cookie: mine.cookie }),
  });
  expect([await isIn(mine.cookie), await isIn(other.cookie)]).toEqual([false, false]); // the one that changed it got a new one

  const leaver = await makeMember({
    name: "Lena",
    role: "viewer",
    teamId: owner.teamId,
    password: PASSWORD,
  });
  const { cookie } = await signIn(leaver);
  const { id } = await db().member.findFirstOrThrow({ where: { userId: leaver.userId } });
  expect(await removeMember(owner, id, "Lena")).toEqual({ ok: true, value: null });
  expect(await isIn(cookie)).toBe(false);
});

test("two-factor sign-in: the password alone gives no session, and the key is not kept in the clear", async () => {
  const member = await makeMember({ name: "Tara", teamId: owner.teamId, password: PASSWORD });
  const { cookie } = await signIn(member);
  const begun = await auth().api.enableTwoFactor({
    body: { password: PASSWORD },
    headers: new Headers({ cookie }),
  });
  if (!("totpURI" in begun)) throw new Error("no app");
  const key = new URL(begun.totpURI).searchParams.get("secret") ?? "";
  const kept = await db().twoFactor.findFirstOrThrow({ where: { userId: member.userId } });
  expect(kept.secret).not.toContain(key);
  for (const code of begun.backupCodes) expect(kept.backupCodes).not.toContain(code);
  await db().user.update({ where: { id: member.userId }, data: { twoFactorEnabled: true } });
  await db().twoFactor.update({ where: { id: kept.id }, data: { verified: true } });
  const again = await signIn(member);
  expect(await isIn(again.cookie)).toBe(false);
  expect(await db().session.count({ where: { userId: member.userId } })).toBe(1); // the first one alone
});
