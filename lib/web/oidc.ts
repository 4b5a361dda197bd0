import "server-only";
import * as client from "openid-client";
import { cookies } from "next/headers";
import { z } from "zod";
import { paths } from "@/lib/paths";
import { env } from "@/lib/platform/env";
import { open, seal } from "@/lib/platform/secret-box";
import { baseUrl } from "@/lib/web/auth";

const MINUTES_10_S = 600;
const TIMEOUT_S = 10;

/** What comes back is held against what went out: kept sealed in the browser that was sent, for a few minutes. */
const sentSchema = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  next: z.string().nullable(),
  at: z.number(),
});

export type ProviderClaims = { subject: string; email: string; isVerified: boolean; name: string };

const cookieName = () =>
  baseUrl().startsWith("https://") ? "__Host-tidegate.oidc" : "tidegate.oidc";
const cookieOptions = () =>
  ({
    httpOnly: true,
    sameSite: "lax",
    secure: baseUrl().startsWith("https://"),
    path: "/",
    maxAge: MINUTES_10_S,
  }) as const;

/** How the provider's button is named; null where none is set. */
export const providerName = (): string | null => (env().OIDC_ISSUER ? env().OIDC_NAME : null);

let known: { config: client.Configuration; at: number } | undefined;
const HOUR_MS = 3600_000;

/** The provider's own description, asked for when somebody signs in: one that is away keeps Tidegate from nothing else. */
async function provider(): Promise<client.Configuration> {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: id, OIDC_CLIENT_SECRET: secret } = env();
  if (!issuer || !id || !secret)
    throw new Error("There is no OpenID provider: OIDC_ISSUER is not set.");
  if (known && Date.now() - known.at < HOUR_MS) return known.config;
  const url = new URL(issuer);
  const config = await client.discovery(url, id, secret, undefined, {
    timeout: TIMEOUT_S,
    execute: [
      // the ID token's signature too, by the provider's published keys: TLS alone says only who answered
      client.enableNonRepudiationChecks,
      ...(url.protocol === "http:" ? [client.allowInsecureRequests] : []),
    ],
  });
  known = { config, at: Date.now() };
  return config;
}

/** The address at the provider to which somebody is sent, with PKCE, state and nonce. */
export async function providerAddress(next: string | null): Promise<string> {
  const config = await provider();
  const sent = {
    state: client.randomState(),
    nonce: client.randomNonce(),
    verifier: client.randomPKCECodeVerifier(),
    next,
    at: Date.now(),
  };
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: baseUrl() + paths.oidcCallback,
    scope: "openid email profile",
    state: sent.state,
    nonce: sent.nonce,
    code_challenge: await client.calculatePKCECodeChallenge(sent.verifier),
    code_challenge_method: "S256",
  });
  (await cookies()).set(cookieName(), seal(cookieName(), sent), cookieOptions());
  return address.href;
}

const claimsSchema = z.object({
  sub: z.string().min(1),
  iss: z.string(),
  email: z.string().toLowerCase().catch(""),
  email_verified: z.boolean().catch(false),
  name: z.string().trim().max(100).catch(""),
});

/** Who the provider says came back; null where nobody was sent, or what came back doesn't fit what went out. */
export async function providerAnswer(
  request: Request,
): Promise<{ claims: ProviderClaims; next: string | null } | null> {
  const jar = await cookies();
  const kept = jar.get(cookieName())?.value;
  jar.set(cookieName(), "", { ...cookieOptions(), maxAge: 0 }); // once
  if (!kept) return null;
  try {
    const sent = sentSchema.parse(open(cookieName(), kept));
    if (Date.now() - sent.at > MINUTES_10_S * 1000) return null;
    const config = await provider();
    const came = new URL(baseUrl() + paths.oidcCallback);
    came.search = new URL(request.url).search; // behind a proxy the request's own address is another
    const tokens = await client.authorizationCodeGrant(config, came, {
      expectedState: sent.state,
      expectedNonce: sent.nonce,
      pkceCodeVerifier: sent.verifier,
      idTokenExpected: true,
    });
    const token = claimsSchema.parse(tokens.claims());
    // many providers tell the address only when asked with the access token
    const told = token.email
      ? token
      : claimsSchema.parse({
          ...(await client.fetchUserInfo(config, tokens.access_token, token.sub)),
          iss: token.iss,
        });
    return {
      claims: {
        subject: `${token.iss}|${token.sub}`,
        email: told.email,
        isVerified: told.email_verified,
        name: told.name || told.email,
      },
      next: sent.next,
    };
  } catch (error) {
    throw new ProviderRefusal({ cause: error });
  }
}

/** The provider refused, could not be reached, or said what can't be believed. */
class ProviderRefusal extends Error {
  constructor(options: ErrorOptions) {
    super("The sign-in at the provider did not come through.", options);
  }
}
