import { verifyPassword } from "better-auth/crypto";
import { browserName } from "@/lib/account/rules";
import { systemClock, type Clock } from "@/lib/platform/clock";
import { db } from "@/lib/platform/db";
import { hashOfToken } from "@/lib/platform/ids";

export const hasOwner = async (): Promise<boolean> => (await db().user.count()) > 0;

/** Whether this token opens the set-up page: it exists and no owner has been created with it. */
export const setupTokenIsGood = async (token: string): Promise<boolean> =>
  (await db().setupToken.count({ where: { tokenHash: hashOfToken(token) } })) > 0 &&
  !(await hasOwner());

/** Somebody by their address, for the audit log of a sign-in that failed. */
export const findPersonByEmail = (email: string) =>
  db().user.findUnique({ where: { email }, select: { id: true, name: true, email: true } });

/** Who has given the right password and is being asked for a code; for the audit log of a code that was wrong. */
export async function findChallenged(challenge: string, clock: Clock = systemClock) {
  const found = await db().verification.findFirst({
    where: { identifier: challenge, expiresAt: { gt: clock.now() } },
    select: { value: true },
  });
  return (
    found &&
    db().user.findUnique({
      where: { id: found.value },
      select: { id: true, name: true, email: true },
    })
  );
}

/** The sessions of one's own account, the newest first. */
export async function listSessions(userId: string, clock: Clock = systemClock) {
  const found = await db().session.findMany({
    where: { userId, expiresAt: { gt: clock.now() } },
    orderBy: { createdAt: "desc" },
    select: { id: true, createdAt: true, updatedAt: true, ipAddress: true, userAgent: true },
  });
  return found.map(({ userAgent, ...rest }) => ({ ...rest, browser: browserName(userAgent) }));
}

/** With what somebody signs in; no secret among it. */
export async function signInMethods(userId: string) {
  const { twoFactorEnabled, accounts, passkeys } = await db().user.findUniqueOrThrow({
    where: { id: userId },
    select: {
      twoFactorEnabled: true,
      accounts: { select: { providerId: true } },
      passkeys: {
        orderBy: { createdAt: "asc" },
        select: { id: true, name: true, createdAt: true },
      },
    },
  });
  return {
    hasApp: twoFactorEnabled === true,
    hasPassword: accounts.some(({ providerId }) => providerId === "credential"),
    hasProvider: accounts.some(({ providerId }) => providerId === "oidc"),
    passkeys,
  };
}

/** Whether this is somebody's password; null where they have none. */
export async function isPasswordOf(userId: string, password: string): Promise<boolean | null> {
  const account = await db().account.findFirst({
    where: { userId, providerId: "credential", password: { not: null } },
    select: { password: true },
  });
  return account?.password ? verifyPassword({ hash: account.password, password }) : null;
}

/** When a session began; null when it has ended. */
export const sessionBegan = async (id: string): Promise<Date | null> =>
  (await db().session.findUnique({ where: { id }, select: { createdAt: true } }))?.createdAt ??
  null;

/** Somebody's sessions but this one. */
export const otherSessions = async (userId: string, id: string): Promise<string[]> =>
  (await db().session.findMany({ where: { userId, NOT: { id } }, select: { id: true } })).map(
    (session) => session.id,
  );

const CHANGES_SHOWN_DAYS = 90;
const DAY_MS = 24 * 3600_000;

/** How somebody's sign-in was changed lately, the newest first. */
export const listSignInChanges = (userId: string, clock: Clock = systemClock) =>
  db().signInChange.findMany({
    where: { userId, at: { gt: new Date(clock.now().getTime() - CHANGES_SHOWN_DAYS * DAY_MS) } },
    orderBy: { at: "desc" },
    take: 20,
    select: { id: true, what: true, ip: true, at: true },
  });

/** Those that somebody has not been told of: made in another session than this one. */
export const unseenSignInChanges = (userId: string, sessionId: string) =>
  db().signInChange.findMany({
    where: { userId, seenAt: null, OR: [{ sessionId: null }, { NOT: { sessionId } }] },
    orderBy: { at: "desc" },
    take: 5,
    select: { id: true, what: true, ip: true, at: true },
  });

/** Whether somebody with this e-mail address has signed in from here before, and still may be. */
export const isKnownAt = async (email: string, address: string): Promise<boolean> =>
  (await db().session.count({ where: { ipAddress: address, user: { email } } })) > 0;
