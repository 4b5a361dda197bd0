// A warehouse of one's own in the sandbox: database, user and schema, granted by the permission script.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import {
  openRedshift,
  type RedshiftSession,
  type Rows,
} from "@/lib/connectors/redshift/session/client";
import { closeIdleSessions } from "@/lib/connectors/redshift/session/sessions";
import { noIam, type RedshiftConfig, type RedshiftSecret } from "@/lib/connectors/redshift/spec";
import {
  loadingGrants,
  readingGrants,
  stateSchemaGrants,
} from "@/lib/connectors/redshift/checks/permissions";
import { identifier } from "@/lib/connectors/redshift/quote";
import { openBucket, type Bucket } from "@/lib/connectors/s3/client";
import type { StagingConfig, StagingSecret } from "@/lib/connectors/s3/spec";
import { realDelay } from "@/lib/connectors/retry";
import { noTunnel } from "@/lib/connectors/ssh/spec";

const endpointsSchema = z.object({
  redshift: z.object({
    host: z.string(),
    port: z.number(),
    database: z.string(),
    ca: z.string(),
    adminUser: z.string(),
    adminPassword: z.string(),
  }),
  s3: z.object({
    endpoint: z.string(),
    region: z.string(),
    accessKeyId: z.string(),
    secretAccessKey: z.string(),
    bucket: z.string(),
    roleArn: z.string(),
  }),
  events: z.object({ url: z.string(), listUrl: z.string() }),
  control: z.object({ url: z.string(), token: z.string() }),
});

/** The test run's setup starts the sandbox and says here where it is. */
export function sandboxEndpoints(): z.infer<typeof endpointsSchema> {
  const path = process.env.TIDEGATE_SANDBOX_ENDPOINTS;
  if (!path) throw new Error("TIDEGATE_SANDBOX_ENDPOINTS must name the sandbox's endpoints.json.");
  return endpointsSchema.parse(JSON.parse(readFileSync(path, "utf8")));
}

export const never = new AbortController().signal;

export type Warehouse = {
  config: RedshiftConfig;
  secret: RedshiftSecret;
  schema: string;
  /** As a superuser, in the same database. */
  admin(sql: string): Promise<Rows>;
  drop(): Promise<void>;
};

/** What kind of warehouse the sandbox plays, and how its transactions are isolated. */
export type WarehouseModes = {
  mode?: "provisioned" | "single-node" | "serverless";
  isolation?: "snapshot" | "serializable";
};
/** Each kind of warehouse and each isolation once. */
export const warehouseModes: Required<WarehouseModes>[] = [
  { mode: "provisioned", isolation: "snapshot" },
  { mode: "single-node", isolation: "serializable" },
  { mode: "serverless", isolation: "snapshot" },
];

/** `stateSchema: false` leaves `_rudderstack` out. */
export async function openWarehouse({
  stateSchema = true,
  ...modes
}: { stateSchema?: boolean } & WarehouseModes = {}): Promise<Warehouse> {
  const { redshift } = sandboxEndpoints();
  const id = randomBytes(6).toString("hex");
  const [database, user, schema, password] = [
    `db_${id}`,
    `User_${id}`,
    `shop_${id}`,
    `Pw1${randomBytes(12).toString("hex")}`,
  ];
  const base = {
    host: redshift.host,
    port: redshift.port,
    sslMode: "verify-full" as const,
    caCertificate: redshift.ca,
    tunnel: { ...noTunnel },
    iam: { ...noIam },
  };
  const asAdmin = (inDatabase: string) =>
    openRedshift(
      { ...base, database: inDatabase, user: redshift.adminUser },
      { password: redshift.adminPassword },
      { statementTimeoutMs: 60_000 },
      never,
    );
  const cluster = await asAdmin(redshift.database);
  await cluster.query(`CREATE USER ${identifier(user)} WITH PASSWORD '${password}'`, never);
  await cluster.query(`CREATE DATABASE ${identifier(database)}`, never);
  if (modes.mode || modes.isolation)
    await control("PUT", `/redshift/modes?database=${database}`, modes);
  const session: RedshiftSession = await asAdmin(database);
  const admin = (sql: string) => session.query(sql, never);
  const grants = stateSchemaGrants(user);
  if (stateSchema)
    for (const sql of [grants.create, grants.schema, grants.tables]) await admin(sql);
  await admin(`CREATE SCHEMA ${identifier(schema)}`);
  const reading = readingGrants(schema, user);
  for (const sql of [reading.usage, reading.futureTables([])]) await admin(sql);
  return {
    config: { ...base, database, user },
    secret: { password },
    schema,
    admin,
    drop: async () => {
      await closeIdleSessions();
      await session.close();
      await cluster.query(`DROP DATABASE ${identifier(database)}`, never);
      await cluster.query(`DROP USER ${identifier(user)}`, never);
      await cluster.close();
    },
  };
}

async function control(method: string, path: string, body?: unknown): Promise<unknown> {
  const { url, token } = sandboxEndpoints().control;
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok)
    throw new Error(`The sandbox refused ${method} ${path}: ${await response.text()}`);
  return response.json();
}

const statementsSchema = z.array(z.object({ id: z.number(), user: z.string(), sql: z.string() }));

/** What a user ran in the warehouse after a statement, oldest first. */
export async function statementsOf(
  user: string,
  after = 0,
): Promise<z.infer<typeof statementsSchema>> {
  const found: z.infer<typeof statementsSchema> = [];
  for (let last = after; ;) {
    const page = statementsSchema.parse(await control("GET", `/statements?after=${last}`));
    if (page.length === 0) return found.filter((statement) => statement.user === user);
    found.push(...page);
    last = page.at(-1)?.id ?? last;
  }
}

export type SandboxFault = {
  match: string;
  times?: number;
  probability?: number;
  delayMs?: number;
  error?: { code: string; message: string; detail?: string };
  drop?: "before" | "after";
};

/** Replaces the sandbox's faults for one user: other tests run beside, as others. */
export const setFaults = (user: string, faults: SandboxFault[]): Promise<unknown> =>
  control(
    "PUT",
    `/redshift/faults?user=${encodeURIComponent(user)}`,
    faults.map((fault) => ({ ...fault, user })),
  );

/** The sandbox's bucket under a prefix of one's own, read by COPY as the sandbox's role. */
export function openStaging(prefix = `tests/${randomBytes(6).toString("hex")}`): {
  config: StagingConfig;
  secret: StagingSecret;
  bucket: Bucket;
} {
  const { s3 } = sandboxEndpoints();
  const config: StagingConfig = {
    bucket: s3.bucket,
    prefix,
    region: s3.region,
    endpoint: s3.endpoint,
    access: "role",
    roleArn: s3.roleArn,
    accessKeyId: s3.accessKeyId,
  };
  const secret = { secretAccessKey: s3.secretAccessKey };
  return { config, secret, bucket: openBucket(config, secret, realDelay) };
}

/** What the setup script of a destination grants, for the warehouse's own user. */
export async function grantLoading({ config, schema, admin }: Warehouse): Promise<void> {
  const { createOnDatabase, temporary, createSchema, usage, createInSchema } = loadingGrants(
    config.database,
    schema,
    config.user,
  );
  for (const sql of [createOnDatabase, temporary, createSchema, usage, createInSchema])
    await admin(sql);
}

export type S3Deny = { action: string; identity?: string; prefix?: string };
/** Replaces the sandbox's refusals; name the prefix, since other tests run beside. */
export const denyS3 = (rules: S3Deny[]): Promise<unknown> => control("PUT", "/s3/deny", rules);

export type EventFault = {
  writeKey: string;
  times?: number;
  probability?: number;
  delayMs?: number;
  status?: number;
  retryAfter?: string;
  answer?: string;
  gzip?: boolean;
  drop?: "before" | "after";
  contains?: string;
};
/** Replaces the event receiver's faults; name the write key, since other tests run beside. */
export const setEventFaults = (faults: EventFault[]): Promise<unknown> =>
  control("PUT", "/events/faults", faults);

const eventPageSchema = z.object({
  next: z.number(),
  events: z.array(z.object({ writeKey: z.string(), event: z.record(z.string(), z.unknown()) })),
});

/** Every event that the receiver took under a write key, in order of arrival; redelivered ones as often as they came. */
export async function receivedEvents(writeKey: string): Promise<Record<string, unknown>[]> {
  const { listUrl } = sandboxEndpoints().events;
  const found: Record<string, unknown>[] = [];
  for (let after = 0; ;) {
    const { next, events } = eventPageSchema.parse(
      await (await fetch(`${listUrl}?after=${after}&limit=5000`)).json(),
    );
    if (events.length === 0) return found;
    found.push(...events.filter((entry) => entry.writeKey === writeKey).map(({ event }) => event));
    after = next;
  }
}

/** A SUPER whose JSON has so many bytes, as an expression: no text of Redshift's has more than 65,535, and so no literal. */
export function longJson(bytes: number): string {
  const frame = '["",""]'.length;
  const first = Math.floor((bytes - frame) / 2);
  const strings = [first, bytes - frame - first].map(
    (length) => `JSON_PARSE('["' || REPEAT('x', ${length}) || '"]')`,
  );
  return `ARRAY_CONCAT(${strings.join(", ")})`;
}
