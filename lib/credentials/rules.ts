import { z } from "zod";
import type { ConnectorKind } from "@/lib/connectors/catalog";
import type { TunnelSecret } from "@/lib/connectors/ssh/spec";
import type { StagingConfig } from "@/lib/connectors/s3/spec";
import type { RedshiftConfig, RedshiftSecret } from "@/lib/connectors/redshift/spec";
import { isTargetKind, type Target } from "@/lib/platform/reference-rules";
import { ok, refused, type Result } from "@/lib/platform/result";

type Entered = {
  config: RedshiftConfig;
  password: string;
  secretAccessKey?: string;
  ssh: TunnelSecret;
};
type Kept = { config: RedshiftConfig; secret: RedshiftSecret };

const sameConnection = (a: RedshiftConfig, b: RedshiftConfig): boolean => {
  // the pinned host key is found, not entered
  const entered = (config: RedshiftConfig) =>
    JSON.stringify({ ...config, tunnel: { ...config.tunnel, hostKey: "" } });
  return entered(a) === entered(b);
};
const sameServer = ({ tunnel: a }: RedshiftConfig, { tunnel: b }: RedshiftConfig): boolean =>
  a.use && b.use && a.host === b.host && a.port === b.port;

/**
 * The secrets after a form was filled in. A kept one goes only where it was entered for: else anyone who may edit could
 * point it at a host of their own. What is refused names the field to fill in again.
 */
export function secretAfter(
  { config, password, secretAccessKey = "", ssh }: Entered,
  kept: Kept | undefined,
): Result<RedshiftSecret> {
  const login = config.iam.use
    ? iamAfter(config, secretAccessKey, kept)
    : passwordAfter(config, password, kept);
  if (!login.ok) return login;
  const base = login.value;
  if (!config.tunnel.use) return ok(base);
  if (ssh.privateKey) return ok({ ...base, tunnel: { ...ssh, password: "" } });
  if (ssh.password)
    return ok({ ...base, tunnel: { privateKey: "", passphrase: "", password: ssh.password } });
  if (!kept?.secret.tunnel)
    return refused("Enter a private key or a password for the SSH server.", "ssh.privateKey");
  if (!sameServer(kept.config, config) || kept.config.tunnel.user !== config.tunnel.user)
    return refused(
      "Enter the private key or the password again: the SSH server has changed, and a kept one is sent only to where it was entered for.",
      "ssh.privateKey",
    );
  return ok({
    ...base,
    tunnel: ssh.passphrase
      ? { ...kept.secret.tunnel, passphrase: ssh.passphrase }
      : kept.secret.tunnel,
  });
}

function passwordAfter(
  config: RedshiftConfig,
  password: string,
  kept: Kept | undefined,
): Result<RedshiftSecret> {
  if (password) return ok({ password });
  if (!kept?.secret.password) return refused("Enter the password.", "password");
  if (!sameConnection(kept.config, config))
    return refused(
      "Enter the password again: the connection has changed, and a kept password is sent only to where it was entered for.",
      "password",
    );
  return ok({ password: kept.secret.password });
}

/** With IAM there is a secret only where access keys were entered. */
function iamAfter(
  config: RedshiftConfig,
  secretAccessKey: string,
  kept: Kept | undefined,
): Result<RedshiftSecret> {
  if (config.iam.accessKeyId === "") return ok({ password: "" });
  if (secretAccessKey) return ok({ password: "", secretAccessKey });
  if (!kept?.secret.secretAccessKey)
    return refused("Enter the secret access key.", "secretAccessKey");
  if (!sameConnection(kept.config, config))
    return refused(
      "Enter the secret access key again: the connection has changed, and a kept one is used only for what it was entered for.",
      "secretAccessKey",
    );
  return ok({ password: "", secretAccessKey: kept.secret.secretAccessKey });
}

/**
 * The secret of a bucket after its form was filled in. Bucket, endpoint and role are a part of the login, as host and user
 * are: a kept secret is used only for what it was entered for.
 */
export function bucketSecretAfter(
  entered: { config: StagingConfig; secretAccessKey: string },
  kept: { config: StagingConfig; secretAccessKey: string } | null,
): Result<string> {
  const { config, secretAccessKey } = entered;
  if (config.accessKeyId === "") return ok("");
  if (secretAccessKey !== "") return ok(secretAccessKey);
  if (!kept || kept.secretAccessKey === "")
    return refused("Enter the secret access key.", "secretAccessKey");
  if (!isSameBucketLogin(config, kept.config))
    return refused(
      "Enter the secret access key again: the bucket, its endpoint or region, the role or the key has changed, and a kept secret is used only for what it was entered for.",
      "secretAccessKey",
    );
  return ok(kept.secretAccessKey);
}

const bucketLoginFields = [
  "bucket",
  "endpoint",
  "region",
  "access",
  "roleArn",
  "accessKeyId",
] as const;
const isSameBucketLogin = (a: StagingConfig, b: StagingConfig): boolean =>
  bucketLoginFields.every((field) => a[field] === b[field]);

/** Whether anything secret was typed. */
export const isSecretTyped = ({
  password,
  secretAccessKey = "",
  ssh,
}: Omit<Entered, "config">): boolean =>
  [password, secretAccessKey, ...Object.values(ssh)].some((text) => text !== "");

/** How the SSH server is logged in to, without the secret. */
export function sshSecretOf({ tunnel }: RedshiftSecret): "none" | "key" | "password" {
  if (!tunnel) return "none";
  return tunnel.privateKey ? "key" : "password";
}

/** The config to save: a pinned host key stays with its server. */
export const configAfter = (
  config: RedshiftConfig,
  kept: RedshiftConfig | undefined,
): RedshiftConfig => ({
  ...config,
  tunnel: {
    ...config.tunnel,
    hostKey: kept && sameServer(kept, config) ? kept.tunnel.hostKey : "",
  },
});

/**
 * Config and secret of a destination after a form was filled in, judged by its kind. Nothing typed keeps the secret,
 * but only where it was entered for; an optional one that was left empty is nothing to protect.
 */
export function destinationAfter(
  spec: ConnectorKind,
  entered: { config: object; secret: Record<string, string> },
  kept: { config: unknown; secret: unknown } | undefined,
): Result<{
  config: Record<string, unknown>;
  secret: Record<string, string>;
  isSecretNew: boolean;
}> {
  const config = spec.configSchema.safeParse(entered.config);
  if (!config.success) return refusedIssue(config.error);
  const hasText = (secret: unknown) =>
    Object.values(z.record(z.string(), z.string()).catch({}).parse(secret)).some(
      (text) => text !== "",
    );
  const isSecretNew = hasText(entered.secret);
  const keeps = kept !== undefined && hasText(kept.secret) && !isSecretNew;
  if (
    keeps &&
    JSON.stringify(spec.configSchema.safeParse(kept.config).data) !== JSON.stringify(config.data)
  ) {
    return refused(
      "Enter the secret again: the address has changed, and a kept secret is sent only to where it was entered for.",
      spec.secretFields[0],
    );
  }
  const secret = spec.secretSchema.safeParse(keeps ? kept.secret : entered.secret);
  if (!secret.success) return refusedIssue(secret.error);
  return ok({
    config: config.data as Record<string, unknown>,
    secret: secret.data as Record<string, string>,
    isSecretNew,
  });
}

/** The secret of a kind with its fields replaced by what was entered, judged by the kind; what isn't a field stays (a tunnel's). */
export function nextSecret(
  spec: ConnectorKind,
  kept: unknown,
  entered: Record<string, string>,
): Result<Record<string, unknown>> {
  const missing = spec.secretFields.find((field) => !entered[field]);
  if (missing) return refused("Enter the new one.", missing);
  const fields = Object.fromEntries(spec.secretFields.map((field) => [field, entered[field]]));
  const next = spec.secretSchema.safeParse({ ...(typeof kept === "object" && kept), ...fields });
  if (!next.success) return refusedIssue(next.error);
  if (JSON.stringify(next.data) === JSON.stringify(spec.secretSchema.safeParse(kept).data))
    return refused("This is the present one: enter another.", spec.secretFields[0]);
  return ok(next.data as Record<string, unknown>);
}

const refusedIssue = ({ issues: [issue] }: z.ZodError) =>
  refused(issue?.message ?? "This is not valid.", issue?.path.map(String).join("."));

const placeSchema = z.looseObject({
  host: z.string().catch(""),
  url: z.string().catch(""),
  tunnel: z.object({ use: z.boolean(), host: z.string() }).catch({ use: false, host: "" }),
});
const bucketSchema = z.looseObject({
  endpoint: z.string().catch(""),
  region: z.string().catch(""),
});
const wholeSchema = z.looseObject({
  connection: z.unknown().optional(),
  staging: z.unknown().optional(),
});

const hostIn = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : "");

/** Where the secret at `path` of a login is sent. What goes through a tunnel is in the hands of its SSH server too. */
function targetsOfLogin(kind: string, config: unknown, path: readonly string[]): Target[] {
  const place = placeSchema.safeParse(config);
  if (!place.success || !isTargetKind(kind)) return [];
  const { host, url, tunnel } = place.data;
  const ssh: Target = { kind: "ssh", host: tunnel.host };
  if (path[0] === "tunnel") return [ssh];
  if (path[0] === "secretAccessKey") return [{ kind: "aws", host: "amazonaws.com" }];
  const target: Target = { kind, host: host || hostIn(url) };
  return tunnel.use ? [target, ssh] : [target];
}

/** A bucket's key goes into the statement that the warehouse executes, so that it is sent to both. */
function targetsOfBucket(bucket: unknown, login: Target[]): Target[] {
  const found = bucketSchema.safeParse(bucket);
  const { endpoint, region } = found.success ? found.data : { endpoint: "", region: "" };
  return [{ kind: "s3", host: hostIn(endpoint) || `s3.${region}.amazonaws.com` }, ...login];
}

/** Every place that the secret at `path` is sent to, or passes through, once it is used with this config. */
export function targetsOf(kind: string, config: unknown, path: readonly string[]): Target[] {
  const whole = wholeSchema.safeParse(config);
  if (!whole.success || whole.data.connection === undefined)
    return targetsOfLogin(kind, config, path);
  const { connection, staging } = whole.data;
  if (path[0] === "connection") return targetsOfLogin(kind, connection, path.slice(1));
  return targetsOfBucket(staging, targetsOfLogin(kind, connection, []));
}

const bucketOfMachine = z.looseObject({
  bucket: z.string(),
  accessKeyId: z.literal(""),
  endpoint: z.string().catch(""),
});
const loginOfMachine = z.looseObject({
  iam: z.looseObject({ use: z.literal(true), accessKeyId: z.literal("") }),
});
const AWS_HOST = /(^|\.)amazonaws\.com(\.cn)?$/;

/**
 * Whether a config works with the identity that the machine of Tidegate has at AWS, since no key was entered: `elsewhere`,
 * when requests signed with it would go to a host that isn't AWS's.
 */
export function machineIdentityOf(config: unknown): "none" | "aws" | "elsewhere" {
  const whole = wholeSchema.safeParse(config);
  const parts = whole.success ? [config, whole.data.connection, whole.data.staging] : [config];
  let found: "none" | "aws" = "none";
  for (const part of parts) {
    if (loginOfMachine.safeParse(part).success) found = "aws";
    const bucket = bucketOfMachine.safeParse(part);
    if (!bucket.success) continue;
    if (bucket.data.endpoint !== "" && !AWS_HOST.test(hostIn(bucket.data.endpoint)))
      return "elsewhere";
    found = "aws";
  }
  return found;
}
