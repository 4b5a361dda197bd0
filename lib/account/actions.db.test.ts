// What is asked for before a sign-in is changed, and what the change ends. Through the actions, with real sessions.
import { base32 } from "@better-auth/utils/base32";
import { createOTP } from "@better-auth/utils/otp";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import {
  addPasskeyAction,
  beginAppAction,
  changePasswordAction,
  deletePasskeyAction,
  endAppAction,
  finishAppAction,
  newBackupCodesAction,
  passkeyOptionsAction,
  signInCodeAction,
} from "@/lib/account/actions";
import { unseenSignInChanges } from "@/lib/account/data";
import { seeSignInChanges } from "@/lib/account/mutations";
import { db } from "@/lib/platform/db";
import { newId } from "@/lib/platform/ids";
import { loadInstanceSecret } from "@/lib/platform/instance-secret";
import type { Result } from "@/lib/platform/result";
import type { Actor } from "@/lib/team/types";
import { useDatabase } from "@/lib/testing/database";
import { auth } from "@/lib/web/auth";
import { makeMember } from "@/prisma/factories/world";

/** The browser that the next action comes from: its cookies. */
const browser = await vi.hoisted(async () => {
  const { AsyncLocalStorage } = await import("node:async_hooks");
  const jars = new AsyncLocalStorage<Map<string, string>>();
  return { jars, cookies: () => [...(jars.getStore() ?? [])] };
});
vi.mock("server-only", () => ({}));
vi.mock("next/cache", () => ({ revalidatePath: () => undefined }));
vi.mock("next/headers", () => {
  const cookieLine = () =>
    browser
      .cookies()
      .map(([name, value]) => `${name}=${value}`)
      .join("; ");
  return {
    headers: () =>
      Promise.resolve(
        new Headers({
          origin: "http://localhost:3000",
          "x-forwarded-for": "192.0.2.4",
          cookie: cookieLine(),
        }),
      ),
    cookies: () =>
      Promise.resolve({
        getAll: () =>
          browser.cookies().map(([name, value]) => ({ name, value: decodeURIComponent(value) })),
      }),
  };
});

useDatabase();

const PASSWORD = "three-unrelated-harbours";
let person: Actor;
beforeAll(loadInstanceSecret);
beforeEach(async () => {
  person = await makeMember({ name: "Tara", password: PASSWORD });
  await db().rateLimit.deleteMany();
});

type Browser = Map<string, string>;
const inBrowser = <T>(jar: Browser, work: () => Promise<T>): Promise<T> =>
  browser.jars.run(jar, work);
/** A browser in which she has just entered her password: she is in, or is asked for a code. */
async function signedIn(): Promise<Browser> {
  const response = await auth().api.signInEmail({
    body: { email: person.email, password: PASSWORD },
    headers: new Headers(),
    asResponse: true,
  });
  return new Map(
    response.headers.getSetCookie().flatMap((line) => {
      const [name = "", value = ""] = (line.split(";")[0] ?? "").split(/=(.*)/s);
      return value === "" ? [] : [[name, value]];
    }),
  );
}
const sessions = () => db().session.count({ where: { userId: person.userId } });
const reasonOf = (outcome: Result<unknown>) => (outcome.ok ? "done" : outcome.reason);
async function addPasskey(): Promise<string> {
  const id = newId();
  await db().passkey.create({
    data: {
      id,
      name: "Hers",
      publicKey: "k",
      userId: person.userId,
      credentialID: id,
      counter: 0,
      deviceType: "singleDevice",
      backedUp: false,
    },
  });
  return id;
}

const asking: [string, (password: string) => Promise<Result<unknown>>][] = [
  [
    "changePassword",
    (currentPassword) =>
      changePasswordAction({ currentPassword, newPassword: "another rope altogether 9" }),
  ],
  ["beginApp", (password) => beginAppAction({ password })],
  ["endApp", (password) => endAppAction({ password })],
  ["newBackupCodes", (password) => newBackupCodesAction({ password })],
  ["passkeyOptions", (password) => passkeyOptionsAction({ password })],
  ["deletePasskey", (password) => deletePasskeyAction({ passkeyId: "x", password })],
];

test.each(asking)("%s: of 30 wrong passwords within a session five are tried", async (_, ask) => {
  const jar = await signedIn();
  const told: string[] = [];
  for (let tries = 0; tries < 30; tries += 1)
    told.push(reasonOf(await inBrowser(jar, () => ask(`wrong ${tries}`))));
  expect(told.filter((reason) => reason.startsWith("This is not your"))).toHaveLength(5);
  expect(told.filter((reason) => reason.startsWith("Too many tries"))).toHaveLength(25);
  // nor the right one, until the time is over
  expect(reasonOf(await inBrowser(jar, () => ask(PASSWORD)))).toMatch(/^Too many tries/);
  expect(await sessions()).toBe(1);
});

test("wrong passwords of all these together are counted, and those of all sessions of an account", async () => {
  const jars = await Promise.all(Array.from({ length: 6 }, signedIn));
  let tried = 0;
  for (const jar of jars)
    for (const [, ask] of [...asking, ...asking]) {
      const reason = reasonOf(await inBrowser(jar, () => ask("wrong")));
      tried += reason.startsWith("This is not your") ? 1 : 0;
    }
  expect(tried).toBe(20);
});

test("a passkey isn't begun without the password, and none comes back that wasn't begun", async () => {
  const jar = await signedIn();
  expect(await inBrowser(jar, () => passkeyOptionsAction({ password: "" }))).toMatchObject({
    ok: false,
    field: "password",
  });
  expect(await db().verification.count()).toBe(0);
  const answer = {
    id: "a",
    rawId: "a",
    type: "public-key" as const,
    clientExtensionResults: {},
    response: { clientDataJSON: "", attestationObject: "" },
  };
  expect(
    await inBrowser(jar, () => addPasskeyAction({ response: answer, name: "Mine" })),
  ).toMatchObject({ ok: false });
  expect(await inBrowser(jar, () => passkeyOptionsAction({ password: PASSWORD }))).toMatchObject({
    ok: true,
  });
});

test("a new password ends other sessions, passkeys and ceremonies, and is told in the sessions after it", async () => {
  const [mine] = [await signedIn(), await signedIn()];
  await addPasskey();
  await inBrowser(mine, () => passkeyOptionsAction({ password: PASSWORD }));
  const changed = await inBrowser(mine, () =>
    changePasswordAction({ currentPassword: PASSWORD, newPassword: "another rope altogether 9" }),
  );
  expect(changed).toEqual({ ok: true, value: null });
  expect(await sessions()).toBe(1);
  expect(await db().passkey.count({ where: { userId: person.userId } })).toBe(0);
  expect(await db().verification.count({ where: { value: { contains: person.userId } } })).toBe(0);
  const { id } = await db().session.findFirstOrThrow({ where: { userId: person.userId } });
  expect(await unseenSignInChanges(person.userId, id)).toEqual([]);
  expect(await unseenSignInChanges(person.userId, "a later one")).toMatchObject([
    { what: "The password was changed.", ip: "192.0.2.4" },
  ]);
  // that it was seen is another session's to say
  await seeSignInChanges(person.userId, id);
  expect(await unseenSignInChanges(person.userId, "a later one")).toHaveLength(1);
  await seeSignInChanges(person.userId, "a later one");
  expect(await unseenSignInChanges(person.userId, "a later one")).toEqual([]);
});

test("a passkey that is removed takes every other session with it", async () => {
  const [mine] = [await signedIn(), await signedIn()];
  const passkeyId = await addPasskey();
  expect(
    await inBrowser(mine, () => deletePasskeyAction({ passkeyId, password: PASSWORD })),
  ).toEqual({ ok: true, value: null });
  expect(await sessions()).toBe(1);
  expect(await db().passkey.count({ where: { id: passkeyId } })).toBe(0);
});

test("without a password a session that has just begun is asked for", async () => {
  const jar = await signedIn();
  await db().account.deleteMany({ where: { userId: person.userId } });
  expect(await inBrowser(jar, () => passkeyOptionsAction({ password: "" }))).toMatchObject({
    ok: true,
  });
  await db().session.updateMany({
    where: { userId: person.userId },
    data: { createdAt: new Date(Date.now() - 11 * 60_000) },
  });
  expect(reasonOf(await inBrowser(jar, () => passkeyOptionsAction({ password: "" })))).toBe(
    "For this you need to have signed in within the last ten minutes. Sign out and in again.",
  );
});

test("a code of the app counts once, also for two who enter it at the same moment; turning it on ends other sessions", async () => {
  const [mine] = [await signedIn(), await signedIn()];
  const begun = await inBrowser(mine, () => beginAppAction({ password: PASSWORD }));
  if (!begun.ok) throw new Error(begun.reason);
  const secret = new URL(begun.value.uri).searchParams.get("secret") ?? "";
  const otp = createOTP(new TextDecoder().decode(base32.decode(secret)), { digits: 6, period: 30 });
  const current = await otp.totp();
  expect(await inBrowser(mine, () => finishAppAction({ code: current }))).toEqual({
    ok: true,
    value: null,
  });
  expect(await sessions()).toBe(1);

  const [first, second] = [await signedIn(), await signedIn()];
  expect(await sessions()).toBe(1); // they are asked for a code
  expect(reasonOf(await inBrowser(first, () => signInCodeAction({ code: current })))).toMatch(
    /^This code was tried already/,
  );
  const later = await createOTP(new TextDecoder().decode(base32.decode(secret)), {
    digits: 6,
    period: 30,
  }).hotp(Math.floor(Date.now() / 30_000) + 1);
  const enter = (jar: Browser) => inBrowser(jar, () => signInCodeAction({ code: later }));
  const outcomes = await Promise.all([enter(first), enter(second)]);
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
  expect(await sessions()).toBe(2);
});

test("turning the app off takes the password, and every other session with it", async () => {
  await db().user.update({ where: { id: person.userId }, data: { twoFactorEnabled: false } });
  const [mine] = [await signedIn(), await signedIn()];
  await db().user.update({ where: { id: person.userId }, data: { twoFactorEnabled: true } });
  expect(await inBrowser(mine, () => endAppAction({ password: "wrong" }))).toMatchObject({
    ok: false,
  });
  expect(await sessions()).toBe(2);
  expect(await inBrowser(mine, () => endAppAction({ password: PASSWORD }))).toEqual({
    ok: true,
    value: null,
  });
  expect(await sessions()).toBe(1);
});
