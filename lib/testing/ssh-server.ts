// An SSH server of one's own on loopback, with a host key and a login of its own, that forwards as it is told.
import { createHash } from "node:crypto";
import { connect, type AddressInfo, type Socket } from "node:net";
import ssh2, { type AuthContext } from "ssh2";
import type { TunnelConfig, TunnelSecret } from "@/lib/connectors/ssh/spec";

export type SshServer = {
  port: number;
  /** As OpenSSH writes it. */
  hostKey: string;
  /** What a client enters to log in with the key; the host key isn't pinned. */
  tunnel: TunnelConfig;
  secret: TunnelSecret;
  password: string;
  /** The same key behind a passphrase. */
  encryptedKey: string;
  passphrase: string;
  publicKey: string;
  /** `host:port` of each connection that was forwarded. */
  forwarded: string[];
  /** How many clients are connected. */
  connections(): number;
  /** Ends every connection at once, as a restart does. */
  dropAll(): void;
  close(): void;
};

export type SshServerOptions = {
  /** `refused`: by policy. `silent`: it is asked and never answers. */
  forwarding?: "open" | "refused" | "silent";
  /** Leaves clients without an answer to their login. */
  login?: "answered" | "silent";
  /** `prompt`: it asks for passwords word by word, as PAM does. */
  passwords?: "plain" | "prompt";
  /** Nothing that a client of today agrees to. */
  encryption?: "today's" | "ancient";
};

const fingerprint = (key: Buffer) =>
  `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
const parsed = (key: string, passphrase?: string) => {
  const read = ssh2.utils.parseKey(key, passphrase);
  const one = Array.isArray(read) ? read[0] : read;
  if (!one || one instanceof Error) throw one ?? new Error("There is no key.");
  return one;
};

export async function startSshServer({
  forwarding = "open",
  login = "answered",
  passwords = "plain",
  encryption = "today's",
}: SshServerOptions = {}): Promise<SshServer> {
  // not ed25519: one in a hundred that the library makes is malformed
  const host = ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 });
  const client = ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 });
  const passphrase = "Rusty Anchor 9";
  const encrypted = ssh2.utils.generateKeyPairSync("ecdsa", {
    bits: 256,
    passphrase,
    cipher: "aes256-cbc",
    rounds: 2,
  });
  const keys = [client, encrypted].map(({ public: key }) => parsed(key));
  const [user, password] = ["tide", "Hawser-Bend-31"];
  const forwarded: string[] = [];
  const sockets = new Set<Socket>();

  const accepts = (context: AuthContext): boolean => {
    if (context.username !== user) return false;
    if (context.method === "password") return context.password === password;
    if (context.method !== "publickey") return false;
    const { key, blob, signature, hashAlgo } = context;
    const known = keys.find((each) => each.getPublicSSH().equals(key.data));
    return (
      known !== undefined &&
      (!signature || !blob || known.verify(blob, signature, hashAlgo) === true)
    );
  };
  const server = new ssh2.Server(
    {
      hostKeys: [host.private],
      ...(encryption === "ancient" && { algorithms: { kex: ["diffie-hellman-group1-sha1"] } }),
    },
    (connection) => {
      connection.on("error", () => connection.end()); // a client that hangs up, which is what some tests do
      connection.on("authentication", (context) => {
        if (login === "silent") return;
        if (passwords === "prompt" && context.method === "keyboard-interactive")
          return void context.prompt([{ prompt: "Password: ", echo: false }], ([answer]) =>
            answer === password ? context.accept() : context.reject(),
          );
        if (passwords === "prompt" && context.method === "password")
          return context.reject(["publickey", "keyboard-interactive"]);
        if (accepts(context)) context.accept();
        else
          context.reject([
            "publickey",
            passwords === "plain" ? "password" : "keyboard-interactive",
          ]);
      });
      if (forwarding === "refused") return;
      connection.on("tcpip", (accept, reject, { destIP, destPort }) => {
        if (forwarding === "silent") return;
        const target = connect({ host: destIP, port: destPort, noDelay: true });
        target.once("error", () => reject());
        target.once("connect", () => {
          target.removeAllListeners("error");
          forwarded.push(`${destIP}:${destPort}`);
          const channel = accept();
          channel.pipe(target).pipe(channel);
          channel.on("error", () => target.destroy()).on("close", () => target.destroy());
          target.on("error", () => channel.end()).on("close", () => channel.end());
        });
      });
    },
  );
  // the library's server keeps its net.Server to itself, but passes its connections on
  (
    server as unknown as {
      _srv: { on(event: "connection", listener: (socket: Socket) => void): void };
    }
  )._srv.on("connection", (socket) => {
    sockets.add(socket.setNoDelay());
    socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address() as AddressInfo;
  const dropAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    hostKey: fingerprint(parsed(host.private).getPublicSSH()),
    tunnel: { use: true, host: "127.0.0.1", port: address.port, user, hostKey: "" },
    secret: { privateKey: client.private, passphrase: "", password: "" },
    password,
    passphrase,
    encryptedKey: encrypted.private,
    publicKey: client.public,
    forwarded,
    dropAll,
    connections: () => sockets.size,
    close: () => {
      dropAll();
      server.close();
    },
  };
}
