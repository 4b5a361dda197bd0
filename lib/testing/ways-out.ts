// Every way out of Tidegate, and the spellings by which somebody would lead one to a place it may not go.
import dns, { type LookupAddress } from "node:dns";
import { createServer as createHttpServer } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { createServer, type AddressInfo, type Server } from "node:net";
import { openReceiver } from "@/lib/connectors/http/client";
import { openPostgres } from "@/lib/connectors/postgres/client";
import { postgresConfigSchema, postgresDefaults } from "@/lib/connectors/postgres/spec";
import { openRedshift } from "@/lib/connectors/redshift/session/client";
import { redshiftConfigSchema, redshiftDefaults } from "@/lib/connectors/redshift/spec";
import { openBucket } from "@/lib/connectors/s3/client";
import { stagingConfigSchema, stagingDefaults } from "@/lib/connectors/s3/spec";
import { trackingApiConfigSchema } from "@/lib/connectors/tracking-api/spec";
import { SyncError } from "@/lib/platform/errors";
import { spelledAddress } from "@/lib/platform/network/rules";

/** Names that the resolver below answers for, as a DNS in the hands of an attacker would. */
const evilNames: Record<string, string[]> = {
  "private.attacker.example": ["10.1.2.3"],
  "loopback.attacker.example": ["127.0.0.1"],
  "loopback6.attacker.example": ["::1"],
  "metadata.attacker.example": ["169.254.169.254"],
  "mapped.attacker.example": ["::ffff:127.0.0.1"],
  "several.attacker.example": ["10.1.2.3", "127.0.0.1", "::1"],
  "zero.attacker.example": ["0.0.0.0"],
  "nat64.attacker.example": ["64:ff9b::7f00:1"],
  "xn--lager-kva.attacker.example": ["127.0.0.1"],
};

/** At least forty; `isLocal` where an SSH server may not be led there either. */
export const spellings: { host: string; isLocal?: true }[] = [
  ...[
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "a.localhost",
    "127.255.255.254",
    "0.0.0.0",
    "0",
    "0x0",
    "::1",
    "::",
    "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "0:0:0:0:0:ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "::1%lo",
    "fe80::1%eth0",
    "fe80::1",
    "169.254.169.254",
    "169.254.170.2",
    "2852039166",
    "0xa9fea9fe",
    "::ffff:169.254.169.254",
    "fd00:ec2::254",
    "168.63.129.16",
    "100.100.100.200",
    "metadata.google.internal",
    "METADATA.GOOGLE.INTERNAL.",
    "metadata.goog",
    "１２７.０.０.１",
    "127。0。0。1",
    "①②⑦.0.0.1",
    "ⓛocalhost",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
    "240.0.0.1",
    "192.0.2.1",
    "198.51.100.7",
    "203.0.113.9",
    "2001:db8::1",
    "198.18.0.1",
    "5f00::1",
  ].map((host) => ({ host, isLocal: true as const })),
  ...[
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "fc00::1",
    "fdff::1",
    "fec0::1",
    "167772161",
    "0xa000001",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    ...Object.keys(evilNames),
    "LOOPBACK.attacker.example",
    "lagerß.attacker.example",
  ].map((host) => ({ host })),
  ...[
    "/var/run/postgresql",
    "/tmp",
    "127.0.0.1,127.0.0.1",
    "127.0.0.1%00",
    "127.0.0.1%00.example.com",
    "example.com@127.0.0.1",
    "user:password@127.0.0.1",
    "127.0.0.1#.example.com",
    "127.0.0.1\\.example.com",
    "127.0.0.1\n",
    "127.0.0.1\t.example.com",
    "http://127.0.0.1",
    "[::1]",
    "127.0.0.1:5439/dev",
    "127.0.0.1?x=",
    "example.com 127.0.0.1",
  ].map((host) => ({ host, isLocal: true as const })),
];

export const ports = [
  "0",
  "65536",
  "-1",
  "5439; x",
  "5439 OR 1",
  "22",
  "25",
  "80",
  "6379",
  "11211",
  "1e4",
  "0x16",
  "",
  "NaN",
];

const never = new AbortController().signal;
const noDelay = async () => undefined;
const LIMIT_MS = 5_000;

/** Not accepted by the form, refused by the guard with its code, or what else came of it. */
export type Outcome = "form" | "guard" | (string & {});
const read = (error: unknown): Outcome =>
  error instanceof SyncError &&
  ["NETWORK_REFUSED", "HOST_UNREADABLE", "HOST_IS_ADDRESS", "TUNNEL_HOST_UNREADABLE"].includes(
    error.detail.code ?? "",
  )
    ? "guard"
    : `${error instanceof SyncError ? error.detail.code : "thrown"}: ${String(error)}`;
const attempt = (work: () => Promise<unknown>): Promise<Outcome> =>
  work().then(() => "connected", read);
const url = (host: string, port: string | number): string =>
  `http://${/^[0-9a-f:.%]*:[0-9a-f:.%]*$/i.test(host) ? `[${host}]` : host}:${port}`;

const redshift = (host: string, port: unknown, tunnel: object = redshiftDefaults.tunnel) =>
  redshiftConfigSchema.safeParse({
    ...redshiftDefaults,
    host,
    port,
    database: "d",
    sslMode: "off",
    tunnel,
  });
const tunnelSecret = { privateKey: "", passphrase: "", password: "p" };

/** Each takes host and port as somebody would enter them: through the form's schema, then through the connector. */
export const waysOut: Record<string, (host: string, port: string | number) => Promise<Outcome>> = {
  Redshift: async (host, port) => {
    const config = redshift(host, port);
    return config.success
      ? attempt(() =>
          openRedshift(config.data, { password: "p" }, { statementTimeoutMs: LIMIT_MS }, never),
        )
      : "form";
  },
  PostgreSQL: async (host, port) => {
    const config = postgresConfigSchema.safeParse({
      ...postgresDefaults,
      host,
      port,
      database: "d",
      user: "u",
      sslMode: "off",
    });
    return config.success
      ? attempt(() => openPostgres(config.data, { password: "p" }, never))
      : "form";
  },
  "SSH server": async (host, port) => {
    const config = redshift("warehouse.example", 5439, {
      use: true,
      host,
      port,
      user: "u",
      hostKey: "",
    });
    return config.success
      ? attempt(() =>
          openRedshift(
            config.data,
            { password: "p", tunnel: tunnelSecret },
            { statementTimeoutMs: LIMIT_MS, onFirstHostKey: () => undefined },
            never,
          ),
        )
      : "form";
  },
  Bucket: async (host, port) => {
    const config = stagingConfigSchema.safeParse({
      ...stagingDefaults,
      bucket: "bucket",
      region: "us-east-1",
      endpoint: url(host, port),
      access: "keys",
      accessKeyId: "AKIA",
    });
    if (!config.success) return "form";
    const bucket = openBucket(config.data, { secretAccessKey: "s" }, noDelay);
    return attempt(() =>
      bucket.put("probe", new Uint8Array(1), AbortSignal.timeout(LIMIT_MS)),
    ).finally(() => bucket.close());
  },
  Receiver: async (host, port) => {
    const config = trackingApiConfigSchema.safeParse({ url: url(host, port) });
    if (!config.success) return "form";
    const target = new URL(config.data.url);
    const receiver = openReceiver(target.origin, { headers: {}, secrets: [], connections: 1 });
    return attempt(() =>
      receiver.send("POST", target, "{}", AbortSignal.timeout(LIMIT_MS)),
    ).finally(() => receiver.close());
  },
  fetch: async (host, port) => {
    if (!URL.canParse(url(host, port)) || new URL(url(host, port)).username !== "") return "form";
    return fetch(url(host, port), { signal: AbortSignal.timeout(LIMIT_MS) }).then(
      () => "connected",
      (error: unknown) => {
        const cause = error instanceof Error ? error.cause : undefined;
        const code =
          typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
        return code === "NETWORK_REFUSED" ||
          (cause instanceof Error && cause.message === "bad port")
          ? "guard"
          : `${String(error)} ${String(cause)}`;
      },
    );
  },
};

/** Everything that a person is told of a refused warehouse. */
export async function toldOfRefusal(host: string, port: number): Promise<string> {
  const error: unknown = await openRedshift(
    { ...redshiftDefaults, host, port, database: "d" },
    { password: "p" },
    { statementTimeoutMs: LIMIT_MS },
    never,
  ).catch((refused: unknown) => refused);
  return error instanceof SyncError
    ? JSON.stringify([error.message, error.fault, error.detail])
    : String(error);
}

/** What an SSH server, which may itself be reached, would be asked to connect to. */
export async function behindTunnel(
  host: string,
  port: string | number,
  server: { port: number },
): Promise<Outcome> {
  const config = redshift(host, port, {
    use: true,
    host: "127.0.0.2",
    port: server.port,
    user: "u",
    hostKey: "",
  });
  return config.success
    ? attempt(() =>
        openRedshift(
          config.data,
          { password: "p", tunnel: tunnelSecret },
          { statementTimeoutMs: LIMIT_MS, onFirstHostKey: () => undefined },
          never,
        ),
      )
    : "form";
}

/**
 * Replaces the resolver of this process by one in the hands of an attacker: every name that it doesn't know leads to
 * this machine. `also` answers differently each time it is asked. Gives back how to undo it.
 */
export function poisonResolver(also: Record<string, string[][]> = {}): () => void {
  const original = dns.lookup;
  const left = new Map(Object.entries(also).map(([name, answers]) => [name, [...answers]]));
  const fake = (
    host: string,
    options: { all?: boolean },
    callback: (error: Error | null, found: LookupAddress[] | string, family?: number) => void,
  ): void => {
    const answers = left.get(host);
    const fixed = evilNames[host] ?? [spelledAddress(host) ?? "127.0.0.1"];
    const next = answers && answers.length > 1 ? answers.shift() : answers?.[0];
    const answer = answers ? next : fixed;
    const found = (answer ?? []).map((address) => ({
      address,
      family: address.includes(":") ? 6 : 4,
    }));
    process.nextTick(() =>
      options.all
        ? callback(null, found)
        : callback(null, found[0]?.address ?? "", found[0]?.family),
    );
  };
  dns.lookup = fake as unknown as typeof dns.lookup;
  syncBuiltinESMExports();
  return () => {
    dns.lookup = original;
    syncBuiltinESMExports();
  };
}

export type Canary = { port: number; connections(): number; close(): Promise<void> };

const listening = async (server: Server, host: string): Promise<Canary> => {
  let connections = 0;
  server.on("connection", (socket) => {
    connections += 1;
    socket.on("error", () => socket.destroy());
    if (!(server instanceof Object && "requestTimeout" in server)) socket.destroy();
  });
  await new Promise<void>((ready) => server.listen(0, host, ready));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    close: () => new Promise((closed) => server.close(() => closed())),
  };
};

/** On every address of this machine: whoever connects, by whatever name, is counted. */
export const startCanary = (host = "::"): Promise<Canary> => listening(createServer(), host);

/** Sends whoever asks to another place. */
export const startRedirector = (host: string, to: string): Promise<Canary> =>
  listening(
    createHttpServer((request, response) => {
      request.resume();
      response.writeHead(307, { location: to, connection: "close" }).end();
    }),
    host,
  );
