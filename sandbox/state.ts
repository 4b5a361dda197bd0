// What a sandbox keeps from start to start: passwords, keys and certificates, and its ports.
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { makeCertificates } from "./redshift/tls";

const secretsSchema = z.strictObject({
  postgresPassword: z.string(),
  adminPassword: z.string(),
  demoPassword: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  /** Keys of the session that COPY and UNLOAD get for the IAM role. */
  roleAccessKeyId: z.string(),
  roleSecretAccessKey: z.string(),
  controlToken: z.string(),
  certificates: z.strictObject({ ca: z.string(), cert: z.string(), key: z.string() }),
});
export type Secrets = z.infer<typeof secretsSchema>;

const portsSchema = z.strictObject({
  redshift: z.number(),
  s3: z.number(),
  events: z.number(),
  control: z.number(),
  postgres: z.number(),
});
export type Ports = z.infer<typeof portsSchema>;

/** A reason to stop that the user should read as it is. */
export class StartError extends Error {}

/** Writes a file whole or not at all, readable by its owner only. */
export async function writePrivately(path: string, text: string): Promise<void> {
  const half = `${path}.${process.pid}`;
  await writeFile(half, text, { mode: 0o600 });
  await rename(half, path);
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new StartError(
      `${path} cannot be read: ${String(error)}. Delete the sandbox's folder to begin anew.`,
    );
  }
}

/** Fits Redshift's password rule: upper and lower case, a digit, no character it forbids. */
const password = (): string => `Sb1${randomBytes(18).toString("base64url")}`;

export async function loadSecrets(dir: string): Promise<Secrets> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, "secrets.json");
  const known = await readJson(path);
  if (known !== undefined) return secretsSchema.parse(known);
  const made: Secrets = {
    postgresPassword: password(),
    adminPassword: password(),
    demoPassword: password(),
    accessKeyId: `AKIA${randomBytes(10).toString("hex").toUpperCase().slice(0, 16)}`,
    secretAccessKey: randomBytes(30).toString("base64").replaceAll("=", ""),
    roleAccessKeyId: `ASIA${randomBytes(10).toString("hex").toUpperCase().slice(0, 16)}`,
    roleSecretAccessKey: randomBytes(30).toString("base64").replaceAll("=", ""),
    controlToken: randomBytes(24).toString("base64url"),
    certificates: makeCertificates(),
  };
  await writePrivately(path, JSON.stringify(made, null, 2));
  return made;
}

/** The port if it is free, else undefined; 0 asks for any. */
function free(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(undefined));
    probe.listen(port, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : undefined));
    });
  });
}

const preferred = { redshift: 5439, s3: 5440, events: 5441, control: 5442, postgres: 5443 };

/** Stable ports are chosen once and kept; free ones are new at every start. */
export async function choosePorts(dir: string, kind: "stable" | "free"): Promise<Ports> {
  const path = join(dir, "ports.json");
  if (kind === "stable") {
    const known = await readJson(path);
    if (known !== undefined) {
      const ports = portsSchema.parse(known);
      for (const [name, port] of Object.entries(ports))
        if ((await free(port)) === undefined)
          throw new StartError(
            `Port ${port}, which this sandbox uses for ${name}, is taken by another program (perhaps another sandbox of the same folder). Stop it, or delete ${path} to choose new ports.`,
          );
      return ports;
    }
  }
  const taken = new Set<number>();
  const ports: Record<string, number> = {};
  for (const [name, wish] of Object.entries(preferred)) {
    let port = kind === "stable" ? await free(wish) : undefined;
    while (port === undefined || taken.has(port)) port = await free(0);
    taken.add(port);
    ports[name] = port;
  }
  const chosen = portsSchema.parse(ports);
  if (kind === "stable") await writePrivately(path, JSON.stringify(chosen));
  return chosen;
}
