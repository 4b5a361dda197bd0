// What stands between the socket and pg's parser until the login is over.
import { createHash, randomInt } from "node:crypto";
import { DriverError } from "./errors";

/** pg's inner connection, as far as the login leans on it; the version of pg is pinned. */
export type LoginConnection = { attachListeners(stream: LoginStream): void };
export type LoginStream = {
  on(event: string, listener: (chunk: Buffer) => void): unknown;
  write(bytes: Buffer): unknown;
  destroy(error?: Error): void;
};

/** What a server may say first: authentication, an error, a notice, or which protocol version it speaks. */
const FIRST_BYTES = new Set([..."RENv"].map((letter): number | undefined => letter.charCodeAt(0)));
const AUTHENTICATION = "R".charCodeAt(0);
const ACCEPTED = 0;
const DIGEST = 13;
/** Answered by pg: clear text, MD5, and the three parts of SASL. */
const KNOWN_TO_PG = new Set([3, 5, 10, 11, 12]);
/** Type and length. */
const HEAD_BYTES = 5;
/** No message of a login is nearly as long. */
const LONGEST_MESSAGE = 65_536;

/**
 * Answers what pg can't, Redshift's digest for SHA-256 passwords, and keeps from pg's parser what it would throw on:
 * inside a socket event that ends the process, here it ends the connection. A server of another kind is known by its
 * first byte: the parser would take its text for the start of an endless message.
 */
export function guardLogin(connection: LoginConnection, password: string): void {
  const attach = connection.attachListeners.bind(connection);
  connection.attachListeners = (stream) => {
    const guarded = (parse: (chunk: Buffer) => void) => {
      let waiting: Buffer | null = Buffer.alloc(0); // null once the login is over
      return (chunk: Buffer) => {
        try {
          if (waiting)
            waiting = readLogin(Buffer.concat([waiting, chunk]), password, stream, parse);
          else parse(chunk);
        } catch (error) {
          stream.destroy(error instanceof Error ? error : new Error(String(error)));
        }
      };
    };
    attach({
      on: (event, listener) => stream.on(event, event === "data" ? guarded(listener) : listener),
      write: (bytes) => stream.write(bytes),
      destroy: (error) => stream.destroy(error),
    });
  };
}

/** Takes the whole messages off the front. Gives what is left of the next one, or null when the login is over. */
function readLogin(
  bytes: Buffer,
  password: string,
  stream: LoginStream,
  parse: (chunk: Buffer) => void,
): Buffer | null {
  let at = 0;
  while (at < bytes.length) {
    const length = bytes.length - at >= HEAD_BYTES ? bytes.readInt32BE(at + 1) : 4;
    if (!FIRST_BYTES.has(bytes[at]) || length < 4 || length > LONGEST_MESSAGE)
      throw new DriverError(
        "NOT_POSTGRES",
        bytes.toString("latin1", at, at + 80).replace(/[^ -~]+/g, " "),
      );
    const end = at + 1 + length;
    if (bytes.length < Math.max(end, at + HEAD_BYTES)) break;
    const kind =
      bytes[at] === AUTHENTICATION && length >= 8 ? bytes.readInt32BE(at + HEAD_BYTES) : undefined;
    if (kind === ACCEPTED) {
      parse(bytes.subarray(at));
      return null;
    }
    if (kind === DIGEST)
      stream.write(answerDigest(bytes.subarray(at + HEAD_BYTES + 4, end), password));
    else if (kind !== undefined && !KNOWN_TO_PG.has(kind))
      throw new DriverError("LOGIN_UNKNOWN", `authentication type ${kind}`);
    else parse(bytes.subarray(at, end));
    at = end;
  }
  return bytes.subarray(at);
}

const SHA256 = 0;
const sha256 = (...parts: Buffer[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const withLength = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/**
 * The answer to authentication type 13, as AWS's own drivers give it: a hash of the salted password's hash and both
 * sides' nonces. The challenge is the algorithm, the salt and the server's nonce, the last two with their lengths.
 */
export function answerDigest(
  challenge: Buffer,
  password: string,
  clientNonce = Buffer.from(String(randomInt(1e12, 1e13))),
): Buffer {
  const { algorithm, salt, serverNonce } = readChallenge(challenge);
  if (algorithm !== SHA256)
    throw new DriverError("DIGEST_UNKNOWN", `digest algorithm ${algorithm}`);
  const digest = sha256(sha256(Buffer.from(password), salt), serverNonce, clientNonce);
  // 13 digits as in AWS's drivers, which send the clock: a server might expect no other length
  const body = Buffer.concat([withLength(digest), withLength(clientNonce)]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from("d"), length, body]);
}

function readChallenge(bytes: Buffer): { algorithm: number; salt: Buffer; serverNonce: Buffer } {
  const algorithm = bytes.length >= 4 ? bytes.readInt32BE(0) : -1;
  // what another algorithm's challenge looks like isn't known
  if (algorithm !== SHA256)
    return { algorithm, salt: Buffer.alloc(0), serverNonce: Buffer.alloc(0) };
  let at = 4;
  const part = (): Buffer => {
    const length = bytes.length >= at + 4 ? bytes.readInt32BE(at) : -1;
    if (length < 0 || at + 4 + length > bytes.length)
      throw new DriverError("NOT_POSTGRES", "a digest challenge that is cut short");
    at += 4 + length;
    return bytes.subarray(at - length, at);
  };
  return { algorithm, salt: part(), serverNonce: part() };
}
