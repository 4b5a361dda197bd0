// What the command line and the environment say. Secrets come from the environment or a question, never from arguments.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parseEndpoint } from "@/lib/connectors/redshift/session/endpoint";
import {
  noIam,
  redshiftConfigSchema,
  type RedshiftConfig,
  type RedshiftSecret,
} from "@/lib/connectors/redshift/spec";
import {
  stagingConfigSchema,
  stagingSecretSchema,
  type StagingConfig,
  type StagingSecret,
} from "@/lib/connectors/s3/spec";
import { noTunnel } from "@/lib/connectors/ssh/spec";

export type Login = { config: RedshiftConfig; secret: RedshiftSecret };
export type Staging = { config: StagingConfig; secret: StagingSecret };
export type Settings = {
  login: Login;
  admin: Login | null;
  second: Login | null;
  staging: Staging | null;
  isAsked: boolean;
  /** Steps whose name or shape has one of these words; null: all. */
  only: string[] | null;
  out: string | null;
};

/** How the proof meets the person who runs it. */
export type Terminal = {
  env: Record<string, string | undefined>;
  print(line: string): void;
  ask(question: string): Promise<string>;
  /** Without echo; null where nobody can be asked. */
  askSecret(question: string): Promise<string | null>;
};

/** Settings that can't be used, in words. */
export class SettingsWrong extends Error {}

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;
const options = {
  url: text,
  "admin-url": text,
  "second-url": text,
  ca: text,
  iam: flag,
  bucket: text,
  region: text,
  prefix: text,
  endpoint: text,
  "role-arn": text,
  "access-key-id": text,
  only: { type: "string", multiple: true } as const,
  yes: flag,
  out: text,
};

export async function readSettings(args: string[], terminal: Terminal): Promise<Settings> {
  const { values } = parse(args);
  const caCertificate = values.ca ? readFileSync(values.ca, "utf8") : "";
  const loginOf = async (url: string, variable: string, useIam: boolean): Promise<Login> => {
    const found = parseEndpoint(url);
    if (!found) throw new SettingsWrong("The address of the warehouse can't be read.");
    const { password = "", ...endpoint } = found;
    const parsed = redshiftConfigSchema.safeParse({
      port: 5439,
      sslMode: "verify-full",
      ...endpoint,
      caCertificate,
      tunnel: { ...noTunnel },
      iam: { ...noIam, use: useIam },
    });
    if (!parsed.success) throw new SettingsWrong(issuesOf(parsed.error));
    if (useIam) return { config: parsed.data, secret: { password: "" } };
    const question = `Password of ${parsed.data.user}: `;
    return {
      config: parsed.data,
      secret: { password: password || (await secretOf(terminal, variable, question)) },
    };
  };
  if (!values.url)
    throw new SettingsWrong("Say which warehouse: --url redshift://user@host:5439/database");
  const login = await loginOf(values.url, "TIDEGATE_PROOF_PASSWORD", values.iam);
  const admin = values["admin-url"]
    ? await loginOf(values["admin-url"], "TIDEGATE_PROOF_ADMIN_PASSWORD", false)
    : null;
  const second = values["second-url"]
    ? await loginOf(values["second-url"], "TIDEGATE_PROOF_SECOND_PASSWORD", false)
    : null;
  const staging = await stagingOf(values, terminal);
  return {
    login,
    admin,
    second,
    staging,
    isAsked: !values.yes,
    only: values.only ?? null,
    out: values.out ?? null,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false });
  } catch (error) {
    throw new SettingsWrong(error instanceof Error ? error.message : String(error));
  }
}

async function stagingOf(
  values: ReturnType<typeof parse>["values"],
  terminal: Terminal,
): Promise<Staging | null> {
  if (!values.bucket) return null;
  const accessKeyId = values["access-key-id"] ?? "";
  const config = stagingConfigSchema.safeParse({
    bucket: values.bucket,
    prefix: values.prefix ?? "tidegate",
    region: values.region ?? "",
    endpoint: values.endpoint ?? "",
    access: values["role-arn"] ? "role" : "keys",
    roleArn: values["role-arn"] ?? "",
    accessKeyId,
  });
  if (!config.success) throw new SettingsWrong(issuesOf(config.error));
  const secretAccessKey =
    accessKeyId === ""
      ? ""
      : await secretOf(terminal, "TIDEGATE_PROOF_SECRET_KEY", `Secret key of ${accessKeyId}: `);
  const secret = stagingSecretSchema.safeParse({ secretAccessKey });
  if (!secret.success) throw new SettingsWrong(issuesOf(secret.error));
  return { config: config.data, secret: secret.data };
}

async function secretOf(terminal: Terminal, variable: string, question: string): Promise<string> {
  const found = terminal.env[variable] || (await terminal.askSecret(question));
  if (!found) throw new SettingsWrong(`A secret is missing: set ${variable}.`);
  return found;
}

const issuesOf = ({ issues }: { issues: { message: string }[] }): string =>
  issues.map(({ message }) => message).join(" ");
