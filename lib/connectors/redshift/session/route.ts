// How bytes get to the warehouse: straight, or through an SSH server.
import type { Duplex } from "node:stream";
import { openTunnel, type TunnelOptions } from "@/lib/connectors/ssh/client";
import type { TunnelError } from "@/lib/connectors/ssh/errors";
import { noTunnelSecret } from "@/lib/connectors/ssh/spec";
import { connectGuarded, guardBehindTunnel, isIP } from "@/lib/platform/network/guard";
import type { RedshiftConfig, RedshiftSecret } from "@/lib/connectors/redshift/spec";

export type Route = {
  /** A connection to the warehouse. A straight one may still be connecting. */
  dial(signal: AbortSignal): Promise<Duplex>;
  /** Calls when the way itself breaks, not when it is closed. */
  onLost(listener: (error: TunnelError) => void): void;
  /** The SSH server's host key, where there is one in between. */
  hostKey?: string;
  close(): void;
};

/** Opens the tunnel where one is used; throws TunnelErrors. Close it, whatever became of the connections. */
export async function openRoute(
  { host, port, tunnel }: RedshiftConfig,
  secret: RedshiftSecret,
  options: TunnelOptions,
  signal: AbortSignal,
): Promise<Route> {
  if (!tunnel.use)
    return {
      dial: async () => connectGuarded({ host, port }, "database"),
      onLost: () => undefined,
      close: () => undefined,
    };
  guardBehindTunnel(host, port);
  const opened = await openTunnel(tunnel, secret.tunnel ?? noTunnelSecret, options, signal);
  return {
    dial: (wait) => opened.connect(host, port, wait),
    onLost: opened.onLost,
    hostKey: opened.hostKey,
    close: opened.close,
  };
}

/** What pg asks of a socket beyond a stream. It calls `connect` and waits for the event. */
export function asConnected(stream: Duplex): Duplex {
  return Object.assign(stream, {
    setNoDelay: () => stream,
    setKeepAlive: () => stream,
    ref: () => stream,
    unref: () => stream,
    connect: () => {
      process.nextTick(() => stream.emit("connect"));
      return stream;
    },
  });
}

/** What is known of name and TCP once the SSH server has opened a connection. */
export const seenThrough = ({
  host,
  port,
  tunnel,
}: RedshiftConfig): { name: string; tcp: string } => ({
  name:
    isIP(host) === 0
      ? `${tunnel.host} found ${host}.`
      : `${host} is an address: there is nothing to look up.`,
  tcp: `${tunnel.host} connected to ${host}, port ${port}.`,
});
