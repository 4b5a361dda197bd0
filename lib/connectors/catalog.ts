// What can be connected, for forms and actions; isomorphic. The code that connects is behind registry.ts.
import type { z } from "zod";
import {
  postgresConfigSchema,
  postgresDefaults,
  postgresSecretSchema,
  postgresTargetDefaults,
  postgresTargetSchema,
} from "./postgres/spec";
import {
  loadDefaults,
  loadOptionsSchema,
  redshiftConfigSchema,
  redshiftDefaults,
  redshiftSecretSchema,
} from "./redshift/spec";
import {
  trackingApiConfigSchema,
  trackingApiDefaults,
  trackingApiSecretSchema,
} from "./tracking-api/spec";
import { webhookConfigSchema, webhookDefaults, webhookSecretSchema } from "./webhook/spec";

type ConnectorRole = "source" | "destination";

export type ConnectorKind = {
  id: string;
  title: string;
  description: string;
  roles: readonly ConnectorRole[];
  /** Heading of the catalogue under which its card stands. */
  group: string;
  /** Where it is a destination: what it takes, and what its card says beside its title. */
  destination?: {
    takes: "events" | "rows";
    group: string;
    description: string;
    /** The steps of its wizard between its name and the end, in order. */
    steps: readonly ("connection" | "staging" | "verify" | "tables")[];
    /**
     * Where its rows go, which is the destination's own, and is asked for beside the login: its credentials are a login
     * that others may share. Absent: the credentials are all there is.
     */
    target?: { schema: z.ZodObject; defaults: Readonly<Record<string, unknown>> };
    /** Id and title of each check of its verification, in order. */ checks: readonly (readonly [
      string,
      string,
    ])[];
  };
  /** Of its saved credentials. */
  configSchema: z.ZodType;
  secretSchema: z.ZodType;
  /** Names of the fields of `secretSchema`: sealed at once, and never sent to a browser. */
  secretFields: readonly string[];
  /** Its secret is the password of a user in a database, which may change it by itself or by a script. */
  isPasswordOfUser?: boolean;
  /** What an empty form begins with. */
  defaults: Readonly<Record<string, unknown>>;
};

const eventChecks = [
  ["reachable", "Reaching the destination"],
  ["accepts-event", "Test event accepted"],
] as const;
const loadingChecks = [
  ["connection", "Connection"],
  ["database-create", "CREATE on database"],
  ["database-temporary", "TEMPORARY on database"],
  ["schema-usage", "USAGE on schema"],
  ["schema-create", "CREATE on schema"],
  ["s3-write", "Write to S3"],
  ["copy", "COPY from S3"],
  ["upsert", "Upsert"],
  ["clean-up", "Clean up"],
] as const;

export const connectorKinds: Readonly<Record<string, ConnectorKind>> = {
  redshift: {
    id: "redshift",
    title: "Redshift",
    description: "Rows of an Amazon Redshift table or view become identify events.",
    roles: ["source", "destination"],
    group: "Warehouse Sources",
    destination: {
      takes: "rows",
      steps: ["connection", "staging", "verify", "tables"],
      target: { schema: loadOptionsSchema.pick({ targetSchema: true }), defaults: loadDefaults },
      group: "Warehouse Destinations",
      description:
        "Rows land in a table as the exact current state of each key, through S3 and COPY.",
      checks: loadingChecks,
    },
    configSchema: redshiftConfigSchema,
    secretSchema: redshiftSecretSchema,
    secretFields: ["password"],
    isPasswordOfUser: true,
    defaults: redshiftDefaults,
  },
  "tracking-api": {
    id: "tracking-api",
    title: "Tracking API",
    description: "A RudderStack data plane, or anything that speaks Segment's HTTP API.",
    roles: ["destination"],
    group: "Event Destinations",
    destination: {
      takes: "events",
      group: "Event Destinations",
      description: "A RudderStack data plane, or anything that speaks Segment's HTTP API.",
      steps: ["connection", "verify"],
      checks: eventChecks,
    },
    configSchema: trackingApiConfigSchema,
    secretSchema: trackingApiSecretSchema,
    secretFields: ["writeKey"],
    defaults: trackingApiDefaults,
  },
  postgres: {
    id: "postgres",
    title: "PostgreSQL",
    description: "Rows land in a table of your own PostgreSQL.",
    roles: ["destination"],
    group: "Warehouse Destinations",
    destination: {
      takes: "rows",
      group: "Warehouse Destinations",
      description: "Rows land in a table of your own PostgreSQL.",
      steps: ["connection", "verify"],
      target: { schema: postgresTargetSchema, defaults: postgresTargetDefaults },
      checks: [
        ["connection", "Connection"],
        ["upsert", "Upsert"],
      ],
    },
    configSchema: postgresConfigSchema,
    secretSchema: postgresSecretSchema,
    secretFields: ["password"],
    isPasswordOfUser: true,
    defaults: postgresDefaults,
  },
  webhook: {
    id: "webhook",
    title: "Webhook",
    description: "An HTTP endpoint of your own.",
    roles: ["destination"],
    group: "Event Destinations",
    destination: {
      takes: "events",
      group: "Event Destinations",
      description: "An HTTP endpoint of your own.",
      steps: ["connection", "verify"],
      checks: eventChecks,
    },
    configSchema: webhookConfigSchema,
    secretSchema: webhookSecretSchema,
    secretFields: ["headerValue"],
    defaults: webhookDefaults,
  },
};
