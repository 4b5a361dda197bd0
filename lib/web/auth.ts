import "server-only";
import { betterAuth } from "better-auth";
import { prismaAdapter } from "better-auth/adapters/prisma";
import { nextCookies } from "better-auth/next-js";
import { organization } from "better-auth/plugins";
import { db } from "@/lib/platform/db";
import { env } from "@/lib/platform/env";
import { instanceSecret } from "@/lib/platform/instance-secret";

const DAY_S = 24 * 60 * 60;

function create() {
  const baseURL = env().BASE_URL ?? `http://localhost:${env().PORT}`;
  return betterAuth({
    appName: "Tidegate",
    baseURL,
    secret: instanceSecret(),
    database: prismaAdapter(db(), { provider: "postgresql", transaction: true }),
    // accounts come from the set-up link and from invitations, never from an open form
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 12 },
    session: { expiresIn: 14 * DAY_S, updateAge: DAY_S },
    advanced: { useSecureCookies: baseURL.startsWith("https://"), defaultCookieAttributes: { sameSite: "lax", httpOnly: true } },
    telemetry: { enabled: false },
    plugins: [organization({ allowUserToCreateOrganization: false, schema: { organization: { modelName: "team" } } }), nextCookies()],
  });
}

let instance: ReturnType<typeof create> | undefined;

/** Sign-in and sessions. Made at first use, so that a build needs no settings. */
export const auth = (): ReturnType<typeof create> => (instance ??= create());
