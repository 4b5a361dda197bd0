// What the steps share: who logs in as whom, what the proof's own things are called, and what has to be removed again.
import { randomBytes, randomUUID } from "node:crypto";
import type { TableDestination } from "@/lib/connectors/contract/rows";
import type { RedshiftSource } from "@/lib/connectors/redshift/source";
import {
  openRedshift,
  type RedshiftSession,
  type Rows,
} from "@/lib/connectors/redshift/session/client";
import { redshiftDestination } from "@/lib/connectors/redshift/destination";
import { identifier } from "@/lib/connectors/redshift/quote";
import { redshiftSource } from "@/lib/connectors/redshift/source";
import { loadDefaults, type LoadOptions } from "@/lib/connectors/redshift/spec";
import { realDelay } from "@/lib/connectors/retry";
import { Skipped } from "./step";
import type { Login, Settings, Staging } from "./settings";

const STATEMENT_MS = 10 * 60_000;
const LIMITS = { lookMs: 60_000, countMs: 120_000, dryRunMs: 300_000 };

export type World = {
  settings: Settings;
  /** Ends with Ctrl-C. */
  signal: AbortSignal;
  /** The beginning of every name that the proof makes. */
  name: string;
  /** Holds the proof's tables. */
  schema: string;
  /** Into which rows are loaded. */
  targetSchema: string;
  /** Who makes the proof's schemas and tables: the superuser where one is given. */
  owner: Login;
  isSuperuser: boolean;
  /** The state schema was missing: it is the proof's to remove. */
  madeStateSchema: boolean;
  /** Connections whose tables are to be removed. */
  connections: string[];
  /** Users that were made. */
  users: string[];
  /** Statements that remove what belongs to no schema, in reverse order. */
  undo: string[];
  /** Everything that must stand in no report. */
  secrets: string[];
  /** One statement as the owner. */
  asOwner(sql: string): Promise<Rows>;
  open(login: Login): Promise<RedshiftSession>;
  source(): RedshiftSource;
  /** Skips the step where no bucket is given. */
  staging(): Staging;
  unloadingSource(): RedshiftSource;
  destination(options: Partial<LoadOptions>): TableDestination;
  newConnection(): string;
  /** A name of the proof's own, quoted, with its schema. */
  in(table: string): string;
  close(): Promise<void>;
};

export function openWorld(settings: Settings, signal: AbortSignal): World {
  const name = `tidegate_proof_${randomBytes(4).toString("hex")}`;
  const owner = settings.admin ?? settings.login;
  const { config, secret } = settings.login;
  const hide = [settings.staging?.secret.secretAccessKey ?? ""].filter(Boolean);
  const open = (login: Login) =>
    openRedshift(login.config, login.secret, { statementTimeoutMs: STATEMENT_MS, hide }, signal);
  let kept: RedshiftSession | undefined;
  const staging = (): Staging => {
    if (!settings.staging) throw new Skipped("No bucket was given.");
    const { config: bucket, secret: keys } = settings.staging;
    const prefix = [bucket.prefix, name].filter(Boolean).join("/");
    return { config: { ...bucket, prefix }, secret: keys };
  };
  const world: World = {
    settings,
    signal,
    name,
    schema: name,
    targetSchema: `${name}_target`,
    owner,
    isSuperuser: false,
    madeStateSchema: false,
    connections: [],
    users: [],
    undo: [],
    secrets: secretsIn(settings),
    asOwner: async (sql) => {
      kept ??= await open(owner);
      try {
        return await kept.query(sql, signal);
      } catch (error) {
        // whatever broke it must not break the next step
        await kept.close().catch(() => undefined);
        kept = undefined;
        throw error;
      }
    },
    open,
    source: () => redshiftSource(config, secret, realDelay, LIMITS),
    staging,
    unloadingSource: () => {
      const { config: bucket, secret: keys } = staging();
      const unload = { config: { ...bucket, fromRows: 1 }, secret: keys };
      return redshiftSource(config, secret, realDelay, LIMITS, unload);
    },
    destination: (options) => {
      const { config: bucket, secret: keys } = staging();
      const tables = { ...loadDefaults, targetSchema: world.targetSchema, ...options };
      return redshiftDestination(
        { connection: config, staging: bucket, tables },
        { connection: secret, staging: keys },
      );
    },
    newConnection: () => {
      const id = randomUUID();
      world.connections.push(id);
      return id;
    },
    in: (table) => `${identifier(world.schema)}.${identifier(table)}`,
    close: async () => {
      await kept?.close().catch(() => undefined);
      kept = undefined;
    },
  };
  return world;
}

const secretsIn = ({ login, admin, second, staging }: Settings): string[] =>
  [
    login.secret.password,
    admin?.secret.password,
    second?.secret.password,
    staging?.secret.secretAccessKey,
    staging?.config.accessKeyId,
  ].filter((secret) => secret !== undefined && secret !== "") as string[];
