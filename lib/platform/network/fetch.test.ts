import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { guardFetch } from "./fetch";

const seen: string[] = [];
const serve = (name: string) =>
  createServer((request, response) => {
    seen.push(`${name} ${request.url ?? ""}`);
    response.end("here");
  });
const [provider, canary] = [serve("provider"), serve("canary")];
const addressOf = ({ address }: { address: () => unknown }) =>
  `http://127.0.0.1:${(address() as AddressInfo).port}`;
const listen = (server: typeof provider) =>
  new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));

beforeAll(async () => {
  await Promise.all([listen(provider), listen(canary)]);
  Object.assign(process.env, {
    NETWORK_ALLOW: "",
    OIDC_ISSUER: addressOf({ address: () => provider.address() }),
    OIDC_CLIENT_ID: "id",
    OIDC_CLIENT_SECRET: "secret",
  });
  guardFetch();
});
afterAll(() => {
  provider.close();
  canary.close();
});

test("the OpenID provider that the operator named is reached where it is, and nothing else of its machine", async () => {
  expect(
    await (await fetch(`${process.env.OIDC_ISSUER}/.well-known/openid-configuration`)).text(),
  ).toBe("here");
  await expect(fetch(addressOf({ address: () => canary.address() }))).rejects.toThrow();
  expect(seen).toEqual(["provider /.well-known/openid-configuration"]);
});
