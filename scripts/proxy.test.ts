import { NextRequest } from "next/server";
import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

async function answer(baseUrl: string): Promise<Headers> {
  vi.stubEnv("BASE_URL", baseUrl);
  vi.resetModules(); // settings are read once
  const { proxy } = await import("@/proxy");
  return proxy(new NextRequest(new URL("/sources", baseUrl))).headers;
}

test("over https browsers are told to stay there; over http they are told nothing of the kind", async () => {
  const secure = await answer("https://tidegate.example");
  expect(secure.get("strict-transport-security")).toMatch(/^max-age=\d{8}; includeSubDomains$/);
  expect(secure.get("content-security-policy")).toContain("upgrade-insecure-requests");
  const plain = await answer("http://localhost:3000");
  expect(plain.get("strict-transport-security")).toBeNull();
  expect(plain.get("content-security-policy")).not.toContain("upgrade-insecure-requests");
});

test("each answer has a nonce of its own", async () => {
  const nonceIn = (headers: Headers) =>
    /'nonce-([^']+)'/.exec(headers.get("content-security-policy") ?? "")?.[1];
  const [one, two] = [
    nonceIn(await answer("http://localhost:3000")),
    nonceIn(await answer("http://localhost:3000")),
  ];
  expect(one).toMatch(/^[0-9a-f]{32}$/);
  expect(two).not.toBe(one);
});
