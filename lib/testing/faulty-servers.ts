// Servers that are wrong in one way each, and enough of the wire protocol to be so.
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { Worker } from "node:worker_threads";
import forge from "node-forge";

const HOST = "127.0.0.1";

export const message = (type: string, body: Buffer) => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};
const text = (...values: string[]) =>
  Buffer.concat(values.map((value) => Buffer.from(`${value}\0`)));
export const refusal = (code: string, words: string) =>
  message("E", Buffer.concat([text("SFATAL", `C${code}`, `M${words}`), Buffer.from([0])]));
const short = (value: number) => Buffer.from([value >> 8, value & 255]);
export const long = (value: number) => Buffer.concat([short(value >>> 16), short(value & 65_535)]);
const accepted = message("R", long(0));
const ready = message("Z", Buffer.from("I"));
const oneText = (value: string) =>
  Buffer.concat([
    message(
      "T",
      Buffer.concat([
        short(1),
        text("version"),
        long(0),
        short(0),
        long(25),
        short(65_535),
        long(0),
        short(0),
      ]),
    ),
    message("D", Buffer.concat([short(1), long(value.length), Buffer.from(value)])),
    message("C", text("SELECT 1")),
    ready,
  ]);

const DAY_MS = 24 * 3600_000;
export type Made = { name: string; from?: number; to?: number; ip?: string };

/** A certificate that signs itself, with its key. */
export function certificate({ name, from = -1, to = 365, ip = HOST }: Made): {
  cert: string;
  key: string;
} {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  // forge reads PKCS#1 only
  const key = forge.pki.privateKeyFromPem(
    createPrivateKey(privateKey.export({ type: "pkcs1", format: "pem" }))
      .export({ type: "pkcs1", format: "pem" })
      .toString(),
  );
  const made = forge.pki.createCertificate();
  made.publicKey = forge.pki.setRsaPublicKey(key.n, key.e);
  made.serialNumber = "01";
  made.validity.notBefore = new Date(Date.now() + from * DAY_MS);
  made.validity.notAfter = new Date(Date.now() + to * DAY_MS);
  made.setSubject([{ name: "commonName", value: name }]);
  made.setIssuer([{ name: "commonName", value: name }]);
  made.setExtensions([
    { name: "basicConstraints", cA: true },
    {
      name: "subjectAltName",
      altNames: [{ type: 2, value: name }, ...(ip ? [{ type: 7, ip }] : [])],
    },
  ]);
  made.sign(key, forge.md.sha256.create());
  return {
    cert: forge.pki.certificateToPem(made),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** Each gives the port that it listens on. */
export class FaultyServers {
  private readonly closers: (() => unknown)[] = [];

  async close(): Promise<void> {
    for (const close of this.closers.splice(0)) await close();
  }

  async listen(server: Server): Promise<number> {
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
    });
    await new Promise<void>((ready) => server.listen(0, HOST, ready));
    this.closers.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }

  serve(answer: (socket: Socket) => void): Promise<number> {
    return this.listen(createServer(answer));
  }

  /** Says one thing to the first words it hears. */
  answers(words: string | Buffer): Promise<number> {
    return this.serve((socket) => socket.once("data", () => socket.write(words)));
  }

  /** Takes two connections into its queue and never looks at it: further ones are dropped, as a firewall does. */
  async blackhole(): Promise<number> {
    const worker = new Worker(
      `const { parentPort } = require("node:worker_threads");
       const server = require("node:net").createServer().listen({ port: 0, host: "${HOST}", backlog: 1 }, () => {
         parentPort.postMessage(server.address().port);
         Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
       });`,
      { eval: true },
    );
    this.closers.push(() => worker.terminate());
    const port = await new Promise<number>((told) => worker.once("message", told));
    const fillers = [0, 1].map(() => connect(port, HOST));
    for (const socket of fillers) socket.on("error", () => socket.destroy());
    this.closers.push(() => {
      for (const socket of fillers) socket.destroy();
    });
    await Promise.all(
      fillers.map((socket) => new Promise<void>((full) => socket.once("connect", full))),
    );
    return port;
  }

  /** Nothing listens there. */
  async closedPort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((ready) => server.listen(0, HOST, ready));
    const { port } = server.address() as AddressInfo;
    await new Promise<void>((closed) => server.close(() => closed()));
    return port;
  }

  /** Accepts every login, and answers each statement with its version. */
  postgres(version: string): Promise<number> {
    return this.serve((socket) =>
      socket.once("data", () => {
        socket.write(Buffer.concat([accepted, ready]));
        socket.on("data", (chunk) => {
          if (chunk[0] === "Q".charCodeAt(0)) socket.write(oneText(version));
        });
      }),
    );
  }

  /** Agrees to TLS with a certificate of one's choice. */
  encrypted(made: { cert: string; key: string }): Promise<number> {
    return this.serve((socket) =>
      socket.once("data", () => {
        socket.write("S");
        new TLSSocket(socket, { isServer: true, ...made }).on("error", () => socket.destroy());
      }),
    );
  }
}
