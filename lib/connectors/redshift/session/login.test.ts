import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { answerDigest, guardLogin, type LoginStream } from "./login";

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const sized = (bytes: Buffer) => Buffer.concat([int32(bytes.length), bytes]);
const message = (type: string, ...body: Buffer[]) =>
  Buffer.concat([Buffer.from(type), int32(4 + Buffer.concat(body).length), ...body]);
const sha256 = (...parts: Buffer[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
const challenge = (salt: Buffer, nonce: Buffer) =>
  Buffer.concat([int32(0), sized(salt), sized(nonce)]);

describe("the answer to a digest challenge", () => {
  test.each([0, 1, 16, 32, 64, 255])("a salt of %i bytes", (bytes) => {
    const [salt, serverNonce, clientNonce] = [
      Buffer.alloc(bytes, 7),
      Buffer.from([0, 255, 13, 10]),
      Buffer.from("1795200000000"),
    ];
    const digest = sha256(sha256(Buffer.from("Pässword1"), salt), serverNonce, clientNonce);
    expect(answerDigest(challenge(salt, serverNonce), "Pässword1", clientNonce)).toEqual(
      message("d", sized(digest), sized(clientNonce)),
    );
  });

  test("never says the same twice", () => {
    const asked = challenge(Buffer.alloc(32), Buffer.from("nonce"));
    expect(answerDigest(asked, "a")).not.toEqual(answerDigest(asked, "a"));
  });

  test("an unknown algorithm and a challenge cut short are named", () => {
    expect(() => answerDigest(int32(1), "a")).toThrow(
      expect.objectContaining({ code: "DIGEST_UNKNOWN" }) as Error,
    );
    const whole = challenge(Buffer.alloc(4), Buffer.alloc(4));
    for (let length = 4; length < whole.length; length++)
      expect(() => answerDigest(whole.subarray(0, length), "a")).toThrow(
        expect.objectContaining({ code: "NOT_POSTGRES" }) as Error,
      );
    expect(() => answerDigest(Buffer.concat([int32(0), int32(-1)]), "a")).toThrow(
      expect.objectContaining({ code: "NOT_POSTGRES" }) as Error,
    );
  });
});

describe("the guard", () => {
  /** What pg's parser was given, what the server was sent, and why the connection ended. */
  function login(chunks: Buffer[]): { parsed: string; sent: Buffer[]; ended?: unknown } {
    const seen: { parsed: string; sent: Buffer[]; ended?: unknown } = { parsed: "", sent: [] };
    let feed: (chunk: Buffer) => void = () => undefined;
    const stream: LoginStream = {
      on: (_, listener) => {
        feed = listener;
      },
      write: (bytes) => seen.sent.push(bytes),
      destroy: (error) => {
        seen.ended = error;
      },
    };
    const connection = {
      attachListeners: (to: LoginStream) =>
        void to.on("data", (chunk) => {
          seen.parsed += chunk.toString("latin1");
        }),
    };
    guardLogin(connection, "a");
    connection.attachListeners(stream);
    for (const chunk of chunks) if (!seen.ended) feed(chunk);
    return seen;
  }
  const accepted = message("R", int32(0));
  const asked = message("R", int32(13), challenge(Buffer.from("salt"), Buffer.from("nonce")));
  const later = message("Z", Buffer.from("I"));

  test("answers a digest that comes byte by byte, and shows pg only what it knows", () => {
    const whole = Buffer.concat([asked, accepted, later]);
    const { parsed, sent, ended } = login(Array.from(whole, (byte) => Buffer.from([byte])));
    expect(ended).toBeUndefined();
    expect(sent).toHaveLength(1);
    expect(parsed).toBe(Buffer.concat([accepted, later]).toString("latin1"));
    expect(login([whole]).parsed).toBe(parsed);
  });

  test("leaves pg its own logins, and everything after the login", () => {
    const md5 = message("R", int32(5), Buffer.from("salt"));
    expect(login([md5, accepted, Buffer.from("Dxxxxx")]).parsed).toBe(
      `${md5.toString("latin1")}${accepted.toString("latin1")}Dxxxxx`,
    );
  });

  test("ends what is another protocol, an endless message, or a login that nobody knows", () => {
    expect(login([Buffer.from("HTTP/1.1 400\r\n")]).ended).toMatchObject({ code: "NOT_POSTGRES" });
    expect(login([Buffer.from("R\x7f\x7f\x7f\x7f")]).ended).toMatchObject({ code: "NOT_POSTGRES" });
    expect(login([Buffer.from("RT/1")]).ended).toBeUndefined();
    expect(login([message("R", int32(14))]).ended).toMatchObject({
      code: "LOGIN_UNKNOWN",
      message: "authentication type 14",
    });
  });
});
