import { describe, expect, test } from "vitest";
import { parseEnv } from "@/lib/platform/env";
import { parseAllowed, refusalBehindTunnel, refusalOf, type Allowed, type Purpose } from "./rules";

const allow = (...entries: string[]): Allowed[] =>
  entries.map((entry) => parseAllowed(entry) ?? expect.fail(`${entry} can't be read`));
const isOpen = (
  address: string,
  port: number,
  entries: string[] = [],
  host = address,
  purpose: Purpose = "database",
) => refusalOf({ host, address, port, purpose }, allow(...entries)) === null;

test("public addresses are open, whatever family", () => {
  for (const address of [
    "8.8.8.8",
    "52.95.110.1",
    "172.32.0.1",
    "100.128.0.1",
    "2600:1f18::1",
    "2a05:d018::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
  ])
    expect([address, isOpen(address, 5439)]).toEqual([address, true]);
});

describe("NETWORK_ALLOW", () => {
  test.each<[string, string, number, boolean]>([
    ["10.0.0.0/8", "10.9.8.7", 5439, true],
    ["10.0.0.0/8", "11.0.0.1", 5439, true], // public anyhow
    ["10.0.0.0/8", "192.168.0.1", 5439, false],
    ["10.0.0.5", "10.0.0.5", 5439, true],
    ["10.0.0.5", "10.0.0.6", 5439, false],
    ["10.0.0.5:5439", "10.0.0.5", 5439, true],
    ["10.0.0.5:5439", "10.0.0.5", 5440, false],
    ["10.0.0.5:5439-5443", "10.0.0.5", 5443, true],
    ["10.0.0.5:5439-5443", "10.0.0.5", 5444, false],
    ["10.0.0.0/24:22", "10.0.0.5", 22, true],
    ["fd00::/8", "fd12::1", 5439, true],
    ["[fd00::/8]:5439", "fd12::1", 5439, true],
    ["[fd00::/8]:5439", "fd12::1", 5440, false],
    ["[::1]:5439", "::1", 5439, true],
    ["127.0.0.1:5439", "::ffff:127.0.0.1", 5439, true],
    ["169.254.169.254", "169.254.169.254", 8080, true],
  ])("%s: %s, port %i: %s", (entry, address, port, expected) =>
    expect(isOpen(address, port, [entry])).toBe(expected),
  );

  test("a name lets in what it leads to, but no metadata service and no link-local address", () => {
    expect(isOpen("10.0.0.5", 5439, ["warehouse.internal"], "Warehouse.Internal.")).toBe(true);
    expect(isOpen("10.0.0.5", 5439, ["*.internal:5439"], "warehouse.internal")).toBe(true);
    expect(isOpen("10.0.0.5", 5439, ["*.internal"], "internal")).toBe(false);
    expect(isOpen("10.0.0.5", 5439, ["warehouse.internal"], "other.internal")).toBe(false);
    expect(isOpen("169.254.169.254", 5439, ["warehouse.internal"], "warehouse.internal")).toBe(
      false,
    );
    expect(isOpen("168.63.129.16", 5439, ["warehouse.internal"], "warehouse.internal")).toBe(false);
  });

  test.each([
    "10.0.0.0/33",
    "10.0.0",
    "127.1",
    "0x7f000001",
    "10.0.0.1:0",
    "10.0.0.1:65536",
    "10.0.0.1:5-4",
    "a b",
    "[10.0.0.1",
    "http://x",
    "x/24",
    "*",
    "",
    ":5439",
    "x:y",
    "fd00::/129",
  ])("“%s” can't be read", (entry) => expect(parseAllowed(entry)).toBeNull());

  test("one entry that can't be read refuses the whole setting", () => {
    expect(
      parseEnv({ NETWORK_ALLOW: "10.0.0.0/8, fd00::/8 warehouse.internal:5439" }).NETWORK_ALLOW,
    ).toHaveLength(3);
    expect(() => parseEnv({ NETWORK_ALLOW: "10.0.0.0/8,127.1" })).toThrow(
      "The setting NETWORK_ALLOW is wrong: “127.1” is not",
    );
    expect(parseEnv({}).NETWORK_ALLOW).toEqual([]);
  });
});

test("ports below 1024 are open only where they belong, and some others never", () => {
  const open = (purpose: Purpose) =>
    [22, 25, 80, 443, 1023, 1024, 5439, 6379, 8443, 11_211].filter((port) =>
      isOpen("8.8.8.8", port, [], "8.8.8.8", purpose),
    );
  expect(open("database")).toEqual([1024, 5439, 8443]);
  expect(open("http")).toEqual([80, 443, 1024, 5439, 8443]);
  expect(open("ssh")).toEqual([22, 1024, 5439, 8443]);
  expect(isOpen("8.8.8.8", 443, ["db.example.com:443"], "db.example.com")).toBe(true);
});

test("behind an SSH server private networks are open: they are what it is there for", () => {
  const behind = (host: string, port = 5439, ...entries: string[]) =>
    refusalBehindTunnel(host, port, allow(...entries)) === null;
  for (const host of [
    "10.0.0.5",
    "192.168.1.1",
    "fd12::1",
    "100.64.0.1",
    "cluster.abc123.eu-central-1.redshift.amazonaws.com",
    "warehouse",
  ])
    expect([host, behind(host)]).toEqual([host, true]);
  for (const host of [
    "127.0.0.1",
    "127.1",
    "localhost",
    "a.localhost",
    "localhost.",
    "LocalHost.LocalDomain",
    "localhost.localdomain.",
    "localhost4",
    "localhost6",
    "localhost4.localdomain4",
    "localhost6.localdomain6",
    "ip6-localhost",
    "IP6-Loopback",
    "loopback",
    "::1",
    "0.0.0.0",
    "169.254.169.254",
    "0xa9fea9fe",
    "metadata.google.internal",
    "fd00:ec2::254",
  ])
    expect([host, behind(host)]).toEqual([host, false]);
  expect(behind("127.0.0.1", 5439, "127.0.0.1:5439")).toBe(true);
  expect([
    behind("10.0.0.5", 22),
    behind("10.0.0.5", 22, "10.0.0.5:22"),
    behind("warehouse", 22),
  ]).toEqual([false, true, false]);
});
