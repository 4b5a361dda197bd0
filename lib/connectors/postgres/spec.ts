import { z } from "zod";

const name = (what: string) =>
  z
    .string()
    .trim()
    .max(63, `The name of a ${what} has at most 63 characters.`)
    .refine(
      (text) => new TextEncoder().encode(text).length <= 63 && !text.includes("\0"),
      `The name of a ${what} has at most 63 bytes.`,
    );

/** Where and as whom to log in to PostgreSQL. */
export const postgresConfigSchema = z.object({
  host: z
    .string()
    .trim()
    .min(1, "Enter the host name of your PostgreSQL.")
    .max(255)
    .regex(/^[^\s/,%@]+$/, "Enter the host name alone, such as db.example.com."),
  port: z.coerce
    .number("Enter a port number.")
    .int("Enter a port number.")
    .min(1, "A port is between 1 and 65535.")
    .max(65535, "A port is between 1 and 65535."),
  database: z.string().trim().min(1, "Enter the name of the database.").max(63),
  user: z.string().trim().min(1, "Enter the user that Tidegate logs in as.").max(63),
  sslMode: z.enum(["verify-full", "require", "off"]),
  /** PEM; empty: the system's authorities. */
  caCertificate: z
    .string()
    .trim()
    .max(65_536)
    .refine(
      (pem) => pem === "" || pem.includes("-----BEGIN CERTIFICATE-----"),
      "Paste the certificate as PEM text: it begins with -----BEGIN CERTIFICATE-----.",
    ),
});
export type PostgresConfig = z.infer<typeof postgresConfigSchema>;

/** `otherPassword`: while a password is rotated, the one that comes or the one that went; tried where the first is refused. */
export const postgresSecretSchema = z.object({
  password: z.string().min(1, "Enter the password.").max(256),
  otherPassword: z.string().min(1).max(256).optional(),
});
export type PostgresSecret = z.infer<typeof postgresSecretSchema>;

export const postgresDefaults = {
  host: "",
  port: 5432,
  database: "",
  user: "",
  sslMode: "verify-full",
  caCertificate: "",
} as const;

/** Where a destination puts its rows. Names are kept as they are entered: PostgreSQL tells capitals apart. */
export const postgresTargetSchema = z.object({
  targetSchema: name("schema").min(1, "Enter the schema that the table is, or will be, in."),
  /** Empty: the source's table. */
  targetTable: name("table"),
});
export const postgresTargetDefaults = { targetSchema: "public", targetTable: "" } as const;

/** A PostgreSQL destination: how to log in, and where rows go. */
export const postgresDestinationConfigSchema = z.object({
  connection: postgresConfigSchema,
  tables: postgresTargetSchema,
});
export type PostgresDestinationConfig = z.infer<typeof postgresDestinationConfigSchema>;
export const postgresDestinationSecretSchema = z.object({ connection: postgresSecretSchema });
export type PostgresDestinationSecret = z.infer<typeof postgresDestinationSecretSchema>;
