import "server-only";
import { passkey } from "@better-auth/passkey";
import { APIError, betterAuth, type BetterAuthPlugin } from "better-auth";
import { createAuthEndpoint } from "better-auth/api";
import { prismaAdapter } from "better-auth/adapters/prisma";
import { setSessionCookie } from "better-auth/cookies";
import { nextCookies } from "better-auth/next-js";
import { twoFactor } from "better-auth/plugins";
import { z } from "zod";
import { db } from "@/lib/platform/db";
import { env } from "@/lib/platform/env";
import { instanceSecret } from "@/lib/platform/instance-secret";

const DAY_S = 24 * 60 * 60;

/** Where people reach Tidegate, without a path. */
export const baseUrl = (): string =>
  new URL(env().BASE_URL ?? `http://localhost:${env().PORT}`).origin;

/** Begins a session for somebody who has proved elsewhere who they are: by an OpenID provider, or by a fresh invitation. */
const provenSignIn = {
  id: "proven-sign-in",
  endpoints: {
    // without a path it can't be reached by a request
    signInProven: createAuthEndpoint(
      { method: "POST", body: z.object({ userId: z.string() }) },
      async (ctx) => {
        const user = await ctx.context.internalAdapter.findUserById(ctx.body.userId);
        if (!user) throw new APIError("UNAUTHORIZED");
        await setSessionCookie(ctx, {
          session: await ctx.context.internalAdapter.createSession(user.id),
          user,
        });
        return ctx.json(null);
      },
    ),
  },
} satisfies BetterAuthPlugin;

function create() {
  const baseURL = baseUrl();
  const isSecure = baseURL.startsWith("https://");
  return betterAuth({
    appName: "Tidegate",
    baseURL,
    secret: instanceSecret(),
    database: prismaAdapter(db(), { provider: "postgresql", transaction: true }),
    // accounts come from the set-up link and from invitations, never from an open form
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: 12,
      maxPasswordLength: 128,
    },
    session: {
      expiresIn: 14 * DAY_S,
      updateAge: DAY_S,
      additionalFields: { activeOrganizationId: { type: "string", required: false, input: false } },
    },
    advanced: {
      // __Host-: a browser takes it over TLS alone, from this very host, for all of it. Its prefix is ours to set.
      useSecureCookies: false,
      cookiePrefix: isSecure ? "__Host-tidegate" : "tidegate",
      defaultCookieAttributes: { sameSite: "lax", httpOnly: true, secure: isSecure, path: "/" },
      // one address, settled by scripts/web.mjs
      ipAddress: { ipAddressHeaders: ["x-forwarded-for"] },
    },
    telemetry: { enabled: false },
    plugins: [
      twoFactor({ issuer: "Tidegate", totpOptions: { digits: 6, period: 30 } }),
      passkey({
        rpID: new URL(baseURL).hostname,
        rpName: "Tidegate",
        origin: baseURL,
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        authentication: {
          // a passkey stands for both factors only where its device has made sure of the person
          afterVerification: async ({ verification }) => {
            if (!verification.authenticationInfo.userVerified) throw new APIError("UNAUTHORIZED");
          },
        },
      }),
      provenSignIn,
      nextCookies(),
    ],
  });
}

let instance: ReturnType<typeof create> | undefined;

/** Sign-in and sessions. Made at first use, so that a build needs no settings. */
export const auth = (): ReturnType<typeof create> => (instance ??= create());
