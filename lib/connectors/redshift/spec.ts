import { z } from "zod";
import { noTunnel, tunnelSchema, tunnelSecretSchema } from "@/lib/connectors/ssh/spec";

export const sslModes = ["verify-full", "require", "off"] as const;

/** Where and as whom to log in to Redshift: the seed's five required settings less the password, TLS, and what lies in between. */
export const redshiftConfigSchema = z.object({
  host: z.string().trim().min(1, "Enter the host name of your Redshift service.").max(255)
    .refine((host) => !/[\s/,%@:]/.test(host) || /^[0-9a-f:]+$/i.test(host), "Enter the host name alone, such as cluster.abc123.eu-central-1.redshift.amazonaws.com. Paste a whole address into “Connection string”."),
  port: z.coerce.number("Enter a port number.").int("Enter a port number.").min(1, "A port is between 1 and 65535.").max(65535, "A port is between 1 and 65535."),
  database: z.string().trim().min(1, "Enter the name of the database.").max(127),
  user: z.string().trim().min(1, "Enter the user that Tidegate logs in as.").max(127),
  sslMode: z.enum(sslModes),
  /** PEM; empty: Amazon's and the system's authorities. */
  caCertificate: z.string().trim().max(65_536)
    .refine((pem) => pem === "" || pem.includes("-----BEGIN CERTIFICATE-----"), "Paste the certificate as PEM text: it begins with -----BEGIN CERTIFICATE-----."),
  tunnel: tunnelSchema.default({ ...noTunnel }),
});
export type RedshiftConfig = z.infer<typeof redshiftConfigSchema>;

export const redshiftSecretSchema = z.object({ password: z.string().min(1, "Enter the password.").max(256), tunnel: tunnelSecretSchema.optional() });
export type RedshiftSecret = z.infer<typeof redshiftSecretSchema>;

export const redshiftDefaults = { host: "", port: 5439, database: "", user: "rudder", sslMode: "verify-full", caCertificate: "", tunnel: noTunnel } as const;

/** The schema that holds the state of each sync. The name is fixed: the seed says it must not be changed. */
export const STATE_SCHEMA = "_rudderstack";

/** A table can be a source only with at least one of these, in the order in which they identify a row by default. */
export const identityColumns = ["user_id", "email", "anonymous_id"] as const;
export const IDENTITY_RULE = "Your table must include one of the following columns - email, user_id, or anonymous_id.";
