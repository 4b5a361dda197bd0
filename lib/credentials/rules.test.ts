import { describe, expect, test } from "vitest";
import { connectorKinds } from "@/lib/connectors/catalog";
import {
  bucketSecretAfter,
  configAfter,
  destinationAfter,
  machineIdentityOf,
  nextSecret,
  secretAfter,
} from "@/lib/credentials/rules";
import { noIam, type RedshiftConfig } from "@/lib/connectors/redshift/spec";
import type { StagingConfig } from "@/lib/connectors/s3/spec";
import { noTunnelSecret } from "@/lib/connectors/ssh/spec";

describe("what is sealed after the connection step", () => {
  const config: RedshiftConfig = {
    host: "cluster.example",
    port: 5439,
    database: "dev",
    user: "rudder",
    sslMode: "verify-full",
    caCertificate: "",
    tunnel: { use: true, host: "bastion.example", port: 22, user: "tide", hostKey: "" },
    iam: { ...noIam },
  };
  const key = { privateKey: "KEY", passphrase: "", password: "" };
  const kept = {
    config: { ...config, tunnel: { ...config.tunnel, hostKey: "SHA256:pinned" } },
    secret: { password: "Secret1", tunnel: { ...key, passphrase: "old" } },
  };
  const nothing = noTunnelSecret;
  const through = (tunnel: Partial<RedshiftConfig["tunnel"]>) => ({
    ...config,
    tunnel: { ...config.tunnel, ...tunnel },
  });

  test("the first time everything is asked for", () => {
    expect(secretAfter({ config, password: "", ssh: key }, undefined)).toMatchObject({
      ok: false,
      field: "password",
    });
    expect(secretAfter({ config, password: "Secret1", ssh: nothing }, undefined)).toMatchObject({
      ok: false,
      field: "ssh.privateKey",
    });
    expect(
      secretAfter({ config, password: "Secret1", ssh: { ...key, password: "both" } }, undefined),
    ).toEqual({ ok: true, value: { password: "Secret1", tunnel: key } });
    expect(
      secretAfter(
        { config: through({ use: false }), password: "Secret1", ssh: nothing },
        undefined,
      ),
    ).toEqual({ ok: true, value: { password: "Secret1" } });
  });

  test("empty keeps what is set, and what is typed replaces it", () => {
    expect(secretAfter({ config, password: "", ssh: nothing }, kept)).toEqual({
      ok: true,
      value: kept.secret,
    });
    expect(
      secretAfter({ config, password: "", ssh: { ...nothing, passphrase: "new" } }, kept),
    ).toEqual({ ok: true, value: { password: "Secret1", tunnel: { ...key, passphrase: "new" } } });
    expect(
      secretAfter({ config, password: "", ssh: { ...nothing, password: "pw" } }, kept),
    ).toEqual({ ok: true, value: { password: "Secret1", tunnel: { ...nothing, password: "pw" } } });
  });

  test.each([
    ["host", { host: "evil.example" }],
    ["port", { port: 2222 }],
    ["user", { user: "root" }],
  ] as const)("another SSH %s asks for both secrets again", (_, change) => {
    expect(secretAfter({ config: through(change), password: "", ssh: key }, kept)).toMatchObject({
      ok: false,
      field: "password",
    });
    expect(
      secretAfter({ config: through(change), password: "Secret1", ssh: nothing }, kept),
    ).toMatchObject({ ok: false, field: "ssh.privateKey" });
    expect(secretAfter({ config: through(change), password: "Secret1", ssh: key }, kept)).toEqual({
      ok: true,
      value: { password: "Secret1", tunnel: key },
    });
  });

  test("another warehouse behind the same server asks for its password alone", () => {
    const other = { ...config, host: "other.example" };
    expect(secretAfter({ config: other, password: "", ssh: nothing }, kept)).toMatchObject({
      ok: false,
      field: "password",
    });
    expect(secretAfter({ config: other, password: "Secret2", ssh: nothing }, kept)).toEqual({
      ok: true,
      value: { password: "Secret2", tunnel: kept.secret.tunnel },
    });
  });

  test("without the tunnel its secrets are gone", () => {
    expect(
      secretAfter({ config: through({ use: false }), password: "Secret1", ssh: nothing }, kept),
    ).toEqual({ ok: true, value: { password: "Secret1" } });
    expect(
      secretAfter(
        { config, password: "Secret1", ssh: nothing },
        { config: through({ use: false }), secret: { password: "Secret1" } },
      ),
    ).toMatchObject({ ok: false, field: "ssh.privateKey" });
  });

  test("a pinned key stays with its server, whatever the browser says", () => {
    expect(configAfter(through({ hostKey: "SHA256:made-up" }), kept.config).tunnel.hostKey).toBe(
      "SHA256:pinned",
    );
    expect(
      configAfter(through({ host: "evil.example", hostKey: "SHA256:made-up" }), kept.config).tunnel
        .hostKey,
    ).toBe("");
    expect(configAfter(through({ user: "other" }), kept.config).tunnel.hostKey).toBe(
      "SHA256:pinned",
    );
    expect(configAfter(config, undefined).tunnel.hostKey).toBe("");
  });
});

describe("what is sealed of a destination", () => {
  const webhook = connectorKinds.webhook!;
  const config = { url: "https://example.com/hook", body: "single", headerName: "X-Key" };
  const moved = { ...config, url: "https://elsewhere.example/hook" };

  test("a kept secret stays where it was entered for, whatever order its config is kept in", () => {
    const kept = {
      config: Object.fromEntries(Object.entries(config).toReversed()),
      secret: { headerValue: "k" },
    };
    expect(destinationAfter(webhook, { config, secret: { headerValue: "" } }, kept)).toMatchObject({
      ok: true,
      value: { secret: { headerValue: "k" }, isSecretNew: false },
    });
    expect(
      destinationAfter(webhook, { config: moved, secret: { headerValue: "" } }, kept),
    ).toMatchObject({ ok: false, field: "headerValue" });
    expect(
      destinationAfter(webhook, { config: moved, secret: { headerValue: "new" } }, kept),
    ).toMatchObject({ ok: true, value: { secret: { headerValue: "new" }, isSecretNew: true } });
  });

  test("an optional secret that was left empty is nothing to protect", () => {
    expect(
      destinationAfter(
        webhook,
        { config: { ...moved, headerName: "" }, secret: { headerValue: "" } },
        { config: { ...config, headerName: "" }, secret: { headerValue: "" } },
      ),
    ).toMatchObject({ ok: true });
  });
});

describe("what is sealed for a rotation", () => {
  const redshift = connectorKinds.redshift!;
  const kept = { password: "Old-1", tunnel: { privateKey: "KEY", passphrase: "", password: "" } };
  test("the new fields take the place of the old ones, and the tunnel's stay", () => {
    expect(nextSecret(redshift, kept, { password: "New-1" })).toEqual({
      ok: true,
      value: { ...kept, password: "New-1" },
    });
    expect(
      nextSecret(
        connectorKinds["tracking-api"]!,
        { writeKey: "a" },
        { writeKey: "b", password: "ignored" },
      ),
    ).toEqual({ ok: true, value: { writeKey: "b" } });
  });
  test("nothing, or the present one again, is no rotation", () => {
    expect(nextSecret(redshift, kept, { password: "" })).toMatchObject({
      ok: false,
      field: "password",
    });
    expect(nextSecret(redshift, kept, { password: "Old-1" })).toMatchObject({
      ok: false,
      field: "password",
    });
  });
});

describe("what is sealed with IAM", () => {
  const config: RedshiftConfig = {
    host: "cluster.example",
    port: 5439,
    database: "dev",
    user: "rudder",
    sslMode: "verify-full",
    caCertificate: "",
    tunnel: { use: false, host: "", port: 22, user: "", hostKey: "" },
    iam: { ...noIam, use: true, name: "analytics", region: "eu-central-1", accessKeyId: "AKIA1" },
  };
  const kept = { config, secret: { password: "", secretAccessKey: "KEY" } };
  const typed = { password: "", ssh: noTunnelSecret };
  test("access keys need their secret; the machine's own identity needs none; a password is not kept beside", () => {
    expect(secretAfter({ config, ...typed }, undefined)).toMatchObject({
      ok: false,
      field: "secretAccessKey",
    });
    expect(
      secretAfter({ config, ...typed, password: "left over", secretAccessKey: "KEY" }, undefined),
    ).toEqual({ ok: true, value: { password: "", secretAccessKey: "KEY" } });
    expect(
      secretAfter(
        { config: { ...config, iam: { ...config.iam, accessKeyId: "" } }, ...typed },
        undefined,
      ),
    ).toEqual({ ok: true, value: { password: "" } });
    expect(secretAfter({ config, ...typed }, kept)).toEqual({ ok: true, value: kept.secret });
  });
  test.each([
    ["host", { host: "evil.example" }],
    ["user", { user: "root" }],
    ["SSL mode", { sslMode: "off" as const }],
    ["cluster", { iam: { ...config.iam, name: "other" } }],
    ["key", { iam: { ...config.iam, accessKeyId: "AKIA2" } }],
  ])("another %s asks for it again", (_, change) => {
    expect(secretAfter({ config: { ...config, ...change }, ...typed }, kept)).toMatchObject({
      ok: false,
      field: "secretAccessKey",
    });
  });
  test("back to a password, one has to be entered", () => {
    expect(secretAfter({ config: { ...config, iam: noIam }, ...typed }, kept)).toMatchObject({
      ok: false,
      field: "password",
    });
  });
});

test("a bucket's secret is kept where it is left empty, and asked for again where it would go elsewhere", () => {
  const config: StagingConfig = {
    bucket: "mine",
    prefix: "tidegate",
    region: "eu-central-1",
    endpoint: "",
    access: "keys",
    roleArn: "",
    accessKeyId: "AKIA1",
  };
  const kept = { config, secretAccessKey: "kept" };
  const after = (
    more: Partial<StagingConfig>,
    secretAccessKey = "",
    before: typeof kept | null = kept,
  ) => bucketSecretAfter({ config: { ...config, ...more }, secretAccessKey }, before);
  expect(after({ prefix: "other" })).toEqual({ ok: true, value: "kept" });
  const others: Partial<StagingConfig>[] = [
    { bucket: "theirs" },
    { endpoint: "https://elsewhere.example.com" },
    { accessKeyId: "AKIA2" },
    { region: "eu-west-1" },
    { access: "role", roleArn: "arn:aws:iam::123456789012:role/Theirs" },
  ];
  for (const more of others) {
    expect(after(more)).toMatchObject({ ok: false, field: "secretAccessKey" });
    expect(after(more, "typed")).toEqual({ ok: true, value: "typed" });
  }
  expect(after({}, "", null)).toMatchObject({ ok: false, field: "secretAccessKey" });
  expect(after({ accessKeyId: "" })).toEqual({ ok: true, value: "" });
});

test("what works with the machine's own identity is told by the key that is missing, wherever it stands", () => {
  const bucket = { bucket: "mine", accessKeyId: "", endpoint: "" };
  const iam = { host: "h", iam: { use: true, accessKeyId: "" } };
  expect(machineIdentityOf(bucket)).toBe("aws");
  expect(machineIdentityOf(iam)).toBe("aws");
  expect(machineIdentityOf({ connection: iam })).toBe("aws");
  expect(machineIdentityOf({ connection: {}, staging: bucket })).toBe("aws");
  for (const endpoint of [
    "https://s3.eu-central-1.amazonaws.com",
    "https://bucket.vpce-1.s3.eu-central-1.vpce.amazonaws.com",
    "https://s3.cn-north-1.amazonaws.com.cn",
  ])
    expect(machineIdentityOf({ ...bucket, endpoint })).toBe("aws");
  for (const endpoint of [
    "https://collector.example.com",
    "https://amazonaws.com.example.com",
    "https://notamazonaws.com",
    "http://10.0.0.8:9000",
  ]) {
    expect(machineIdentityOf({ ...bucket, endpoint })).toBe("elsewhere");
    expect(machineIdentityOf({ connection: iam, staging: { ...bucket, endpoint } })).toBe(
      "elsewhere",
    );
  }
  const keys = { ...bucket, accessKeyId: "AKIA", endpoint: "https://collector.example.com" };
  for (const config of [
    keys,
    { connection: { iam: { use: false, accessKeyId: "" } }, staging: keys },
    {},
    null,
    "x",
  ])
    expect(machineIdentityOf(config)).toBe("none");
});
