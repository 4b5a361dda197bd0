import { z } from "zod";
import {
  stagingConfigSchema,
  stagingDefaults,
  stagingSecretSchema,
} from "@/lib/connectors/s3/spec";
import { noTunnel, tunnelSchema, tunnelSecretSchema } from "@/lib/connectors/ssh/spec";

export const sslModes = ["verify-full", "require", "off"] as const;

/** Instead of a password: AWS hands out one for 15 minutes, to whoever its IAM lets (GetClusterCredentials, GetCredentials). */
const iamSchema = z.object({
  use: z.boolean(),
  /** Where the host is no endpoint that tells it, as behind a name of one's own: the cluster or workgroup, and its region. */
  of: z.enum(["cluster", "workgroup"]),
  name: z
    .string()
    .trim()
    .max(128)
    .regex(/^[A-Za-z0-9-]*$/, "The name has letters, digits and hyphens only."),
  region: z
    .string()
    .trim()
    .toLowerCase()
    .regex(/^([a-z]{2}(-[a-z]+)+-\d)?$/, "Enter the region, such as eu-central-1."),
  /** Empty: the identity that Tidegate's own machine has. */
  accessKeyId: z
    .string()
    .trim()
    .max(128)
    .regex(/^[A-Za-z0-9]*$/, "An access key id has letters and digits only."),
});
export const noIam = { use: false, of: "cluster", name: "", region: "", accessKeyId: "" } as const;

/** Where and as whom to log in to Redshift: the seed's five required settings less the password, TLS, and what lies in between. */
export const redshiftConfigSchema = z.object({
  host: z
    .string()
    .trim()
    .min(1, "Enter the host name of your Redshift service.")
    .max(255)
    .refine(
      (host) => !/[\s/,%@:]/.test(host) || /^[0-9a-f:]+$/i.test(host),
      "Enter the host name alone, such as cluster.abc123.eu-central-1.redshift.amazonaws.com. Paste a whole address into “Connection string”.",
    ),
  port: z.coerce
    .number("Enter a port number.")
    .int("Enter a port number.")
    .min(1, "A port is between 1 and 65535.")
    .max(65535, "A port is between 1 and 65535."),
  database: z.string().trim().min(1, "Enter the name of the database.").max(127),
  user: z.string().trim().min(1, "Enter the user that Tidegate logs in as.").max(127),
  sslMode: z.enum(sslModes),
  /** PEM; empty: Amazon's and the system's authorities. */
  caCertificate: z
    .string()
    .trim()
    .max(65_536)
    .refine(
      (pem) => pem === "" || pem.includes("-----BEGIN CERTIFICATE-----"),
      "Paste the certificate as PEM text: it begins with -----BEGIN CERTIFICATE-----.",
    ),
  tunnel: tunnelSchema.default({ ...noTunnel }),
  iam: iamSchema.default({ ...noIam }),
});
export type RedshiftConfig = z.infer<typeof redshiftConfigSchema>;

/** `password` is empty with IAM, and `secretAccessKey` is IAM's. `otherPassword`: while a password is rotated, the one that comes or the one that went; tried where the first is refused. */
export const redshiftSecretSchema = z.object({
  password: z.string().max(256),
  otherPassword: z.string().min(1).max(256).optional(),
  secretAccessKey: z.string().max(256).optional(),
  tunnel: tunnelSecretSchema.optional(),
});
export type RedshiftSecret = z.infer<typeof redshiftSecretSchema>;

export const redshiftDefaults = {
  host: "",
  port: 5439,
  database: "",
  user: "rudder",
  sslMode: "verify-full",
  caCertificate: "",
  tunnel: noTunnel,
  iam: noIam,
} as const;

/** The schema that holds the state of each sync. The name is fixed: the seed says it must not be changed. */
export const STATE_SCHEMA = "_rudderstack";

/** A table can be a source only with at least one of these, in the order in which they identify a row by default. */
export const identityColumns = ["user_id", "email", "anonymous_id"] as const;
export const IDENTITY_RULE =
  "Your table must include one of the following columns - email, user_id, or anonymous_id.";

// ── As a destination ─────────────────────────────────────────────────────────

const name = (what: string) =>
  z
    .string()
    .trim()
    .max(127, `The name of a ${what} has at most 127 characters.`)
    .refine(
      (text) => new TextEncoder().encode(text).length <= 127,
      `The name of a ${what} has at most 127 bytes.`,
    )
    .refine((text) => !text.includes("\0"), "A name holds no zero byte.");

/** What becomes of rows in Redshift: where they go, in which batches, and what happens to those that don't fit. */
export const loadOptionsSchema = z.object({
  /** Folded as Redshift folds the names of schemas, tables and columns: ASCII letters alone. */
  targetSchema: name("schema")
    .min(1, "Enter the schema that the table is, or will be, in.")
    .overwrite((text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())),
  /** Empty: the source's table. */
  targetTable: name("table"),
  /** A batch is committed after so many minutes or rows, whichever is first. */
  batchMinutes: z.coerce
    .number("Enter a number of minutes.")
    .int("Enter whole minutes.")
    .min(1, "A batch takes at least a minute.")
    .max(1_440, "A batch takes at most a day."),
  batchRows: z.coerce
    .number("Enter a number of rows.")
    .int("Enter a whole number.")
    .min(1_000, "A batch has at least 1,000 rows: each costs a transaction.")
    .max(100_000_000, "A batch has at most 100,000,000 rows."),
  /** A text that is longer than its column: the row is rejected, the text is cut and counted, or the column is made longer. */
  overflow: z.enum(["reject", "cut", "widen"]),
  /** A row that COPY refuses: recorded as rejected, or the end of the run. */
  badRows: z.enum(["reject", "fail"]),
  /** The table isn't as the last load left it: every row is loaded again, or the run stops and says so. */
  onTargetChange: z.enum(["reload", "stop"]).default("reload"),
  /** Of a table that Tidegate makes. */
  distribution: z.enum(["auto", "key", "even", "all"]),
  sortKey: z.enum(["auto", "key"]),
});
export type LoadOptions = z.infer<typeof loadOptionsSchema>;

export const loadDefaults = {
  targetSchema: "",
  targetTable: "",
  batchMinutes: 15,
  batchRows: 1_000_000,
  overflow: "reject",
  badRows: "reject",
  onTargetChange: "reload",
  distribution: "auto",
  sortKey: "auto",
} as const;

/** A Redshift destination: how to log in, where files lie on their way, and what becomes of them. */
export const redshiftDestinationConfigSchema = z.object({
  connection: redshiftConfigSchema,
  staging: stagingConfigSchema,
  tables: loadOptionsSchema,
});
export type RedshiftDestinationConfig = z.infer<typeof redshiftDestinationConfigSchema>;
export const redshiftDestinationSecretSchema = z.object({
  connection: redshiftSecretSchema,
  staging: stagingSecretSchema,
});
export type RedshiftDestinationSecret = z.infer<typeof redshiftDestinationSecretSchema>;

/** The bucket through which large change sets leave a source: from so many rows on by UNLOAD, below by pages. */
export const unloadConfigSchema = z.intersection(
  stagingConfigSchema,
  z.object({
    fromRows: z.coerce
      .number("Enter a number of rows.")
      .int("Enter a whole number.")
      .min(1, "At least one row.")
      .max(1_000_000_000, "At most 1,000,000,000 rows."),
  }),
);
export type UnloadConfig = z.infer<typeof unloadConfigSchema>;
export const unloadDefaults = { ...stagingDefaults, fromRows: 100_000 } as const;

/** What each type of a source becomes in a table that Tidegate makes. */
export const redshiftTypes = [
  { from: "smallint, integer, bigint", to: "the same" },
  { from: "numeric(p,s)", to: "numeric(p,s)" },
  { from: "real, double precision", to: "the same" },
  { from: "boolean", to: "boolean" },
  { from: "char(n), varchar(n)", to: "the same, n in bytes" },
  { from: "date, time, timetz", to: "the same" },
  { from: "timestamp, timestamptz", to: "the same, to the microsecond" },
  { from: "super", to: "super" },
  { from: "varbyte(n)", to: "varbyte(n)" },
  { from: "geometry, geography", to: "the same" },
  { from: "interval", to: "varchar(65535)" },
] as const;

/** What each type of a PostgreSQL becomes in Redshift, after AWS's own table for federated queries. */
export const postgresTypes = [
  { from: "smallint, smallserial", to: "smallint" },
  { from: "integer, serial", to: "integer" },
  { from: "bigint, bigserial, oid", to: "bigint" },
  { from: "numeric(p,s), p up to 38", to: "numeric(p,s)" },
  { from: "numeric, or p beyond 38", to: "numeric(38,s), s up to 37; 18 where none is given" },
  { from: "real, double precision", to: "the same" },
  { from: "boolean", to: "boolean" },
  { from: "date", to: "date" },
  { from: "time, timetz, interval", to: "varchar(64)" },
  { from: "timestamp, timestamptz", to: "the same" },
  { from: "char(n), varchar(n)", to: "varchar(4n): n characters may have four bytes each" },
  { from: "json, jsonb", to: "super" },
  { from: "money", to: "varchar(64)" },
  {
    from: "text, uuid, xml, bytea, bit, inet, arrays, enums, ranges and all others",
    to: "varchar(65535)",
  },
] as const;

/** A Redshift table has at most this many columns (AWS, CREATE TABLE). */
export const MAX_COLUMNS = 1_600;
/** A change set has up to six columns of its own beside the selected ones: seq, row_key, message_id, op, mark, cursor_at. */
export const MAX_SELECTED_COLUMNS = MAX_COLUMNS - 6;
export const tooManyColumns = (selected: number): string =>
  `${selected.toLocaleString("en")} columns are selected. A sync can have at most ${MAX_SELECTED_COLUMNS.toLocaleString("en")}: a table in Redshift has at most ${MAX_COLUMNS.toLocaleString("en")}, and the list of changes needs six of its own.`;
