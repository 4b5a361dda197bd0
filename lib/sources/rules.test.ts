import { describe, expect, test } from "vitest";
import type { RedshiftConfig } from "@/lib/connectors/redshift/spec";
import { noTunnelSecret } from "@/lib/connectors/ssh/spec";
import type { Mapping } from "@/lib/event/mapping";
import { manualSchedule } from "@/lib/schedule/schema";
import { configAfter, editChanges, identityProblem, mappingChanges, rowsLost, secretAfter } from "@/lib/sources/rules";

test("the identity rule is the seed's, word for word", () => {
  expect(identityProblem([{ name: "id" }, { name: "e_mail" }])).toBe("Your table must include one of the following columns - email, user_id, or anonymous_id.");
  expect(identityProblem([{ name: "anonymous_id" }])).toBeNull();
});

const mapping: Mapping = { columns: [{ column: "email", traitKey: "email" }, { column: "plan", traitKey: "plan" }], userId: "email", anonymousId: null };
const before = { name: "Customers", credentialId: "1", mapping, schedule: manualSchedule };

test("columns in another order make the same events", () => {
  expect(mappingChanges(mapping, { ...mapping, columns: mapping.columns.toReversed() })).toEqual([]);
});

test("added, left out, renamed, and identified otherwise: each is named", () => {
  const after: Mapping = { columns: [{ column: "email", traitKey: "contact.email" }, { column: "city", traitKey: "city" }], userId: null, anonymousId: "anon" };
  expect(mappingChanges(mapping, after)).toEqual([
    { what: "userId", from: "email", to: "—" },
    { what: "anonymousId", from: "—", to: "anon" },
    { what: "Trait key of “email”", from: "email", to: "contact.email" },
    { what: "Column “plan” is left out", from: "plan", to: "—" },
    { what: "Column “city” is added", from: "—", to: "city" },
  ]);
});

test("an edit says what each of its changes means, and nothing of what stays", () => {
  expect(editChanges(before, before, null)).toEqual([]);
  const groups = editChanges(before, { name: "Clients", mapping: { ...mapping, columns: mapping.columns.slice(1) }, schedule: { ...manualSchedule, frequency: "interval", every: 45 } }, { from: "old", to: "new", sameDatabase: true });
  expect(groups.map(({ title }) => title)).toEqual(["Columns and traits", "Credentials", "Schedule", "Name"]);
  expect(groups[0]?.means).toContain("every row is sent again");
  expect(groups[1]?.means).toContain("stays known");
  expect(groups[2]?.changes).toEqual([{ what: "Run Frequency", from: "Manual", to: "Every 45 minutes" }]);
});

test("credentials of another database make the next run a full one", () => {
  const [group] = editChanges(before, before, { from: "old", to: "new", sameDatabase: false });
  expect(group?.means).toContain("every row is sent again");
});

describe("what is sealed after the connection step", () => {
  const config: RedshiftConfig = { host: "cluster.example", port: 5439, database: "dev", user: "rudder", sslMode: "verify-full", caCertificate: "", tunnel: { use: true, host: "bastion.example", port: 22, user: "tide", hostKey: "" } };
  const key = { privateKey: "KEY", passphrase: "", password: "" };
  const kept = { config: { ...config, tunnel: { ...config.tunnel, hostKey: "SHA256:pinned" } }, secret: { password: "Secret1", tunnel: { ...key, passphrase: "old" } } };
  const nothing = noTunnelSecret;
  const through = (tunnel: Partial<RedshiftConfig["tunnel"]>) => ({ ...config, tunnel: { ...config.tunnel, ...tunnel } });

  test("the first time everything is asked for", () => {
    expect(secretAfter({ config, password: "", ssh: key }, undefined)).toMatchObject({ ok: false, field: "password" });
    expect(secretAfter({ config, password: "Secret1", ssh: nothing }, undefined)).toMatchObject({ ok: false, field: "ssh.privateKey" });
    expect(secretAfter({ config, password: "Secret1", ssh: { ...key, password: "both" } }, undefined)).toEqual({ ok: true, value: { password: "Secret1", tunnel: key } });
    expect(secretAfter({ config: through({ use: false }), password: "Secret1", ssh: nothing }, undefined)).toEqual({ ok: true, value: { password: "Secret1" } });
  });

  test("empty keeps what is set, and what is typed replaces it", () => {
    expect(secretAfter({ config, password: "", ssh: nothing }, kept)).toEqual({ ok: true, value: kept.secret });
    expect(secretAfter({ config, password: "", ssh: { ...nothing, passphrase: "new" } }, kept)).toEqual({ ok: true, value: { password: "Secret1", tunnel: { ...key, passphrase: "new" } } });
    expect(secretAfter({ config, password: "", ssh: { ...nothing, password: "pw" } }, kept)).toEqual({ ok: true, value: { password: "Secret1", tunnel: { ...nothing, password: "pw" } } });
  });

  test.each([["host", { host: "evil.example" }], ["port", { port: 2222 }], ["user", { user: "root" }]] as const)("another SSH %s asks for both secrets again", (_, change) => {
    expect(secretAfter({ config: through(change), password: "", ssh: key }, kept)).toMatchObject({ ok: false, field: "password" });
    expect(secretAfter({ config: through(change), password: "Secret1", ssh: nothing }, kept)).toMatchObject({ ok: false, field: "ssh.privateKey" });
    expect(secretAfter({ config: through(change), password: "Secret1", ssh: key }, kept)).toEqual({ ok: true, value: { password: "Secret1", tunnel: key } });
  });

  test("another warehouse behind the same server asks for its password alone", () => {
    const other = { ...config, host: "other.example" };
    expect(secretAfter({ config: other, password: "", ssh: nothing }, kept)).toMatchObject({ ok: false, field: "password" });
    expect(secretAfter({ config: other, password: "Secret2", ssh: nothing }, kept)).toEqual({ ok: true, value: { password: "Secret2", tunnel: kept.secret.tunnel } });
  });

  test("without the tunnel its secrets are gone", () => {
    expect(secretAfter({ config: through({ use: false }), password: "Secret1", ssh: nothing }, kept)).toEqual({ ok: true, value: { password: "Secret1" } });
    expect(secretAfter({ config, password: "Secret1", ssh: nothing }, { config: through({ use: false }), secret: { password: "Secret1" } })).toMatchObject({ ok: false, field: "ssh.privateKey" });
  });

  test("a pinned key stays with its server, whatever the browser says", () => {
    expect(configAfter(through({ hostKey: "SHA256:made-up" }), kept.config).tunnel.hostKey).toBe("SHA256:pinned");
    expect(configAfter(through({ host: "evil.example", hostKey: "SHA256:made-up" }), kept.config).tunnel.hostKey).toBe("");
    expect(configAfter(through({ user: "other" }), kept.config).tunnel.hostKey).toBe("SHA256:pinned");
    expect(configAfter(config, undefined).tunnel.hostKey).toBe("");
  });
});

test("rows that a key would lose are counted once each", () => {
  expect(rowsLost({ nullRows: 2, duplicateRows: 5, longRows: 1, emptyRows: 1 })).toBe(9);
  expect(rowsLost({ nullRows: 0, duplicateRows: 3, longRows: 0, emptyRows: 3 })).toBe(3);
  expect(rowsLost({ nullRows: 0, duplicateRows: 0, longRows: 0, emptyRows: 0 })).toBe(0);
});
