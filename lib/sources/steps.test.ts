import { describe, expect, test } from "vitest";
import type { CheckPart, CheckUpdate } from "@/lib/connectors/contract/checks";
import { sourceDraftSchema } from "@/lib/sources/schema";
import { canLogIn, connectionOf, needsSuperuser, withHostKey } from "@/lib/sources/steps";

const part = (id: string, status: CheckPart["status"]): CheckPart => ({
  id,
  title: id,
  status,
  summary: "",
});
const check = (id: string, status: CheckUpdate["status"], parts: CheckPart[] = []) => ({
  id,
  status,
  parts,
});

describe("who can mend what failed", () => {
  test.each([
    ["nothing failed", [check("connection", "passed")], false],
    [
      "a tunnel, a network, a certificate",
      [check("connection", "failed", [part("tunnel", "failed"), part("login", "skipped")])],
      false,
    ],
    [
      "a refused login",
      [check("connection", "failed", [part("tls", "passed"), part("login", "failed")])],
      true,
    ],
    ["a privilege", [check("connection", "passed"), check("state-schema", "failed")], true],
  ] as const)("%s", (_, checks, superuser) => {
    expect(needsSuperuser(checks.map((each) => ({ ...each, parts: [...each.parts] })))).toBe(
      superuser,
    );
  });

  test("a login has worked once the first check has passed", () => {
    expect(canLogIn([check("connection", "passed"), check("schemas", "failed")])).toBe(true);
    expect(canLogIn([check("connection", "running")])).toBe(false);
  });
});

test("a draft from before there were tunnels has none; a pinned key opens its verification again", () => {
  const config = {
    host: "h",
    port: 5439,
    database: "d",
    user: "u",
    sslMode: "verify-full",
    caCertificate: "",
  };
  const draft = sourceDraftSchema.parse({
    connection: { credentialName: "c", config, passwordSetAt: "now" },
  });
  expect(draft.connection?.config.tunnel).toEqual({
    use: false,
    host: "",
    port: 22,
    user: "",
    hostKey: "",
  });
  const pinned = withHostKey(draft, "SHA256:new");
  expect(pinned.connection?.config.tunnel.hostKey).toBe("SHA256:new");
  expect(connectionOf(pinned)).not.toBe(connectionOf(draft));
  expect(withHostKey({}, "SHA256:new")).toEqual({});
});
