import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { expect, test } from "vitest";
import { trusting } from "@/lib/platform/network/tls";
import { certificate } from "@/lib/testing/faulty-servers";

const { cert, key } = certificate({ name: "localhost" });
const ca = cert; // it signs itself

/** Whether a client that trusts these takes the server's certificate. */
async function accepts(caCertificate?: string): Promise<boolean> {
  const server = createServer({ cert, key }, (socket) => socket.on("error", () => undefined).end());
  server.on("tlsClientError", () => undefined);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect({
    host: "127.0.0.1",
    port,
    servername: "localhost",
    rejectUnauthorized: true,
    secureContext: trusting(caCertificate),
  });
  try {
    await once(socket, "secureConnect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
    server.close();
  }
}

test("a server is trusted by the certificate that is given, and by no other", async () => {
  expect(await accepts(ca)).toBe(true);
  expect(await accepts()).toBe(false);
  expect(await accepts(certificate({ name: "localhost" }).cert)).toBe(false);
});

test("a bundle is read once, and of many bundles those used last are kept", () => {
  const first = trusting(ca);
  expect(trusting(ca)).toBe(first);
  expect(trusting()).toBe(trusting(""));
  const others = Array.from({ length: 30 }, (_, at) => `${"\n".repeat(at + 1)}${ca}`);
  for (const other of others) {
    trusting(other);
    expect(trusting(ca)).toBe(first);
  }
  const last = trusting(others.at(-1));
  expect(trusting(others.at(-1))).toBe(last);
});
