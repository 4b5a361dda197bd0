import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { env } from "@/lib/platform/env";
import { guardFetch } from "@/lib/platform/network/fetch";
import {
  behindTunnel,
  poisonResolver,
  ports,
  spellings,
  startCanary,
  startRedirector,
  toldOfRefusal,
  waysOut,
  type Canary,
} from "@/lib/testing/ways-out";

// what an operator allows here: one address of this machine, on which decoys listen; the canary listens on all
process.env.NETWORK_ALLOW = "127.0.0.2";

let canary: Canary;
let restore: () => void;
beforeAll(async () => {
  expect(env().NETWORK_ALLOW).toHaveLength(1);
  guardFetch();
  restore = poisonResolver({ "rebinding.attacker.example": [["127.0.0.2"], ["127.0.0.1"]] });
  canary = await startCanary();
});
afterAll(async () => {
  restore();
  await canary.close();
});

test("there are at least forty spellings, and all of them differ", () => {
  expect(new Set(spellings.map(({ host }) => host)).size).toBe(spellings.length);
  expect(spellings.length).toBeGreaterThanOrEqual(40);
});

describe.each(Object.entries(waysOut))("%s", (_, tryOut) => {
  test("leads to no spelling of a refused place", async () => {
    const outcomes = await Promise.all(
      spellings.map(async ({ host }) => [host, await tryOut(host, canary.port)]),
    );
    expect(outcomes.filter(([, outcome]) => outcome !== "form" && outcome !== "guard")).toEqual([]);
    expect(canary.connections()).toBe(0);
  });

  test("takes no odd port", async () => {
    const outcomes = await Promise.all(
      ports
        .filter((port) => port !== "" && port !== "80")
        .map(async (port) => [port, await tryOut("127.0.0.1", port)]),
    );
    expect(outcomes.filter(([, outcome]) => outcome !== "form" && outcome !== "guard")).toEqual([]);
  });
});

test("an SSH server is not led to its own machine or its cloud's metadata", async () => {
  const server = await startCanary("127.0.0.2");
  const local = spellings.filter(({ isLocal }) => isLocal);
  const outcomes = await Promise.all(
    local.map(async ({ host }) => [host, await behindTunnel(host, 5439, server)]),
  );
  expect(outcomes.filter(([, outcome]) => outcome !== "form" && outcome !== "guard")).toEqual([]);
  expect([server.connections(), canary.connections()]).toEqual([0, 0]);
  await server.close();
});

test("a name is looked up once a connection, and what was judged is what is connected to", async () => {
  const decoy = await startCanary("127.0.0.2");
  const again = poisonResolver(
    Object.fromEntries(
      Object.keys(waysOut).map((way, at) => [
        `rebinding${at}.attacker.example`,
        [["127.0.0.2"], ["127.0.0.1"]],
      ]),
    ),
  );
  const hidden = await startCanary("127.0.0.1");
  let at = 0;
  for (const tryOut of Object.values(waysOut)) {
    const before = decoy.connections();
    await tryOut(`rebinding${at++}.attacker.example`, decoy.port);
    expect(decoy.connections()).toBeGreaterThan(before);
  }
  expect([hidden.connections(), canary.connections()]).toEqual([0, 0]);
  again();
  await decoy.close();
  await hidden.close();
});

test("no redirect leads on", async () => {
  const redirector = await startRedirector("127.0.0.2", `http://127.0.0.1:${canary.port}/`);
  await waysOut["Receiver"]?.("127.0.0.2", redirector.port);
  await waysOut["Bucket"]?.("127.0.0.2", redirector.port);
  expect(await waysOut["fetch"]?.("127.0.0.2", redirector.port)).toBe("guard");
  expect(redirector.connections()).toBe(3);
  expect(canary.connections()).toBe(0);
  await redirector.close();
});

test("an open and a closed port of a refused place are told by the same words", async () => {
  const told = async (port: number) =>
    (await toldOfRefusal("10.0.0.1", port)).replaceAll(String(port), "PORT");
  const [open, closed] = [
    await told(canary.port),
    await told(canary.port === 50_000 ? 50_001 : 50_000),
  ];
  expect(open).toBe(closed);
  expect(open).toContain("NETWORK_ALLOW=10.0.0.1:PORT");
});
