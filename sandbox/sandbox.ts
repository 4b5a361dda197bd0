// The whole sandbox: PostgreSQL, Redshift's proxy, S3, the event receiver and the control API.
import { join, resolve } from "node:path";
import { pino, type Logger } from "pino";
import { startEmbeddedPostgres } from "../scripts/embedded-postgres";
import { startControl } from "./control";
import { ensureDemo } from "./demo";
import { EventReceiver } from "./events";
import type { Mode } from "./redshift/modes";
import { RedshiftServer } from "./redshift/server";
import { postgresSettings } from "./redshift/setup";
import { S3Server } from "./s3/server";
import { choosePorts, loadSecrets, writePrivately } from "./state";

export interface SandboxOptions {
  /** Where it keeps its data. */
  dir: string;
  /** stable: the same ports at every start; free: any. */
  ports: "stable" | "free";
  /** False leaves the demo schema out. */
  demo?: boolean;
  /** What its databases pretend to belong to; the control API changes it for one of them. */
  mode?: Mode;
  log?: Logger;
  /** Told of the slow steps of a first start, in plain words. */
  progress?: (line: string) => void;
}

export interface Endpoints {
  redshift: {
    host: string;
    port: number;
    database: string;
    ssl: boolean;
    ca: string;
    adminUser: string;
    adminPassword: string;
  };
  s3: {
    endpoint: string;
    region: string;
    accessKeyId: string;
    secretAccessKey: string;
    bucket: string;
    roleArn: string;
  };
  events: { url: string; listUrl: string };
  demo: { schema: string; table: string; user: string; password: string };
  control: { url: string; token: string };
}

export interface Sandbox {
  endpoints: Endpoints;
  close(): Promise<void>;
  /** Called once when PostgreSQL ends by itself. */
  onFailure(callback: (message: string) => void): void;
}

const database = "dev";
const region = "us-east-1";
const bucket = "tidegate-sandbox";
const roleArn = "arn:aws:iam::123456789012:role/TidegateSandbox";

/** Starts everything and writes `endpoints.json`. Whatever was started is closed again when a later part fails. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const dir = resolve(options.dir);
  const log = options.log ?? pino({ level: "warn" }, pino.destination(2));
  const progress = options.progress ?? (() => undefined);
  const secrets = await loadSecrets(dir);
  const ports = await choosePorts(dir, options.ports);
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const postgres = await startEmbeddedPostgres({
      dataDir: join(dir, "postgres"),
      port: ports.postgres,
      password: secrets.postgresPassword,
      settings: postgresSettings(),
    });
    closers.push(() => postgres.stop());

    const s3 = await S3Server.start({
      dir: join(dir, "s3"),
      port: ports.s3,
      region,
      bucket,
      log,
      keys: new Map([
        [secrets.accessKeyId, { secret: secrets.secretAccessKey, identity: secrets.accessKeyId }],
        [secrets.roleAccessKeyId, { secret: secrets.roleSecretAccessKey, identity: "role" }],
      ]),
    });
    closers.push(() => s3.close());

    const redshift = await RedshiftServer.start(
      {
        postgres,
        database,
        mode: options.mode ?? "provisioned",
        admin: { user: "admin", password: secrets.adminPassword },
        certificates: secrets.certificates,
        s3: {
          endpoint: `http://127.0.0.1:${ports.s3}`,
          region,
          roles: new Map([
            [
              roleArn,
              {
                accessKeyId: secrets.roleAccessKeyId,
                secretAccessKey: secrets.roleSecretAccessKey,
              },
            ],
          ]),
        },
        log,
      },
      ports.redshift,
    );
    closers.push(() => redshift.close());

    const events = await EventReceiver.start(join(dir, "events.ndjson"), ports.events);
    closers.push(() => events.close());

    const control = await startControl(
      { redshift, s3, events },
      secrets.controlToken,
      ports.control,
    );
    closers.push(async () => {
      const closed = new Promise<void>((done) => control.close(() => done()));
      control.closeAllConnections();
      await closed;
    });

    const endpoints: Endpoints = {
      redshift: {
        host: "127.0.0.1",
        port: ports.redshift,
        database,
        ssl: true,
        ca: secrets.certificates.ca,
        adminUser: "admin",
        adminPassword: secrets.adminPassword,
      },
      s3: {
        endpoint: `http://127.0.0.1:${ports.s3}`,
        region,
        accessKeyId: secrets.accessKeyId,
        secretAccessKey: secrets.secretAccessKey,
        bucket,
        roleArn,
      },
      events: {
        url: `http://127.0.0.1:${ports.events}`,
        listUrl: `http://127.0.0.1:${ports.events}/events`,
      },
      demo: { schema: "demo", table: "people", user: "rudder", password: secrets.demoPassword },
      control: { url: `http://127.0.0.1:${ports.control}`, token: secrets.controlToken },
    };
    if (options.demo !== false) await ensureDemo(dir, endpoints, progress);
    await writePrivately(join(dir, "endpoints.json"), JSON.stringify(endpoints, null, 2));
    return { endpoints, close, onFailure: (callback) => postgres.onExit(callback) };
  } catch (error) {
    await close();
    throw error;
  }
}
