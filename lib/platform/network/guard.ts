// The one way out. A name is looked up once, its addresses are judged, and the socket connects to exactly those: what
// a second look-up would say doesn't matter, and a refused host sees no packet. TLS and `Host` keep the name.
import { lookup, type LookupAddress } from "node:dns";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isIP, Socket, type LookupFunction, type TcpNetConnectOpts } from "node:net";
import { env } from "@/lib/platform/env";
import { startOf } from "@/lib/platform/foreign-text";
import { refusalBehindTunnel, refusalOf, refusalOfName, type Purpose, type Refusal } from "./rules";

export { isIP } from "node:net";
export type { Socket } from "node:net";

/** Thrown before anything is sent. Its words say what the operator can do; they don't say what is there. */
export class NetworkRefused extends Error {
  override readonly name = "NetworkRefused";
  readonly code = "NETWORK_REFUSED";
  constructor(
    readonly host: string,
    readonly port: number,
    readonly refusal: Refusal,
  ) {
    super(
      "network" in refusal
        ? `“${startOf(host, 80)}” is in ${refusal.network}.`
        : `Port ${refusal.port} is not one for this.`,
    );
  }
}

/** What a refusal is called, and who mends it how: the same words for each way out. */
export function explainRefusal({ host, port, refusal }: NetworkRefused): {
  message: string;
  remedy: string;
  causes: string[];
} {
  const entry = `${isIP(host) === 6 ? `[${host}]` : startOf(host, 80)}:${port}`;
  const setting = `Whoever runs Tidegate can allow it with the setting NETWORK_ALLOW=${entry} and a restart. Nothing was sent.`;
  if ("port" in refusal)
    return {
      message: `Tidegate doesn't connect to port ${port} for this.`,
      remedy: `Check the port. If it is right: ${setting}`,
      causes: [
        "The port is that of another service.",
        "The server listens on an unusual port, which the operator has to allow.",
      ],
    };
  return {
    message: `Tidegate may not connect to “${startOf(host, 80)}”: that is ${refusal.network}.`,
    remedy: setting,
    causes: [
      "The warehouse or receiver is in a private network (VPC), which the operator has not allowed yet.",
      "The name leads to a private address in this machine's DNS, and to a public one elsewhere.",
      "The host is not the one that was meant.",
    ],
  };
}

const allowed = () => env().NETWORK_ALLOW;

/** For `lookup` of a socket: gives only addresses that may be connected to. */
const guardedLookup =
  (port: number, purpose: Purpose): LookupFunction =>
  (host, options, callback) => {
    const refuse = (refusal: Refusal) => callback(new NetworkRefused(host, port, refusal), "");
    const byName = refusalOfName(host);
    if (byName && !allowed().some(({ name }) => name === host.toLowerCase()))
      return void process.nextTick(refuse, byName);
    lookup(
      host,
      { ...options, all: true },
      (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => {
        if (error) return callback(error, "");
        const judged = found.map((each) => ({
          each,
          refusal: refusalOf({ host, address: each.address, port, purpose }, allowed()),
        }));
        const open = judged.flatMap(({ each, refusal }) => (refusal ? [] : [each]));
        const [first] = open;
        if (!first) return refuse(judged[0]?.refusal ?? { network: "no address of a machine" });
        if (options.all) callback(null, open);
        else callback(null, first.address, first.family);
      },
    );
  };

/** For addresses no look-up happens, so they are judged here. */
function judgeAddress(host: string, port: number, purpose: Purpose): NetworkRefused | null {
  if (isIP(host) === 0) return null;
  const refusal = refusalOf({ host, address: host, port, purpose }, allowed());
  return refusal && new NetworkRefused(host, port, refusal);
}

/** Options for a socket of one's own making. Throws NetworkRefused for an address; a name is judged when it is looked up. */
function guardedOptions<T extends { host?: string | null; port?: number | string | null }>(
  options: T,
  purpose: Purpose,
): T & { host: string; port: number; lookup: LookupFunction } {
  const host = options.host ?? "";
  const port = Number(options.port);
  if (host === "" || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw new NetworkRefused(host, port, { port });
  const refused = judgeAddress(host, port, purpose);
  if (refused) throw refused;
  // never a socket file: drivers take a host with a leading slash for one
  return { ...options, host, port, lookup: guardedLookup(port, purpose), path: undefined };
}

/** A socket that connects only where it may; a refusal is its error. */
export function guardedSocket(purpose: Purpose): Socket {
  const socket = new Socket();
  const connect = socket.connect.bind(socket) as (options: TcpNetConnectOpts) => Socket;
  const guarded = (first: unknown, second?: unknown): Socket => {
    const options: Partial<TcpNetConnectOpts> =
      typeof first === "object" && first !== null
        ? first
        : { port: Number(first), host: typeof second === "string" ? second : undefined };
    try {
      return connect(guardedOptions(options, purpose));
    } catch (error) {
      return socket.destroy(error as Error);
    }
  };
  return Object.assign(socket, { connect: guarded });
}

/** `net.connect` with the guard. */
export const connectGuarded = (options: TcpNetConnectOpts, purpose: Purpose): Socket =>
  guardedSocket(purpose).connect(options);

/** For libraries that take Node's agents. Neither follows redirects. */
export function guardedAgents(): { httpAgent: HttpAgent; httpsAgent: HttpsAgent } {
  const guard = <A extends HttpAgent>(agent: A): A => {
    const create = agent.createConnection.bind(agent);
    agent.createConnection = (options, callback) => {
      try {
        return create(guardedOptions(options, "http"), callback);
      } catch (error) {
        process.nextTick(() => callback?.(error as Error, new Socket()));
        return undefined;
      }
    };
    return agent;
  };
  return {
    httpAgent: guard(new HttpAgent({ keepAlive: true })),
    httpsAgent: guard(new HttpsAgent({ keepAlive: true })),
  };
}

/** For drivers that open their own sockets to one address: throws, or gives what they connect with. */
export function guardedLookupOf(host: string, port: number, purpose: Purpose): LookupFunction {
  return guardedOptions({ host, port }, purpose).lookup;
}

/** Throws where an SSH server would be asked for what is no warehouse. */
export function guardBehindTunnel(host: string, port: number): void {
  const refusal = refusalBehindTunnel(host, port, allowed());
  if (refusal) throw new NetworkRefused(host, port, refusal);
}
