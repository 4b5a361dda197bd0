import { createServer, request as open, type IncomingHttpHeaders } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BODY_LIMIT, refuseBigBody, refuseUpgrade, settleOrigin } from "./front.mjs";

const settled = (headers: IncomingHttpHeaders, isBehindProxy: boolean): IncomingHttpHeaders => {
  settleOrigin(headers, "9.9.9.9", isBehindProxy);
  return headers;
};
const claims = {
  "x-forwarded-for": "1.1.1.1, 3.3.3.3",
  "x-forwarded-host": "evil.example",
  "x-forwarded-proto": "https",
  forwarded: "for=1.1.1.1",
  "x-real-ip": "1.1.1.1",
};

test("without a trusted proxy nothing that a request claims of its way is believed", () => {
  expect(settled({ ...claims, host: "tidegate.example" }, false)).toEqual({
    host: "tidegate.example",
    "x-forwarded-for": "9.9.9.9",
  });
});

test("with one, the address is the last that it wrote", () => {
  expect(settled({ ...claims }, true)).toEqual({
    "x-forwarded-for": "3.3.3.3",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
  });
  expect(settled({}, true)).toEqual({ "x-forwarded-for": "9.9.9.9" });
});

test("headers that only Next itself sends are taken off", () => {
  expect(
    settled(
      { "x-middleware-subrequest": "proxy:proxy:proxy", "x-nonce": "mine", "next-action": "kept" },
      true,
    ),
  ).toEqual({ "next-action": "kept", "x-forwarded-for": "9.9.9.9" });
});

describe("a body", () => {
  const read: number[] = [];
  const server = createServer((request, response) => {
    if (refuseBigBody(request, response)) return;
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on("end", () => {
      read.push(bytes);
      response.end("taken");
    });
  });
  beforeAll(() => new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready)));
  afterAll(
    () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  );

  const send = (bytes: number, chunked: boolean) =>
    new Promise<number | undefined>((answer) => {
      const { port } = server.address() as AddressInfo;
      const request = open(
        {
          port,
          host: "127.0.0.1",
          method: "POST",
          headers: chunked ? { "transfer-encoding": "chunked" } : { "content-length": bytes },
        },
        (response) => {
          response.resume();
          answer(response.statusCode);
        },
      );
      request.on("error", () => answer(undefined));
      for (let left = bytes; left > 0; left -= 65_536)
        request.write(Buffer.alloc(Math.min(left, 65_536)));
      request.end();
    });

  test.each([false, true])(
    "of the limit is taken, of a byte more refused, chunked: %s",
    async (chunked) => {
      expect(await send(BODY_LIMIT, chunked)).toBe(200);
      expect(read.at(-1)).toBe(BODY_LIMIT);
      const before = read.length;
      expect(await send(BODY_LIMIT + 1, chunked)).toBe(413);
      expect(await send(BODY_LIMIT * 8, chunked)).toBe(413);
      expect(read).toHaveLength(before);
    },
  );

  test("that never ends is answered, and hung up on", async () => {
    const before = read.length;
    let answer = "";
    const socket = connect({
      port: (server.address() as AddressInfo).port,
      host: "127.0.0.1",
      allowHalfOpen: true,
    });
    socket.on("data", (bytes: Buffer) => {
      answer += bytes.toString();
    });
    socket.on("error", () => undefined);
    socket.write("POST / HTTP/1.1\r\nHost: tidegate\r\nTransfer-Encoding: chunked\r\n\r\n");
    const more = () => {
      while (socket.writable && socket.write(`10000\r\n${" ".repeat(65_536)}\r\n`));
    };
    socket.on("drain", more);
    more();
    await new Promise((closed) => socket.on("close", closed));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(read).toHaveLength(before);
  });
});

test("whoever asks for another protocol gets an answer, and holds no connection", async () => {
  const server = createServer();
  server.on("upgrade", refuseUpgrade);
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  const ended = await Promise.all(
    Array.from({ length: 50 }, () => {
      // it neither reads to the end nor closes
      const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      socket.write(
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      );
      return new Promise<string>((done) => {
        let answer = "";
        socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
        socket.on("end", () => done(answer));
      });
    }),
  );
  for (const answer of ended) expect(answer).toMatch(/^HTTP\/1\.1 400 .*Connection: close/s);
  expect(await new Promise((count) => server.getConnections((_, open) => count(open)))).toBe(0);
  server.close();
});
