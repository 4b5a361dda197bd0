// Everything that can be wrong between us and a warehouse, each against a real server or the sandbox: it is found at
// its own link of the way, in words of its own, with a next step, within 15 seconds.
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import { Worker } from "node:worker_threads";
import forge from "node-forge";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckPart, CheckResult } from "@/lib/connectors/contract";
import { never, openWarehouse, type Warehouse } from "@/lib/testing/sandbox";
import { checkRedshift } from "./checks";
import { stages } from "./client";
import { redshiftConfigSchema, type RedshiftConfig } from "./spec";
import { identifier } from "./sql";

const PASSWORD = "Plumb-Line-77";
const HOST = "127.0.0.1";

// ── Servers ──────────────────────────────────────────────────────────────────

const closers: (() => unknown)[] = [];
afterAll(async () => { for (const close of closers) await close(); });

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((ready) => server.listen(0, HOST, ready));
  closers.push(() => { for (const socket of sockets) socket.destroy(); server.close(); });
  return (server.address() as AddressInfo).port;
}
const serve = (answer: (socket: Socket) => void) => listen(createServer(answer));
/** Says one thing to the first words it hears. */
const answers = (words: string | Buffer) => serve((socket) => socket.once("data", () => socket.write(words)));

/** Takes two connections into its queue and never looks at it: further ones are dropped, as a firewall does. */
async function blackhole(): Promise<number> {
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
     const server = require("node:net").createServer().listen({ port: 0, host: "${HOST}", backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
     });`,
    { eval: true },
  );
  closers.push(() => worker.terminate());
  const port = await new Promise<number>((told) => worker.once("message", told));
  const fillers = [0, 1].map(() => connect(port, HOST));
  for (const socket of fillers) socket.on("error", () => socket.destroy());
  closers.push(() => { for (const socket of fillers) socket.destroy(); });
  await Promise.all(fillers.map((socket) => new Promise<void>((full) => socket.once("connect", full))));
  return port;
}

const closedPort = async () => {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, HOST, ready));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((closed) => server.close(() => closed()));
  return port;
};

// ── The protocol, as far as it goes here ─────────────────────────────────────

const message = (type: string, body: Buffer) => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};
const text = (...values: string[]) => Buffer.concat(values.map((value) => Buffer.from(`${value}\0`)));
const refusal = (code: string, words: string) => message("E", Buffer.concat([text("SFATAL", `C${code}`, `M${words}`), Buffer.from([0])]));
const short = (value: number) => Buffer.from([value >> 8, value & 255]);
const long = (value: number) => Buffer.concat([short(value >>> 16), short(value & 65_535)]);
const accepted = message("R", long(0));
const ready = message("Z", Buffer.from("I"));
const oneText = (value: string) => Buffer.concat([
  message("T", Buffer.concat([short(1), text("version"), long(0), short(0), long(25), short(65_535), long(0), short(0)])),
  message("D", Buffer.concat([short(1), long(value.length), Buffer.from(value)])),
  message("C", text("SELECT 1")), ready,
]);

/** Accepts every login, and answers each statement with its version. */
const postgres = (version: string) => serve((socket) => socket.once("data", () => {
  socket.write(Buffer.concat([accepted, ready]));
  socket.on("data", (chunk) => { if (chunk[0] === "Q".charCodeAt(0)) socket.write(oneText(version)); });
}));

const DAY_MS = 24 * 3600_000;
type Made = { name: string; from?: number; to?: number; ip?: string };

/** A certificate that signs itself, with its key. */
function certificate({ name, from = -1, to = 365, ip = HOST }: Made): { cert: string; key: string } {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  // forge reads PKCS#1 only
  const key = forge.pki.privateKeyFromPem(createPrivateKey(privateKey.export({ type: "pkcs1", format: "pem" })).export({ type: "pkcs1", format: "pem" }).toString());
  const made = forge.pki.createCertificate();
  made.publicKey = forge.pki.setRsaPublicKey(key.n, key.e);
  made.serialNumber = "01";
  made.validity.notBefore = new Date(Date.now() + from * DAY_MS);
  made.validity.notAfter = new Date(Date.now() + to * DAY_MS);
  made.setSubject([{ name: "commonName", value: name }]);
  made.setIssuer([{ name: "commonName", value: name }]);
  made.setExtensions([{ name: "basicConstraints", cA: true }, { name: "subjectAltName", altNames: [{ type: 2, value: name }, ...(ip ? [{ type: 7, ip }] : [])] }]);
  made.sign(key, forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(made), key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

/** Agrees to TLS with a certificate of one's choice, trusted or not. */
async function encrypted(of: Made, trusted: boolean): Promise<Partial<RedshiftConfig>> {
  const made = certificate(of);
  const port = await serve((socket) => socket.once("data", () => {
    socket.write("S");
    new TLSSocket(socket, { isServer: true, ...made }).on("error", () => socket.destroy());
  }));
  return { port, caCertificate: trusted ? made.cert : "" };
}

// ── Faults ───────────────────────────────────────────────────────────────────

let warehouse: Warehouse;
const own: Warehouse[] = [];
beforeAll(async () => { warehouse = await openWarehouse(); });
afterAll(async () => { for (const each of [warehouse, ...own]) await each.drop(); });

/** A warehouse of a fault's own, without `_rudderstack`; the statements follow as a superuser. */
async function prepared(...statements: ((of: Warehouse & { user: string }) => string)[]): Promise<Setting> {
  const made = await openWarehouse({ stateSchema: false });
  own.push(made);
  for (const statement of statements) await made.admin(statement({ ...made, user: identifier(made.config.user) }));
  return { ...made.config, password: made.secret.password };
}
const createState = () => `CREATE SCHEMA "_rudderstack"`;

type Setting = Partial<RedshiftConfig> & { password?: string };
type Fault = {
  fault: string;
  given(): Setting | Promise<Setting>;
  /** Which part of which check finds it. */
  at: string;
  says: RegExp;
  /** The statement to copy. */
  sql?: RegExp;
  /** Another fault that a server doesn't tell apart from this one. */
  sameAs?: string;
};
const plain = (port: number): Setting => ({ port, sslMode: "off" });

const faults: Fault[] = [
  { fault: "bad host text", given: () => ({ host: "my cluster" }), at: "connection name", says: /can't be a host name/ },
  { fault: "a socket file as host", given: () => ({ host: "/var/run/postgresql" }), at: "connection name", says: /can't be a host name/, sameAs: "bad host text" },
  { fault: "a JDBC URL as host", given: () => ({ host: "jdbc:redshift://cluster.example:5439/dev" }), at: "connection name", says: /whole address/ },
  { fault: "a name that doesn't exist", given: () => ({ host: "no-such-host.invalid" }), at: "connection name", says: /no host named|can't be looked up/ }, // which depends on this machine's own DNS
  { fault: "a closed port", given: async () => ({ port: await closedPort() }), at: "connection tcp", says: /refuses the connection/ },
  { fault: "nothing answers", given: async () => ({ port: await blackhole() }), at: "connection tcp", says: /Nothing answers/ },
  { fault: "accepts, then silence", given: async () => ({ port: await serve(() => undefined) }), at: "connection tls", says: /stays silent/ },
  { fault: "accepts, then silence, without TLS", given: async () => plain(await serve(() => undefined)), at: "connection login", says: /stays silent/ },
  { fault: "accepts, then closes", given: async () => ({ port: await serve((socket) => socket.end()) }), at: "connection tls", says: /closes it at once/ },
  { fault: "answers, then never ends the login", given: async () => plain(await answers(message("R", Buffer.concat([long(5), Buffer.from("salt")])))), at: "connection login", says: /didn't finish the login/ },
  { fault: "a web server", given: async () => ({ port: await answers("HTTP/1.1 400 Bad Request\r\n\r\n") }), at: "connection tls", says: /doesn't speak Redshift's protocol/ },
  { fault: "TLS from the first byte", given: async () => ({ port: await listen(createTlsServer(certificate({ name: "web.example" }))) }), at: "connection tls", says: /encryption from the first byte/ },
  { fault: "no TLS offered", given: async () => ({ port: await answers("N") }), at: "connection tls", says: /doesn't offer encryption/ },
  { fault: "TLS required", given: async () => plain(await answers(refusal("28000", 'no pg_hba.conf entry for host "::1", user "x", database "dev", SSL off'))), at: "connection tls", says: /encrypted connections only/ },
  { fault: "a self-signed certificate", given: () => encrypted({ name: "cluster.example" }, false), at: "connection tls", says: /signed by itself alone/ },
  { fault: "an unknown authority", given: () => ({ caCertificate: "" }), at: "connection tls", says: /authority that is trusted/ },
  { fault: "a certificate for another name", given: () => encrypted({ name: "other.example", ip: "" }, true), at: "connection tls", says: /not for the name/ },
  { fault: "an expired certificate", given: () => encrypted({ name: "cluster.example", from: -30, to: -2 }, true), at: "connection tls", says: /has expired/ },
  { fault: "a certificate of tomorrow", given: () => encrypted({ name: "cluster.example", from: 2, to: 30 }, true), at: "connection tls", says: /isn't valid yet/ },
  { fault: "a wrong password", given: () => ({ password: "Wrong1Password" }), at: "connection login", says: /refused the user/, sql: /ALTER USER/ },
  { fault: "an unknown user", given: () => ({ user: "nobody_here" }), at: "connection login", says: /refused the user “nobody_here”/, sql: /ALTER USER/, sameAs: "a wrong password" },
  { fault: "a password hashed in an unknown way", given: async () => plain(await answers(message("R", Buffer.concat([long(13), long(1)])))), at: "connection login", says: /it knows MD5 and SHA-256/, sql: /PASSWORD 'md5/ },
  { fault: "a digest cut short", given: async () => plain(await answers(message("R", Buffer.concat([long(13), long(0), long(99)])))), at: "connection login", says: /doesn't speak Redshift's protocol/, sameAs: "a web server" },
  { fault: "a login by identity provider", given: async () => plain(await answers(message("R", long(14)))), at: "connection login", says: /kind of login that Tidegate doesn't know/ },
  { fault: "no free connection", given: async () => plain(await answers(refusal("53300", "sorry, too many clients already"))), at: "connection login", says: /no free connection/ },
  { fault: "a warehouse that starts", given: async () => plain(await answers(refusal("57P03", "the database system is starting up"))), at: "connection login", says: /starting or stopping/ },
  { fault: "an unknown database", given: () => ({ database: "no_such_db" }), at: "connection database", says: /no database named “no_such_db”/ },
  { fault: "PostgreSQL", given: async () => plain(await postgres("PostgreSQL 18.4 on x86_64")), at: "connection redshift", says: /calls itself PostgreSQL 18\.4/ },
  { fault: "no schema to look into", given: () => prepared(createState, ({ user }) => `GRANT ALL ON SCHEMA "_rudderstack" TO ${user}`, ({ schema, user }) => `REVOKE ALL ON SCHEMA ${identifier(schema)} FROM ${user}`, () => "REVOKE ALL ON SCHEMA public FROM PUBLIC"), at: "schemas use", says: /may look into none/, sql: /GRANT USAGE ON SCHEMA/ },
  { fault: "no _rudderstack", given: () => prepared(), at: "state-schema exists", says: /There is no schema “_rudderstack”/, sql: /^CREATE SCHEMA "_rudderstack";\nGRANT ALL/ },
  { fault: "no USAGE on _rudderstack", given: () => prepared(createState, ({ user }) => `GRANT CREATE ON SCHEMA "_rudderstack" TO ${user}`), at: "state-schema usage", says: /lacks USAGE on/, sql: /^GRANT USAGE ON SCHEMA "_rudderstack" TO "User_[0-9a-f]+";$/ },
  { fault: "no CREATE in _rudderstack", given: () => prepared(createState, ({ user }) => `GRANT USAGE ON SCHEMA "_rudderstack" TO ${user}`), at: "state-schema create", says: /lacks CREATE on/, sql: /^GRANT CREATE ON SCHEMA "_rudderstack" TO "User_[0-9a-f]+";$/ },
  { fault: "no SELECT on an existing table", given: () => prepared(createState, ({ user }) => `GRANT ALL ON SCHEMA "_rudderstack" TO ${user}`, () => `CREATE TABLE "_rudderstack"."old" (value varchar(8))`), at: "state-schema tables", says: /1 of 1 can't be used/, sql: /^GRANT ALL PRIVILEGES ON TABLE "_rudderstack"\."old" TO "User_[0-9a-f]+";$/ },
];

async function check({ password, ...config }: Setting): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for await (const { status, ...told } of checkRedshift({ ...warehouse.config, ...config }, { password: password ?? (config.port ? PASSWORD : warehouse.secret.password) }, never)) if (status !== "running") results.push({ ...told, status });
  return results;
}

const outcomes = new Map<string, string>();

describe.concurrent("each fault is found at its own link", () => {
  test.each(faults)("$fault", async ({ fault, given, at, says, sql, sameAs }) => {
    const setting = await given();
    const results = await check(setting);
    const [checkId = "", partId = ""] = at.split(" ");
    const found = results.find(({ id }) => id === checkId)!;
    const part = found.parts?.find(({ id }) => id === partId);
    const warned = part?.status === "warned";
    expect(part?.status).toBe(warned ? "warned" : "failed");
    const told: Pick<CheckPart, "summary" | "remedy"> = warned ? part : found;
    expect(told.summary).toMatch(says);
    expect(told.summary).not.toMatch(/unknown error|refused a statement/i);
    expect(told.remedy?.text).toMatch(/^[A-Z].+[.:]$/);
    expect(part?.statement).toBeTruthy();
    if (sql) expect(told.remedy?.sql).toMatch(sql);
    for (const { ms } of results) expect(ms ?? 0).toBeLessThan(15_000);
    expect(JSON.stringify(results)).not.toContain(setting.password ?? PASSWORD);
    if (!sameAs) outcomes.set(fault, `${at}: ${told.summary.replaceAll(/:\d+|“[^”]*”|127\.0\.0\.1/g, "…")}`);

    // what lies before it was passed (or wasn't needed), what lies behind says because of what it wasn't run
    if (checkId === "connection") {
      const states = found.parts?.map(({ status }) => status) ?? [];
      const link = stages.findIndex((stage) => stage === partId);
      expect(states).toHaveLength(stages.length);
      expect(states.slice(0, link)).not.toContain("failed");
      expect(new Set(states.slice(link + 1))).toEqual(new Set(link === stages.length - 1 ? [] : ["skipped"]));
      expect(results.slice(1).map(({ status, summary }) => [status, summary])).toEqual([1, 2].map(() => ["skipped", "Not run because “Verifying Connection” failed."]));
    } else expect(results.map(({ id, status }) => [id, status])).toEqual(["connection", "schemas", "state-schema"].map((id) => [id, id === checkId && !warned ? "failed" : "passed"]));
  });
});

test("no two faults look alike", () => {
  expect(outcomes.size).toBe(faults.filter(({ sameAs }) => !sameAs).length);
  expect(new Set(outcomes.values()).size).toBe(outcomes.size);
});

test("the form refuses what can't be a host before anything is tried", () => {
  for (const host of ["", "my cluster", "/var/run/postgresql", "jdbc:redshift://cluster.example:5439/dev", "a,b", "cluster%00"]) {
    expect(redshiftConfigSchema.safeParse({ ...warehouse.config, host }).error?.issues[0]?.message).toMatch(/Enter the host name/);
  }
});
