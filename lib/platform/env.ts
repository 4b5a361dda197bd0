// The settings: read from the environment once, here and nowhere else. `.env.example` documents each.
import { z } from "zod";
import { parseAllowed, type Allowed } from "./network/rules";
import { parseReferenceRule, targetKinds, type ReferenceRule } from "./reference-rules";

const flag = z.enum(["on", "off"], "must be on or off");
const key = z
  .string()
  .regex(
    /^[A-Za-z0-9+/]{43}=$/,
    "must be 32 random bytes in base64 (openssl rand -base64 32 prints one)",
  );

/** Keys of the ring, by commas or lines. */
export const encryptionKeysSchema = z
  .string()
  .transform((text) =>
    text
      .split(/[,\n]/)
      .map((part) => part.trim())
      .filter(Boolean),
  )
  .pipe(z.array(key).min(1, "is missing"));

/** A list that is half understood would be a hole, or a wall: one entry that can't be read refuses the whole. */
const networks = z.string().transform((text, context): Allowed[] =>
  text
    .split(/[\s,]+/)
    .filter(Boolean)
    .flatMap((entry) => {
      const allowed = parseAllowed(entry);
      if (!allowed)
        context.addIssue({
          code: "custom",
          message: `“${entry}” is not an address, a range such as 10.0.0.0/8, or a host name, with a port or ports behind a colon if you like`,
        });
      return allowed ?? [];
    }),
);

const references = z.string().transform((text, context): ReferenceRule[] =>
  text
    .split(/[;\n]/)
    .filter((entry) => entry.trim() !== "" && entry.trim() !== "none")
    .flatMap((entry) => {
      const rule = parseReferenceRule(entry);
      if (!rule)
        context.addIssue({
          code: "custom",
          message: `“${entry.trim()}” is not a rule such as team-id = env:WAREHOUSE_*, file:/etc/team/* to redshift@*.example.com, ssh. Each reference has to say where it may be sent (${targetKinds.join(", ")})`,
        });
      return rule ?? [];
    }),
);

export const envSchema = z.object({
  NODE_ENV: z.enum(["development", "production", "test"]).default("development"),
  /** Where the web server listens. */
  PORT: z.coerce
    .number("must be a port")
    .int("must be a port")
    .min(0, "must be a port")
    .max(65535, "must be a port between 0 and 65535")
    .default(3000),
  /** The address the web server listens on: this machine alone unless it says otherwise. */
  BIND_HOST: z.string().min(1).default("127.0.0.1"),
  /** Where the embedded services keep their data. */
  DATA_DIR: z.string().min(1).default(".data"),
  /** A PostgreSQL of one's own; without it an embedded one is started. */
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, "must begin with postgresql://")
    .optional(),
  /** The local stand-in for Redshift, S3 and an event receiver. */
  SANDBOX: flag.optional(),
  /** Seals every secret. The first key seals, all of them open: `new,old` while rotating. */
  ENCRYPTION_KEY: encryptionKeysSchema.optional(),
  /** The same as a file, one key a line, which is read again whenever it has changed. */
  ENCRYPTION_KEY_FILE: z.string().min(1).optional(),
  /** The address under which people reach Tidegate. */
  BASE_URL: z
    .url({
      protocol: /^https?$/,
      error: "must be a whole address that begins with http:// or https://",
    })
    .optional(),
  /** How long what a rejected row was to be sent as is kept, sealed; 0 keeps none. */
  REJECTED_PAYLOAD_DAYS: z.coerce
    .number("must be a number of days")
    .int("must be a whole number of days")
    .min(0, "must be 0 or more days")
    .default(30),
  /** How long a run waits for a warehouse that is away before it fails. */
  WAREHOUSE_WAIT_HOURS: z.coerce
    .number("must be a number of hours")
    .min(0, "must be 0 or more hours")
    .default(24),
  /** Private networks, hosts and ports that connections may be made to: `10.0.0.0/8:5439, warehouse.internal`. */
  NETWORK_ALLOW: networks.default([]),
  /** Which team may refer to which secret (`env:NAME`, `file:/path`) and where that is sent; nothing without it. */
  SECRET_REFERENCES: references.default([]),
  /** Teams (ids) that may use the identity that this machine has at AWS; `on`: the only team there is. */
  MACHINE_IDENTITY: z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter((part) => part !== "" && part !== "off"))
    .default([]),
  /** How long the audit log is kept; 0 keeps all of it. The database itself refuses to forget younger entries than thirty days. */
  AUDIT_DAYS: z.coerce
    .number("must be a number of days")
    .int("must be a whole number of days")
    .refine((days) => days === 0 || days >= 30, "must be 30 or more days, or 0 to keep everything")
    .default(365),
  /** Whether a proxy in front tells who asks, and how: without it X-Forwarded-* is anybody's word, and not believed. */
  TRUSTED_PROXY: flag.default("off"),
  /** An OpenID provider with which members sign in. */
  OIDC_ISSUER: z
    .url({ protocol: /^https?$/, error: "must be the whole address of the issuer" })
    .optional(),
  OIDC_CLIENT_ID: z.string().min(1).optional(),
  OIDC_CLIENT_SECRET: z.string().min(1).optional(),
  /** How its button is named: “Continue with …”. */
  OIDC_NAME: z.string().min(1).max(60).default("single sign-on"),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});
export type Env = z.infer<typeof envSchema>;

/** Settings that can't be used: one sentence for each, for the person who set them. */
export class SettingsError extends Error {}

/** One sentence for every setting that is wrong; empty strings count as not set. */
export function parseEnv(source: Record<string, string | undefined>): Env {
  const set = Object.fromEntries(
    Object.entries(source).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = envSchema.safeParse(set);
  if (parsed.success && parsed.data.ENCRYPTION_KEY && parsed.data.ENCRYPTION_KEY_FILE)
    throw new SettingsError("Set ENCRYPTION_KEY or ENCRYPTION_KEY_FILE, not both.");
  if (
    parsed.success &&
    [parsed.data.OIDC_ISSUER, parsed.data.OIDC_CLIENT_ID, parsed.data.OIDC_CLIENT_SECRET].filter(
      Boolean,
    ).length %
      3 !==
      0
  )
    throw new SettingsError(
      "OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET belong together: set all three, or none.",
    );
  if (parsed.success) return parsed.data;
  throw new SettingsError(
    parsed.error.issues
      .map(
        ({ path, message }) =>
          `The setting ${path[0] === undefined ? "" : String(path[0])} is wrong: ${message}.`,
      )
      .join("\n"),
  );
}

let parsed: Env | undefined;

/** The settings of this process. Read lazily, so that `next build` needs none. */
export const env = (): Env => (parsed ??= parseEnv(process.env));

/** A variable of the environment that is no setting: secret-reference.ts alone asks, for what the operator allows. */
export const environmentVariable = (name: string): string | undefined => process.env[name];

/** For the log alone, which is made before anything else is known: a wrong level is named by `env()` a moment later. */
export const logLevel = (): Env["LOG_LEVEL"] =>
  envSchema.shape.LOG_LEVEL.catch("info").parse(process.env.LOG_LEVEL);

/** What the web server and the worker can't do without; the launcher provides it for the embedded default. */
export function databaseUrl(): string {
  const value = env().DATABASE_URL;
  if (value === undefined)
    throw new SettingsError(
      "DATABASE_URL is not set. Name your PostgreSQL, or use `npm start`, which starts an embedded one.",
    );
  return value;
}
