"use server";
import { APIError } from "better-auth/api";
import { revalidatePath } from "next/cache";
import { cookies, headers } from "next/headers";
import { redirect } from "next/navigation";
import { z } from "zod";
import {
  findChallenged,
  findPersonByEmail,
  isKnownAt,
  isPasswordOf,
  otherSessions,
  sessionBegan,
} from "@/lib/account/data";
import {
  createOwner,
  deleteOwnPasskey,
  deletePasskeys,
  endOwnSession,
  endSessions,
  joinAsMember,
  joinAsNew,
  keepTeam,
  recordSignInChange,
  renamePerson,
  seeSignInChanges,
} from "@/lib/account/mutations";
import { nextAfterSignIn, passwordProblem } from "@/lib/account/rules";
import {
  addPasskeySchema,
  appCodeSchema,
  changePasswordSchema,
  codeSchema,
  createOwnerSchema,
  endSessionSchema,
  invitationTokenSchema,
  joinAsNewSchema,
  oidcStartSchema,
  ownPasswordSchema,
  passkeyAnswerSchema,
  passkeyIdSchema,
  passwordSchema,
  renamePersonSchema,
  signInSchema,
} from "@/lib/account/schema";
import { auditPerson } from "@/lib/audit/mutations";
import { paths } from "@/lib/paths";
import { log } from "@/lib/platform/log";
import { spend, tryWithin, type Limit } from "@/lib/platform/rate-limit";
import { ok, refused, type Result } from "@/lib/platform/result";
import type { Person } from "@/lib/team/types";
import { auth } from "@/lib/web/auth";
import { defineAccountAction, definePublicAction } from "@/lib/web/define-action";
import { providerAddress } from "@/lib/web/oidc";
import { addressOf, currentActor, endSession } from "@/lib/web/session";

/** better-auth's own refusal, with the sentence for it; anything else is a surprise. */
function refusalFrom(
  error: unknown,
  sentences: Partial<Record<number, string>>,
  field?: string,
): Result<never> {
  const sentence = error instanceof APIError ? sentences[error.statusCode] : undefined;
  if (sentence === undefined) throw error;
  return refused(sentence, field);
}

const ip = async () => addressOf(await headers());

const FRESH_MS = 10 * 60_000;

/**
 * Does what changes how somebody signs in, once they have proved themselves: an open browser alone must not. By their
 * password, of which wrong ones are slowed; who has none, by a session that has just begun.
 */
async function proved<T>(
  person: Person,
  password: string,
  work: () => Promise<Result<T>>,
  field = "password",
): Promise<Result<T>> {
  const tries: [Limit, string][] = [
    ["own password", `${person.userId} ${person.sessionId}`],
    ["own password of account", person.userId],
  ];
  const proof = await tryWithin(tries, async () => {
    const isRight = await isPasswordOf(person.userId, password);
    if (isRight === true) return ok(null);
    if (isRight === false) {
      await auditPerson(person, {
        action: "changed",
        result: "refused",
        detail: { reason: "wrong password" },
      });
      return refused(
        field === "password" ? "This is not your password." : "This is not your current password.",
        field,
      );
    }
    const began = await sessionBegan(person.sessionId);
    return began && Date.now() - began.getTime() < FRESH_MS
      ? ok(null)
      : refused(
          "For this you need to have signed in within the last ten minutes. Sign out and in again.",
        );
  });
  return proof.ok ? work() : proof;
}

/** The same person in the session that better-auth has put in the place of theirs; `others` are those that there were beside it. */
async function here(person: Person, others: readonly string[]): Promise<Person> {
  const sessions = await otherSessions(person.userId, person.sessionId);
  const sessionId = sessions.find((id) => !others.includes(id)) ?? person.sessionId;
  return { ...person, sessionId };
}

/** A code of an app counts once, however long it would be right: whoever looked on can't use it too. */
async function once(userId: string, code: string): Promise<Result<null>> {
  const spent = await spend("code", `${userId} ${code}`);
  return spent.ok
    ? spent
    : refused("This code was tried already. Wait until the app shows the next one.", "code");
}

export const createOwnerAction = definePublicAction(
  createOwnerSchema,
  async (input) => {
    const created = await createOwner(input, await ip());
    if (!created.ok) return created;
    await auth().api.signInEmail({
      body: { email: input.email, password: input.password },
      headers: await headers(),
    });
    return ok(null);
  },
  "link",
);

const signedIn = async (user: { id: string; name: string }, by: string) =>
  auditPerson(
    { userId: user.id, name: user.name, ip: await ip() },
    { action: "signed in", detail: { by } },
  );

/** Somebody tried and was not let in: in the audit log of whom it was about; an address that nobody has is in the log alone. */
async function turnedAway(email: string, reason: string): Promise<void> {
  const person = await findPersonByEmail(email);
  if (person)
    await auditPerson(
      { userId: person.id, name: person.name, ip: await ip() },
      { action: "signed in", result: "refused", detail: { reason } },
    );
  else log.warn({ ip: await ip() }, "sign-in with an address that nobody has");
}

/** Gives what comes next: a code of the app, or the product. */
export const signInAction = definePublicAction(
  signInSchema,
  async ({ email, password }): Promise<Result<"code" | "in">> => {
    const address = (await ip()) ?? "unknown";
    const tries: [Limit, string][] = [
      ["sign-in", `${email} ${address}`],
      ["sign-in by address", address],
    ];
    // strangers who try an account from everywhere don't keep its owner out where they are known
    if (!(await isKnownAt(email, address))) tries.push(["sign-in of account", email]);
    return tryWithin(tries, async () => {
      try {
        const answer = await auth().api.signInEmail({
          body: { email, password },
          headers: await headers(),
        });
        if (!("user" in answer) || !answer.user) return ok("code");
        await signedIn(answer.user, "password");
        return ok("in");
      } catch (error) {
        if (error instanceof APIError && error.statusCode === 401)
          await turnedAway(email, "wrong password");
        // one sentence for both, so that it does not tell which addresses exist
        return refusalFrom(error, { 401: "The e-mail address or the password is wrong." });
      }
    });
  },
);

/** The second step: six digits of the app, or one of the backup codes, each of which works once. */
export const signInCodeAction = definePublicAction(
  codeSchema,
  async ({ code }) => {
    const digits = code.replace(/\s/g, "");
    const isApp = /^\d{6}$/.test(digits);
    const challenged = await whoIsAsked();
    if (isApp && challenged) {
      const fresh = await once(challenged.id, digits);
      if (!fresh.ok) return fresh;
    }
    try {
      const request = { body: { code: isApp ? digits : code }, headers: await headers() };
      const { user } = isApp
        ? await auth().api.verifyTOTP(request)
        : await auth().api.verifyBackupCode(request);
      await signedIn(user, isApp ? "password and app" : "password and backup code");
      return ok(null);
    } catch (error) {
      await codeRefused(challenged);
      return refusalFrom(
        error,
        {
          401: "This code is wrong, or older than half a minute. Enter the one that the app shows now.",
          400: "Too many wrong codes. Sign in with your password again.",
          429: "Too many wrong codes for this account. Wait 15 minutes, then sign in again.",
        },
        "code",
      );
    }
  },
  "second step",
);

/** The signed cookie of better-auth's challenge names it; a forged one names none. */
async function whoIsAsked() {
  const value =
    (await cookies()).getAll().find(({ name }) => name.endsWith(".two_factor"))?.value ?? "";
  return findChallenged(value.slice(0, value.lastIndexOf(".")));
}

async function codeRefused(person: Awaited<ReturnType<typeof whoIsAsked>>): Promise<void> {
  if (person)
    await auditPerson(
      { userId: person.id, name: person.name, ip: await ip() },
      { action: "signed in", result: "refused", detail: { reason: "wrong code" } },
    );
  else log.warn({ ip: await ip() }, "sign-in with a wrong code");
}

export const passkeySignInOptionsAction = definePublicAction(z.null(), async () =>
  ok(await auth().api.generatePasskeyAuthenticationOptions({ headers: await headers() })),
);

export const signInPasskeyAction = definePublicAction(
  passkeyAnswerSchema,
  async ({ response }) => {
    try {
      const { user } = await auth().api.verifyPasskeyAuthentication({
        body: { response },
        headers: await headers(),
      });
      await signedIn(user, "passkey");
      return ok(null);
    } catch (error) {
      log.warn({ ip: await ip() }, "sign-in with a passkey that was refused");
      const sentence = "This passkey is not known here. Sign in another way.";
      return refusalFrom(error, { 400: sentence, 401: sentence });
    }
  },
  "second step",
);

/** Where the OpenID provider waits. */
export const startProviderAction = definePublicAction(oidcStartSchema, async ({ next }) => {
  try {
    return ok(await providerAddress(nextAfterSignIn(next)));
  } catch (error) {
    log.error({ err: error }, "the OpenID provider can't be asked");
    return refused(
      "The sign-in provider does not answer. Try again in a minute, or sign in with your password.",
    );
  }
});

export const joinAsNewAction = definePublicAction(
  joinAsNewSchema,
  async (input) => {
    const joined = await joinAsNew(input, await ip());
    if (!joined.ok) return joined;
    await auth().api.signInProven({
      body: { userId: joined.value.userId },
      headers: await headers(),
    });
    return ok(null);
  },
  "link",
);

export const joinAction = defineAccountAction(
  "joined team",
  invitationTokenSchema,
  async ({ token }, person) => {
    const joined = await joinAsMember(person, token);
    if (joined.ok) revalidatePath("/", "layout");
    return joined;
  },
);

export const signOutAction = definePublicAction(z.null(), async (): Promise<Result<null>> => {
  await endSession();
  redirect(paths.signIn);
});

export const renamePersonAction = defineAccountAction(
  "changed account",
  renamePersonSchema,
  async ({ name }, person) => {
    await renamePerson(person, name);
    revalidatePath("/", "layout");
    return ok(null);
  },
);

/** Ends every other session: whoever knew the old password is out. */
export const changePasswordAction = defineAccountAction(
  "changed account",
  changePasswordSchema,
  async ({ currentPassword, newPassword }, person) => {
    const problem = passwordProblem(newPassword, person);
    if (problem) return refused(problem, "newPassword");
    return proved(
      person,
      currentPassword,
      async () => {
        const actor = await currentActor();
        const others = await otherSessions(person.userId, person.sessionId);
        const { token } = await auth().api.changePassword({
          body: { currentPassword, newPassword, revokeOtherSessions: true },
          headers: await headers(),
        });
        if (token && actor) await keepTeam(token, actor.teamId);
        await endSessions(person.userId, others);
        const passkeys = await deletePasskeys(person.userId);
        await auditPerson(person, {
          action: "changed",
          after: { password: "changed", otherSessions: "ended", passkeysRemoved: passkeys },
        });
        await recordSignInChange(await here(person, others), "The password was changed.");
        revalidatePath(paths.account);
        return ok(null);
      },
      "currentPassword",
    );
  },
);

export const endSessionAction = defineAccountAction(
  "changed account",
  endSessionSchema,
  async ({ sessionId }, person) => {
    if (!(await endOwnSession(person.userId, sessionId)))
      return refused("This session has ended already.");
    await auditPerson(person, {
      action: "changed",
      after: { session: "ended", id: sessionId.slice(0, 8) },
    });
    revalidatePath(paths.account);
    return ok(null);
  },
);

/** What an app is given, and the backup codes: told this once. It counts from the first code on. */
export const beginAppAction = defineAccountAction(
  "changed account",
  passwordSchema,
  ({ password }, person) =>
    proved(person, password, async () => {
      const begun = await auth().api.enableTwoFactor({
        body: { password },
        headers: await headers(),
      });
      if (!("totpURI" in begun)) return refused("The app could not be set up.");
      await auditPerson(person, { action: "changed", after: { twoFactor: "begun" } });
      return ok({ uri: begun.totpURI, backupCodes: begun.backupCodes });
    }),
);

export const finishAppAction = defineAccountAction(
  "changed account",
  appCodeSchema,
  async ({ code }, person) => {
    const fresh = await once(person.userId, code);
    if (!fresh.ok) return fresh;
    try {
      const others = await otherSessions(person.userId, person.sessionId);
      await auth().api.verifyTOTP({ body: { code }, headers: await headers() });
      await endSessions(person.userId, others); // they began without a second factor
      await recordSignInChange(await here(person, others), "Two-factor sign-in was turned on.");
      await auditPerson(person, {
        action: "changed",
        before: { twoFactor: false },
        after: { twoFactor: true },
      });
      revalidatePath("/", "layout");
      return ok(null);
    } catch (error) {
      return refusalFrom(
        error,
        {
          401: "This code is wrong, or older than half a minute. Enter the one that the app shows now.",
        },
        "code",
      );
    }
  },
);

export const endAppAction = defineAccountAction(
  "changed account",
  passwordSchema,
  ({ password }, person) =>
    proved(person, password, async () => {
      const others = await otherSessions(person.userId, person.sessionId);
      await auth().api.disableTwoFactor({ body: { password }, headers: await headers() });
      await endSessions(person.userId, others);
      await recordSignInChange(await here(person, others), "Two-factor sign-in was turned off.");
      await auditPerson(person, {
        action: "changed",
        before: { twoFactor: true },
        after: { twoFactor: false },
      });
      revalidatePath(paths.account);
      return ok(null);
    }),
);

/** New ones; the old stop working. */
export const newBackupCodesAction = defineAccountAction(
  "changed account",
  passwordSchema,
  ({ password }, person) =>
    proved(person, password, async () => {
      const { backupCodes } = await auth().api.generateBackupCodes({
        body: { password },
        headers: await headers(),
      });
      await recordSignInChange(person, "New backup codes were made.");
      await auditPerson(person, { action: "changed", after: { backupCodes: "changed" } });
      return ok(backupCodes);
    }),
);

/** A passkey is added in one go: what comes back is held against what was begun here, with the password. */
export const passkeyOptionsAction = defineAccountAction(
  "changed account",
  ownPasswordSchema,
  ({ password }, person) =>
    proved(person, password, async () => {
      try {
        const options = await auth().api.generatePasskeyRegistrationOptions({
          headers: await headers(),
        });
        await auditPerson(person, { action: "changed", after: { passkey: "begun" } });
        return ok(options);
      } catch (error) {
        return refusalFrom(error, {
          403: "For this you need to have signed in today. Sign out and in again.",
        });
      }
    }),
);

export const addPasskeyAction = defineAccountAction(
  "changed account",
  addPasskeySchema,
  async ({ response, name }, person) => {
    try {
      await auth().api.verifyPasskeyRegistration({
        body: { response, name },
        headers: await headers(),
      });
      await recordSignInChange(person, `The passkey “${name}” was added.`);
      await auditPerson(person, { action: "changed", after: { passkey: name } });
      revalidatePath(paths.account);
      return ok(null);
    } catch (error) {
      return refusalFrom(error, {
        400: "The passkey could not be added. Try again.",
        403: "For this you need to have signed in today. Sign out and in again.",
      });
    }
  },
);

export const deletePasskeyAction = defineAccountAction(
  "changed account",
  passkeyIdSchema,
  ({ passkeyId, password }, person) =>
    proved(person, password, async () => {
      if (!(await deleteOwnPasskey(person.userId, passkeyId)))
        return refused("This passkey is gone already.");
      // which of the other sessions began with it nobody has written down
      await endSessions(person.userId, await otherSessions(person.userId, person.sessionId));
      await recordSignInChange(person, "A passkey was removed.");
      await auditPerson(person, {
        action: "changed",
        before: { passkey: "set" },
        after: { passkey: "removed", otherSessions: "ended" },
      });
      revalidatePath(paths.account);
      return ok(null);
    }),
);

/** What was told of changes of one's sign-in is not told again. */
export const seeSignInChangesAction = defineAccountAction(
  "read account",
  z.null(),
  async (_, person) => {
    await seeSignInChanges(person.userId, person.sessionId);
    revalidatePath("/", "layout");
    return ok(null);
  },
);
