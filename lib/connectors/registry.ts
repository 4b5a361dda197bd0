// kind → connector, loaded when first needed: a page that lists sources doesn't load the driver of a warehouse.
import { resolveReferences } from "@/lib/platform/secret-reference";
import type { Login } from "@/lib/connectors/contract/checks";
import type { DestinationConnector } from "@/lib/connectors/contract/destination";
import type { SourceConnector } from "@/lib/connectors/contract/source";
import {
  postgresConfigSchema,
  postgresDestinationConfigSchema,
  postgresDestinationSecretSchema,
  postgresSecretSchema,
} from "./postgres/spec";
import {
  redshiftConfigSchema,
  redshiftDestinationConfigSchema,
  redshiftDestinationSecretSchema,
  redshiftSecretSchema,
  unloadConfigSchema,
} from "./redshift/spec";
import { stagingSecretSchema } from "./s3/spec";
import { trackingApiConfigSchema, trackingApiSecretSchema } from "./tracking-api/spec";
import { webhookConfigSchema, webhookSecretSchema } from "./webhook/spec";

type Open<T> = (config: unknown, secret: unknown) => Promise<T>;
/** What a source has of its own beside its login: the bucket through which large change sets leave. */
export type Unload = { config: unknown; secret: unknown };

const sources: Record<
  string,
  (config: unknown, secret: unknown, unload?: Unload) => Promise<SourceConnector>
> = {
  redshift: async (config, secret, unload) =>
    (await import("./redshift/source")).redshiftSource(
      redshiftConfigSchema.parse(config),
      redshiftSecretSchema.parse(secret),
      undefined,
      undefined,
      unload && {
        config: unloadConfigSchema.parse(unload.config),
        secret: stagingSecretSchema.parse(unload.secret),
      },
    ),
};

const destinations: Record<string, Open<DestinationConnector>> = {
  postgres: async (config, secret) =>
    (await import("./postgres/destination")).postgresDestination(
      postgresDestinationConfigSchema.parse(config),
      postgresDestinationSecretSchema.parse(secret),
    ),
  redshift: async (config, secret) =>
    (await import("./redshift/destination")).redshiftDestination(
      redshiftDestinationConfigSchema.parse(config),
      redshiftDestinationSecretSchema.parse(secret),
    ),
  "tracking-api": async (config, secret) =>
    (await import("./tracking-api/destination")).trackingApiDestination(
      trackingApiConfigSchema.parse(config),
      trackingApiSecretSchema.parse(secret),
    ),
  webhook: async (config, secret) =>
    (await import("./webhook/destination")).webhookDestination(
      webhookConfigSchema.parse(config),
      webhookSecretSchema.parse(secret),
    ),
};

const logins: Record<string, Open<Login>> = {
  postgres: async (config, secret) =>
    (await import("./postgres/login")).postgresLogin(
      postgresConfigSchema.parse(config),
      postgresSecretSchema.parse(secret),
    ),
  redshift: async (config, secret) =>
    (await import("./redshift/session/saved-login")).redshiftLogin(
      redshiftConfigSchema.parse(config),
      redshiftSecretSchema.parse(secret),
    ),
  "tracking-api": (config, secret) => receiverLogin("tracking-api", config, secret),
  webhook: (config, secret) => receiverLogin("webhook", config, secret),
};

/** A receiver of events is its login. */
async function receiverLogin(kind: string, config: unknown, secret: unknown): Promise<Login> {
  const receiver = await destinationConnector(kind, config, secret);
  return {
    check: async function* (signal) {
      try {
        yield* receiver.check(signal);
      } finally {
        await receiver.close();
      }
    },
  };
}

async function open<T>(
  of: Record<string, (config: unknown, secret: unknown, unload?: Unload) => Promise<T>>,
  role: string,
  kind: string,
  config: unknown,
  secret: unknown,
  unload?: Unload,
): Promise<T> {
  const connector = Object.hasOwn(of, kind) ? of[kind] : undefined;
  if (!connector) throw new Error(`There is no ${role} of the kind “${kind}”.`);
  return connector(config, resolveReferences(secret), unload);
}

/**
 * The source of a kind. Throws a ZodError when `config` or `secret` isn't what the kind's schema asks for, and a
 * user-fixable SyncError when a reference in the secret can't be read.
 */
export const sourceConnector = (
  kind: string,
  config: unknown,
  secret: unknown,
  unload?: Unload,
): Promise<SourceConnector> => open(sources, "source", kind, config, secret, unload);

/** The destination of a kind; `close` it after use. Throws like `sourceConnector`. */
export const destinationConnector = (
  kind: string,
  config: unknown,
  secret: unknown,
): Promise<DestinationConnector> => open(destinations, "destination", kind, config, secret);

/** Credentials of a kind by themselves. Throws like `sourceConnector`. */
export const login = (kind: string, config: unknown, secret: unknown): Promise<Login> =>
  open(logins, "login", kind, config, secret);
