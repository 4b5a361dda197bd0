// What went wrong on the way through an SSH server, said plainly.
import type { Remedy } from "@/lib/connectors/contract/checks";
import type { Fault } from "@/lib/platform/errors";
import { startOf, withInvisible } from "@/lib/platform/foreign-text";
import type { TunnelConfig } from "./spec";

export type TunnelCode =
  | "TUNNEL_HOST_UNREADABLE"
  | "TUNNEL_HOST_UNKNOWN"
  | "TUNNEL_LOOKUP_FAILED"
  | "TUNNEL_REFUSED"
  | "TUNNEL_NO_ANSWER"
  | "TUNNEL_SILENT"
  | "TUNNEL_HUNG_UP"
  | "TUNNEL_NOT_SSH"
  | "TUNNEL_NO_COMMON"
  | "TUNNEL_KEY_CHANGED"
  | "TUNNEL_KEY_UNPINNED"
  | "TUNNEL_KEY_UNREADABLE"
  | "TUNNEL_KEY_ENCRYPTED"
  | "TUNNEL_PASSPHRASE_WRONG"
  | "TUNNEL_USER_REFUSED"
  | "TUNNEL_LOGIN_TIMEOUT"
  | "TUNNEL_FORWARDING_REFUSED"
  | "TUNNEL_TARGET_UNKNOWN"
  | "TUNNEL_TARGET_UNREACHABLE"
  | "TUNNEL_TARGET_SILENT"
  | "TUNNEL_LOST";

/** Thrown by client.ts only. */
export class TunnelError extends Error {
  constructor(
    readonly code: TunnelCode,
    message: string,
    readonly seenHostKey = "",
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

type Known = { message: string; fault: Fault; remedy?: Remedy };
/** `target` is where the tunnel leads, as `host:port`. */
type Rule = (tunnel: TunnelConfig, target: string, error: TunnelError) => Known;

const userFix = (message: string, text: string, causes?: string[]): Known => ({
  message,
  fault: "user-fixable",
  remedy: { text, ...(causes && { causes }) },
});
const transient = (message: string, text: string, causes?: string[]): Known => ({
  message,
  fault: "transient",
  remedy: { text, ...(causes && { causes }) },
});
const at = ({ host, port }: TunnelConfig) => `${host}:${port}`;

const rules: Record<TunnelCode, Rule> = {
  TUNNEL_HOST_UNREADABLE: (t) =>
    userFix(
      `“${startOf(
        withInvisible(t.host, (code) => `⟨${code}⟩`),
        80,
      )}” can't be the name of an SSH server.`,
      "Enter its host name alone, such as bastion.example.com. User and port have fields of their own.",
    ),
  TUNNEL_HOST_UNKNOWN: (t) =>
    userFix(
      `There is no SSH server named “${t.host}”.`,
      "Check “SSH host”: it is the name or address of the machine that lets you through to the warehouse.",
    ),
  TUNNEL_LOOKUP_FAILED: (t) =>
    transient(
      `The name of the SSH server “${t.host}” can't be looked up right now.`,
      "The DNS server doesn't answer. Check this machine's network.",
    ),
  TUNNEL_REFUSED: (t) =>
    transient(
      `The SSH server ${at(t)} refuses the connection.`,
      `The machine is there, but nothing listens on port ${t.port}. Check “SSH port”, and whether the SSH server runs.`,
    ),
  TUNNEL_NO_ANSWER: (t) =>
    transient(
      `Nothing answers at the SSH server ${at(t)}.`,
      "Check “SSH host” and “SSH port”, and that a firewall or security group lets this machine's address in.",
      [
        `A firewall or security group has no inbound rule for port ${t.port} from this machine's address.`,
        "The machine is stopped.",
        "Its address has changed: one without an elastic IP gets a new one at each start.",
      ],
    ),
  TUNNEL_SILENT: (t) =>
    transient(
      `${at(t)} takes the connection, but no SSH server greets.`,
      "Check “SSH port”. A load balancer in between may have no SSH server behind it.",
    ),
  TUNNEL_HUNG_UP: (t) =>
    transient(
      `${at(t)} closes the connection before the SSH login.`,
      "The SSH server may refuse this machine's address, or have too many open logins (MaxStartups). Ask its administrator.",
    ),
  TUNNEL_NOT_SSH: (t) =>
    userFix(
      `What answers at ${at(t)} isn't an SSH server.`,
      "Check “SSH host” and “SSH port”: SSH's own port is 22 unless changed.",
    ),
  TUNNEL_NO_COMMON: (t) =>
    userFix(
      `Tidegate and the SSH server ${at(t)} know no common encryption.`,
      "The SSH server is very old, or allows very little. Its administrator can allow curve25519-sha256 and aes256-gcm@openssh.com.",
    ),
  TUNNEL_KEY_CHANGED: (t, _, { seenHostKey }) => ({
    message: `The SSH server ${t.host} shows another host key than before. Pinned is ${t.hostKey}, it shows ${seenHostKey}.`,
    fault: "user-fixable",
    remedy: {
      text: "Nothing was sent to it. Ask its administrator whether the new fingerprint is right (on the server: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub). Trust the new key only then.",
      causes: [
        "The server was rebuilt, or its keys were renewed.",
        "The name leads to another machine now.",
        "Somebody in between poses as the server.",
      ],
      hostKey: seenHostKey,
    },
  }),
  TUNNEL_KEY_UNPINNED: (t) =>
    userFix(
      `The host key of the SSH server ${t.host} isn't pinned yet.`,
      "Verify the credentials once: that pins the key which the server shows.",
    ),
  TUNNEL_KEY_UNREADABLE: () =>
    userFix(
      "The SSH private key can't be read.",
      "Paste the whole file, from the line that begins with -----BEGIN to the one that begins with -----END. A key of the kind OpenSSH, PEM or PuTTY works.",
      [
        "A public key (.pub) was pasted instead of the private one.",
        "A line was cut off or broken while copying.",
      ],
    ),
  TUNNEL_KEY_ENCRYPTED: () =>
    userFix(
      "The SSH private key is protected by a passphrase.",
      "Enter it under “SSH key passphrase”.",
    ),
  TUNNEL_PASSPHRASE_WRONG: () =>
    userFix(
      "The passphrase doesn't open the SSH private key.",
      "Check “SSH key passphrase”; capitals count.",
    ),
  TUNNEL_USER_REFUSED: (t) =>
    userFix(
      `The SSH server refused the user “${t.user}” or the key.`,
      "Check “SSH user”, and that the public half of the key is in that user's ~/.ssh/authorized_keys on the server.",
      [
        "The public key isn't among the authorized keys of this user, or those files are writable by others.",
        `There is no user “${t.user}” on the server. On Amazon Linux it is ec2-user, on Ubuntu ubuntu.`,
        "A password was entered, and the server takes keys only.",
      ],
    ),
  TUNNEL_LOGIN_TIMEOUT: (t) =>
    transient(
      `The SSH server ${at(t)} didn't finish the login in time.`,
      "It may be overloaded, or wait for its own DNS. Try again in a minute.",
    ),
  TUNNEL_FORWARDING_REFUSED: (t, target) =>
    userFix(
      `The SSH server ${t.host} lets “${t.user}” in, but doesn't forward connections to ${target}.`,
      "Its administrator allows it with AllowTcpForwarding and PermitOpen in sshd_config, or without restrict and no-port-forwarding before the key in authorized_keys.",
    ),
  TUNNEL_TARGET_UNKNOWN: (t, target) =>
    userFix(
      `The SSH server ${t.host} knows no host of the name in ${target}.`,
      "Check “Host”: the SSH server looks it up, in its own network's DNS.",
    ),
  TUNNEL_TARGET_UNREACHABLE: (t, target) =>
    transient(
      `The SSH server ${t.host} can't reach ${target}.`,
      "Check “Host” and “Port”, and that the cluster's security group has an inbound rule from the SSH server's address or group.",
      [
        "The cluster's security group doesn't let the SSH server in.",
        "The cluster is paused, or listens on another port.",
        "The SSH server is in another network (VPC) without a route.",
      ],
    ),
  TUNNEL_TARGET_SILENT: (t, target) =>
    transient(
      `Nothing answers at ${target}, as seen from the SSH server ${t.host}.`,
      "Check that the cluster's security group has an inbound rule from the SSH server's address or group. A paused cluster doesn't answer either.",
    ),
  TUNNEL_LOST: (t) =>
    transient(
      `The SSH tunnel through ${t.host} was lost.`,
      "The SSH server may have restarted, or a firewall closed the connection. It is tried again by itself.",
    ),
};

/** Every cause that has a message of its own. */
export const knownCauses = Object.keys(rules) as TunnelCode[];

/** A failure of the tunnel in words. */
export const explainTunnel = (error: TunnelError, tunnel: TunnelConfig, target: string): Known =>
  rules[error.code](tunnel, target, error);
