// The one file with the SSH library: log in to a server, pin its key, open connections through it.
import { createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import ssh2, { type ParsedKey } from "ssh2";
import { messageOf } from "@/lib/platform/errors";
import { connectGuarded, isIP, NetworkRefused } from "@/lib/platform/network/guard";
import { TunnelError, type TunnelCode } from "./errors";
import type { TunnelConfig, TunnelSecret } from "./spec";

/** Firewalls drop what is idle; and a server that is gone is noticed after three of them. */
const KEEPALIVE_MS = 30_000;
const KEEPALIVES_UNANSWERED = 3;

export type Tunnel = {
  /** Fingerprint of the server's host key, as OpenSSH writes it. */
  hostKey: string;
  /** A connection from the SSH server to a host and port as it sees them. */
  connect(host: string, port: number, signal: AbortSignal): Promise<Duplex>;
  /** Calls once when the tunnel is lost; not when it is closed. */
  onLost(listener: (error: TunnelError) => void): void;
  close(): void;
};

export type TunnelOptions = {
  /** A server without a pinned key is trusted: the first verification alone may do so. */
  pinFirstKey: boolean;
};

/** `SHA256:` and base64 without padding, as ssh-keygen -l prints it. */
const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;

/** Reads a private key, so that what is wrong with it is known before anything is tried. */
function readKey({ privateKey, passphrase }: TunnelSecret): ParsedKey {
  const parsed = ssh2.utils.parseKey(privateKey, passphrase || undefined);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error) {
    // the library has no codes, and its text may hold a part of the key: it is read here and told to nobody
    if (/no passphrase given/i.test(key.message))
      throw new TunnelError("TUNNEL_KEY_ENCRYPTED", "encrypted, and no passphrase given");
    if (passphrase && /decrypt|passphrase|integrity|MAC mismatch|cipher/i.test(key.message))
      throw new TunnelError("TUNNEL_PASSPHRASE_WRONG", "the passphrase doesn't fit");
    throw new TunnelError("TUNNEL_KEY_UNREADABLE", "not a private key");
  }
  if (!key?.isPrivateKey()) throw new TunnelError("TUNNEL_KEY_UNREADABLE", "this is a public key");
  return key;
}

const socketCodes: Record<string, TunnelCode> = {
  ENOTFOUND: "TUNNEL_HOST_UNKNOWN",
  EAI_AGAIN: "TUNNEL_LOOKUP_FAILED",
  ECONNREFUSED: "TUNNEL_REFUSED",
  ETIMEDOUT: "TUNNEL_NO_ANSWER",
  EHOSTUNREACH: "TUNNEL_NO_ANSWER",
  ENETUNREACH: "TUNNEL_NO_ANSWER",
};

/** What a tunnel that takes too long was waiting for. */
function lateCode(far: { named: boolean; connected: boolean; greeted: boolean }): TunnelCode {
  if (!far.named) return "TUNNEL_LOOKUP_FAILED";
  if (!far.connected) return "TUNNEL_NO_ANSWER";
  return far.greeted ? "TUNNEL_LOGIN_TIMEOUT" : "TUNNEL_SILENT";
}

/**
 * Logs in to the SSH server. Throws a TunnelError, or the signal's reason when it is aborted; with a TunnelTimeout as
 * the reason, the error says how far it came. No secret appears in an error.
 */
export async function openTunnel(
  config: TunnelConfig,
  secret: TunnelSecret,
  options: TunnelOptions,
  signal: AbortSignal,
): Promise<Tunnel> {
  signal.throwIfAborted();
  const { host, port, user } = config;
  if (!/^[\p{L}\p{N}_](?:[\p{L}\p{N}_.:-]*[\p{L}\p{N}_])?\.?$|^::/u.test(host))
    throw new TunnelError("TUNNEL_HOST_UNREADABLE", `“${host}” was not looked up.`);
  const privateKey = secret.privateKey ? readKey(secret) : undefined;

  const far = { named: isIP(host) !== 0, connected: false, greeted: false };
  let hostKey = "";
  let trusted = false;
  let ended: TunnelError | undefined; // why nothing more can come
  let tellLost: (error: TunnelError) => void = () => undefined;
  const client = new ssh2.Client();
  // noDelay: a round trip is several small packets, each of which would wait for the other side's delayed acknowledgement
  const socket = connectGuarded(
    { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS },
    "ssh",
  );
  socket.once("lookup", (error) => {
    far.named = !error;
  });
  socket.once("connect", () => {
    far.named = far.connected = true;
    socket.once("data", () => {
      far.greeted = true;
    });
  });

  const named = (error: Error & { level?: string; code?: unknown }): TunnelError => {
    const because = (code: TunnelCode) =>
      new TunnelError(code, messageOf(error), hostKey, { cause: error });
    if (error instanceof TunnelError) return error;
    if (hostKey !== "" && !trusted)
      return because(config.hostKey === "" ? "TUNNEL_KEY_UNPINNED" : "TUNNEL_KEY_CHANGED");
    if (
      error.level === "client-authentication" ||
      /too many authentication failures/i.test(error.message)
    )
      return because("TUNNEL_USER_REFUSED");
    if (!far.connected) return because(socketCodes[String(error.code)] ?? "TUNNEL_NO_ANSWER");
    if (/no matching/i.test(error.message)) return because("TUNNEL_NO_COMMON");
    if (
      !far.greeted ||
      error.code === "ECONNRESET" ||
      error.code === "EPIPE" ||
      /lost before handshake/i.test(error.message)
    )
      return because("TUNNEL_HUNG_UP");
    return because(hostKey === "" ? "TUNNEL_NOT_SSH" : "TUNNEL_LOST");
  };

  await new Promise<void>((ready, refuse) => {
    const fail = (error: unknown) => {
      client.destroy();
      socket.destroy();
      refuse(error instanceof Error ? error : new Error(String(error)));
    };
    const onAbort = () => {
      const late = lateCode(far);
      fail(
        signal.reason instanceof TunnelTimeout
          ? new TunnelError(late, signal.reason.message, hostKey)
          : signal.reason,
      );
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const settled = () => signal.removeEventListener("abort", onAbort);
    socket.on("error", (error) => {
      settled();
      fail(error instanceof NetworkRefused ? error : named(error));
    });
    client.on("error", (error) => {
      settled();
      ended ??= named(error);
      fail(ended);
      tellLost(ended);
    });
    client.on("close", () => {
      settled();
      ended ??= named(new Error("Connection lost before handshake"));
      fail(ended);
      tellLost(ended);
    });
    client.once("ready", () => {
      settled();
      ready();
    });
    // asked by servers that check passwords through PAM
    client.on("keyboard-interactive", (_name, _instructions, _language, prompts, answer) =>
      answer(prompts.map(() => secret.password)),
    );
    client.connect({
      sock: socket,
      username: user,
      readyTimeout: 0,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVES_UNANSWERED,
      ...(privateKey && {
        privateKey: secret.privateKey,
        ...(secret.passphrase && { passphrase: secret.passphrase }),
      }),
      ...(!privateKey && secret.password && { password: secret.password, tryKeyboard: true }),
      hostVerifier: (key: Buffer) => {
        hostKey = fingerprint(key);
        trusted = config.hostKey === "" ? options.pinFirstKey : config.hostKey === hostKey;
        return trusted;
      },
    });
  });

  return {
    hostKey,
    onLost: (listener) => {
      if (ended) listener(lost(ended));
      else tellLost = (error) => listener(lost(error));
    },
    close: () => {
      tellLost = () => undefined;
      client.end();
    },
    connect: (toHost, toPort, wait) =>
      new Promise<Duplex>((opened, refuse) => {
        const onAbort = () =>
          refuse(
            wait.reason instanceof TunnelTimeout
              ? new TunnelError("TUNNEL_TARGET_SILENT", wait.reason.message)
              : wait.reason,
          );
        if (wait.aborted) return onAbort();
        wait.addEventListener("abort", onAbort, { once: true });
        try {
          client.forwardOut("127.0.0.1", 0, toHost, toPort, (error, channel) => {
            wait.removeEventListener("abort", onAbort);
            if (error) refuse(whyNotForwarded(error));
            else if (wait.aborted)
              channel.destroy(); // came too late for anybody
            else opened(channel);
          });
        } catch (error) {
          wait.removeEventListener("abort", onAbort);
          refuse(lost(ended ?? new TunnelError("TUNNEL_LOST", messageOf(error))));
        }
      }),
  };
}

const lost = (error: TunnelError): TunnelError =>
  new TunnelError("TUNNEL_LOST", error.message, "", { cause: error });

/** Reasons of RFC 4254, 5.1. A name that can't be looked up has no reason of its own, only words. */
function whyNotForwarded(error: Error & { reason?: unknown }): TunnelError {
  const because = (code: TunnelCode) => new TunnelError(code, error.message, "", { cause: error });
  if (error.reason === 1 || error.reason === 3) return because("TUNNEL_FORWARDING_REFUSED");
  if (typeof error.reason !== "number") return because("TUNNEL_LOST");
  return because(
    /not known|unknown host|resolve|resolution|getaddrinfo|ENOTFOUND/i.test(error.message)
      ? "TUNNEL_TARGET_UNKNOWN"
      : "TUNNEL_TARGET_UNREACHABLE",
  );
}

/** The reason to abort with when it took too long. */
export class TunnelTimeout extends Error {}
