// A sandbox of its own for one test file, and clients for it.
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import { startSandbox, type Endpoints, type Sandbox } from "../sandbox";

export interface Running {
  readonly endpoints: Endpoints;
  readonly s3: S3Client;
  /** A client that is closed after the tests. */
  login(user?: string, password?: string, database?: string): Promise<pg.Client>;
  put(key: string, body: string | Buffer): Promise<void>;
  get(key: string): Promise<Buffer>;
  keys(prefix: string): Promise<string[]>;
  control(method: string, path: string, body?: unknown): Promise<unknown>;
}

/** Registers start and stop with vitest; the result may be used inside tests. */
export function runningSandbox({ demo = false } = {}): Running {
  const dir = join(tmpdir(), `sandbox-test-${randomUUID()}`);
  const clients: pg.Client[] = [];
  let sandbox: Sandbox | undefined;
  let s3: S3Client | undefined;
  beforeAll(async () => {
    sandbox = await startSandbox({ dir, ports: "free", demo });
    const { endpoint, region, accessKeyId, secretAccessKey } = sandbox.endpoints.s3;
    s3 = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });
  }, 60_000);
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end()));
    await sandbox?.close();
    rmSync(dir, { recursive: true, force: true });
  }, 30_000);
  const running: Running = {
    get endpoints() {
      if (!sandbox) throw new Error("the sandbox is not up yet");
      return sandbox.endpoints;
    },
    get s3() {
      if (!s3) throw new Error("the sandbox is not up yet");
      return s3;
    },
    async login(user, password, other) {
      const { host, port, database, ca, adminUser, adminPassword } = running.endpoints.redshift;
      const client = new pg.Client({
        host,
        port,
        database: other ?? database,
        user: user ?? adminUser,
        password: password ?? adminPassword,
        ssl: { ca },
      });
      client.on("error", () => undefined); // faults drop connections; each test sees it in its query
      await client.connect();
      clients.push(client);
      return client;
    },
    async put(key, body) {
      await running.s3.send(
        new PutObjectCommand({ Bucket: running.endpoints.s3.bucket, Key: key, Body: body }),
      );
    },
    async get(key) {
      const { Body } = await running.s3.send(
        new GetObjectCommand({ Bucket: running.endpoints.s3.bucket, Key: key }),
      );
      if (!Body) throw new Error(`${key} has no body`);
      return Buffer.from(await Body.transformToByteArray());
    },
    async keys(prefix) {
      const listed = await running.s3.send(
        new ListObjectsV2Command({ Bucket: running.endpoints.s3.bucket, Prefix: prefix }),
      );
      return (listed.Contents ?? []).map((object) => object.Key ?? "");
    },
    async control(method, path, body) {
      const { url, token } = running.endpoints.control;
      const response = await fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer: unknown = await response.json();
      if (!response.ok) throw new Error(JSON.stringify(answer));
      return answer;
    },
  };
  return running;
}

/** The error a statement ends with, as "CODE text"; fails when it ends well. */
export async function errorOf(
  client: pg.Client,
  sql: string,
  values: unknown[] = [],
): Promise<string> {
  try {
    await client.query(sql, values);
  } catch (error) {
    if (error instanceof pg.DatabaseError) return `${error.code} ${error.message}`;
    throw error;
  }
  throw new Error(`expected to be refused: ${sql}`);
}
