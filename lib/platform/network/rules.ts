// Which addresses Tidegate may connect to. Pure; the settings' NETWORK_ALLOW is read by it too.
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** What a connection is for: it decides which of the ports below 1024 are right. */
export type Purpose = "database" | "http" | "ssh";

/** Why an address is refused; `port` where the address would do. */
export type Refusal = { network: string } | { port: number };

/** One entry of NETWORK_ALLOW: an address range or a name, and the ports it is for. */
export type Allowed = {
  range?: [ipaddr.IPv4 | ipaddr.IPv6, number];
  name?: string;
  from: number;
  to: number;
};

const WELL_KNOWN: Record<Purpose, number[]> = { database: [], http: [80, 443], ssh: [22] };
/** Services that answer to anybody who reaches them, or that a stray line of text can command. */
const REFUSED_PORTS = new Set([
  2049, 2375, 2376, 2379, 2380, 3306, 3389, 5900, 5985, 6000, 6379, 6443, 8086, 9092, 9200, 9300,
  10_250, 10_255, 11_211, 27_017,
]);

const networks: Record<string, string> = {
  unspecified: "no address of a machine",
  broadcast: "a broadcast address",
  multicast: "a multicast address",
  loopback: "the machine that Tidegate runs on",
  linkLocal: "a link-local address",
  private: "a private network",
  uniqueLocal: "a private network",
  deprecatedSiteLocal: "a private network",
  carrierGradeNat: "a carrier's private network",
  metadata: "a cloud's metadata service",
};
const RESERVED = "a reserved range";

/** Looked up, they lead to a cloud's metadata, which hands out the keys of the machine. */
const METADATA_NAMES =
  /^(metadata|metadata\.goog|metadata\.google\.internal|instance-data|instance-data\.ec2\.internal)$/;
/** These look public: Azure's agent and, inside the carrier's range, Alibaba's metadata. And AWS's, whose range alone would say "link-local" or "private". */
const METADATA_ADDRESSES = [
  "168.63.129.16",
  "169.254.169.254",
  "169.254.170.2",
  "100.100.100.200",
  "fd00:ec2::254",
].map((address) => ipaddr.parse(address).toNormalizedString());
/** What a name may not lead to, even one that the operator allows: only whoever names the address itself means it. */
const NEVER_BY_NAME = new Set(["linkLocal", "metadata", "multicast", "broadcast", "unspecified"]);

const nat64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");

/** The address that bytes end up at: an IPv4 one that is wrapped into IPv6 is unwrapped. */
function unwrapped(text: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const address = ipaddr.parse(text.replace(/%.*$/, ""));
  if (address instanceof ipaddr.IPv4) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  return address.match(nat64) ? new ipaddr.IPv4(address.toByteArray().slice(12)) : address;
}

/** The kind of a range that is not public, or null. Whatever isn't known to be public isn't. */
function kindOf(address: ipaddr.IPv4 | ipaddr.IPv6): string | null {
  if (METADATA_ADDRESSES.includes(address.toNormalizedString())) return "metadata";
  const range = address.range();
  if (range !== "unicast") return range;
  return address instanceof ipaddr.IPv6 && !address.match(globalUnicast) ? "reserved" : null;
}

const inRange = (
  address: ipaddr.IPv4 | ipaddr.IPv6,
  [base, bits]: [ipaddr.IPv4 | ipaddr.IPv6, number],
): boolean => address.kind() === base.kind() && address.match(base, bits);
const plain = (name: string): string => name.toLowerCase().replace(/\.$/, "");
const nameFits = (name: string, pattern: string): boolean =>
  pattern.startsWith("*.") ? name.endsWith(pattern.slice(1)) : name === pattern;

const portProblem = (port: number, purpose: Purpose): boolean =>
  REFUSED_PORTS.has(port) || (port < 1024 && !WELL_KNOWN[purpose].includes(port));

/** Whether a connection to this address may be made; null is yes. `host` is what somebody entered, by whatever spelling. */
export function refusalOf(
  target: { host: string; address: string; port: number; purpose: Purpose },
  allowed: Allowed[],
): Refusal | null {
  const { port, purpose } = target;
  const host = plain(target.host);
  const address = unwrapped(target.address);
  const kind = kindOf(address);
  const open = allowed.filter(({ from, to }) => port >= from && port <= to);
  if (open.some(({ range }) => range && inRange(address, range))) return null;
  if (
    !NEVER_BY_NAME.has(kind ?? "") &&
    open.some(({ name }) => name !== undefined && nameFits(host, name))
  )
    return null;
  if (kind) return { network: networks[kind] ?? RESERVED };
  return portProblem(port, purpose) ? { port } : null;
}

/** The same for a name that need not be looked up to be refused; null says nothing yet. */
export const refusalOfName = (host: string): Refusal | null =>
  METADATA_NAMES.test(plain(host)) ? { network: networks.metadata ?? RESERVED } : null;

/** What a machine's own hosts file calls it, in the distributions that are about. */
const OWN_NAMES =
  /(^|\.)localhost$|^localhost[46]$|^localhost[46]?\.localdomain[46]?$|^ip6-(localhost|loopback)$|^loopback$/;

/**
 * The same for what an SSH server is asked to connect to. Private networks are what it is there for, and names are
 * looked up there; but its own machine and its cloud's metadata are no warehouse. Numbers are read by every spelling
 * that a resolver takes (127.1, 0x7f000001).
 */
export function refusalBehindTunnel(
  host: string,
  port: number,
  allowed: Allowed[],
): Refusal | null {
  const byName = refusalOfName(host);
  const local = OWN_NAMES.test(plain(host));
  const spelled = local ? "127.0.0.1" : spelledAddress(host);
  const kind = spelled === null ? null : kindOf(unwrapped(spelled));
  if (
    spelled !== null &&
    (kind === "private" || kind === "uniqueLocal" || kind === "carrierGradeNat")
  )
    return portProblem(port, "database") &&
      !allowed.some((entry) => fits(entry, host, spelled, port))
      ? { port }
      : null;
  if (spelled !== null)
    return refusalOf({ host, address: spelled, port, purpose: "database" }, allowed);
  if (
    byName &&
    !allowed.some(({ name, from, to }) => name === plain(host) && port >= from && port <= to)
  )
    return byName;
  return portProblem(port, "database") && !allowed.some((entry) => fits(entry, host, null, port))
    ? { port }
    : null;
}

const fits = (
  { range, name, from, to }: Allowed,
  host: string,
  address: string | null,
  port: number,
): boolean =>
  port >= from &&
  port <= to &&
  ((range && address !== null && inRange(unwrapped(address), range)) ||
    (name !== undefined && nameFits(plain(host), name)));

/** An address by any spelling (decimal, octal, hexadecimal, short, fullwidth), or null for a name. */
export function spelledAddress(host: string): string | null {
  if (isIP(host) !== 0) return host;
  const url = `http://${host.includes(":") ? `[${host}]` : host}/`;
  if (!URL.canParse(url)) return null;
  const { hostname } = new URL(url);
  const bare = hostname.replace(/^\[|\]$/g, "");
  return isIP(bare) === 0 ? null : bare;
}

const ENTRY =
  /^(?:\[(?<bracketed>[0-9a-f:.]+(?:\/\d+)?)\]|(?<bare>[^\s[\]]*?))(?::(?<from>\d{1,5})(?:-(?<to>\d{1,5}))?)?$/i;
const NAME = /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;

/** One entry of NETWORK_ALLOW; null when it can't be read: a list that is half understood would be a hole. */
export function parseAllowed(text: string): Allowed | null {
  const isBareIpv6 = isIP(text.replace(/\/\d+$/, "")) === 6; // its colons would read as a port
  const { bracketed, bare, from, to }: Partial<Record<string, string>> = isBareIpv6
    ? { bare: text }
    : (ENTRY.exec(text)?.groups ?? {});
  const host = bracketed ?? bare ?? "";
  const ports = { from: Number(from ?? 1), to: Number(to ?? from ?? 65_535) };
  if (host === "" || ports.from < 1 || ports.to > 65_535 || ports.from > ports.to) return null;
  const [address = "", bits] = host.split("/");
  if (isIP(address) !== 0) {
    const base = ipaddr.parse(address);
    const width = base.kind() === "ipv4" ? 32 : 128;
    if (bits !== undefined && (!/^\d+$/.test(bits) || Number(bits) > width)) return null;
    return { range: [base, bits === undefined ? width : Number(bits)], ...ports };
  }
  // 127.1 or 0x7f000001 is an address by another spelling, and 10.0.0 one that somebody misspelled
  return NAME.test(plain(host)) && !/^[\d.]+$/.test(host) && spelledAddress(host) === null
    ? { name: plain(host), ...ports }
    : null;
}
