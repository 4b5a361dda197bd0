// The word of an OpenID provider: held against its published keys, not only against who answered.
import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { useDatabase } from "@/lib/testing/database";
import { providerAddress, providerAnswer } from "@/lib/web/oidc";

const jar = vi.hoisted(() => new Map<string, string>());
vi.mock("server-only", () => ({}));
vi.mock("next/headers", () => ({
  cookies: () =>
    Promise.resolve({
      get: (name: string) => (jar.has(name) ? { value: jar.get(name) } : undefined),
      set: (name: string, value: string) => jar.set(name, value),
    }),
}));

useDatabase();

const ours = generateKeyPairSync("rsa", { modulusLength: 2048 });
const theirs = generateKeyPairSync("rsa", { modulusLength: 2048 });
const part = (value: object | Buffer) =>
  (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString("base64url");

/** How the provider signs the next token. */
let signing: { alg: string; key: KeyObject | null } = { alg: "RS256", key: ours.privateKey };
let nonce = "";
let issuer = "";

function idToken(): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    sub: "ida",
    aud: "tidegate",
    iat: now,
    exp: now + 60,
    nonce,
    email: "ida@example.com",
    email_verified: true,
    name: "Ida",
  };
  const text = `${part({ alg: signing.alg, kid: "k1" })}.${part(claims)}`;
  const signature = signing.key
    ? createSign("RSA-SHA256").update(text).sign(signing.key)
    : Buffer.alloc(0);
  return `${text}.${part(signature)}`;
}

const provider = createServer((request, response) => {
  const answers: Record<string, () => object> = {
    "/.well-known/openid-configuration": () => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ["code"],
      id_token_signing_alg_values_supported: ["RS256"],
    }),
    "/keys": () => ({
      keys: [{ ...ours.publicKey.export({ format: "jwk" }), kid: "k1", alg: "RS256", use: "sig" }],
    }),
    "/token": () => ({ access_token: "a", token_type: "Bearer", id_token: idToken() }),
  };
  request.resume();
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(answers[request.url ?? ""]?.() ?? {}));
});

beforeAll(async () => {
  await once(provider.listen(0, "127.0.0.1"), "listening");
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  Object.assign(process.env, {
    OIDC_ISSUER: issuer,
    OIDC_CLIENT_ID: "tidegate",
    OIDC_CLIENT_SECRET: "secret",
  });
});
afterAll(() => void provider.close());

/** Somebody goes to the provider and comes back. */
async function comesBack() {
  const address = new URL(await providerAddress("/runs"));
  nonce = address.searchParams.get("nonce") ?? "";
  const state = address.searchParams.get("state") ?? "";
  return providerAnswer(
    new Request(`http://localhost:3000/api/sign-in/oidc/callback?code=c&state=${state}`),
  );
}

test("a token that the provider has signed is believed", async () => {
  signing = { alg: "RS256", key: ours.privateKey };
  expect(await comesBack()).toEqual({
    claims: {
      subject: `${issuer}|ida`,
      email: "ida@example.com",
      isVerified: true,
      name: "Ida",
    },
    next: "/runs",
  });
});

test.each([
  ["signed by another key", { alg: "RS256", key: theirs.privateKey }],
  ["not signed", { alg: "RS256", key: null }],
  ["that says it needs no signature", { alg: "none", key: null }],
])("one %s is refused", async (_, how) => {
  signing = how;
  await expect(comesBack()).rejects.toThrow("did not come through");
});
