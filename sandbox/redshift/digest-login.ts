// Logins of users whose password is stored as SHA-256. Redshift asks them for a digest (authentication type 13), which
// PostgreSQL doesn't know: the proxy verifies it, and logs in to PostgreSQL itself.
//
// Digest and salt are kept as PostgreSQL keeps a password, in its SCRAM form: there they are part of the user's
// transaction, follow it through ALTER, RENAME and DROP in every database, and only superusers can read them. The
// clear text of that SCRAM password is the digest in hex, and the digest itself stands where the server's key would:
// that key is for clients who want to know their server, and the only client is this proxy.
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import { cstring, Framer, int32, message } from "./wire";

/** AWS's CREATE USER page: “a valid SHA-256 digest and 256-bit salt”. */
const saltBytes = 32;
const digestBytes = 32;
/** One round: the digest is no word that one could guess. */
const iterations = 1;
/** Time a client has for its answer. */
const answerMs = 60_000;

export interface StoredDigest {
  salt: Buffer;
  digest: Buffer;
}

const sha256 = (...parts: Buffer[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
const saltedKey = ({ digest, salt }: StoredDigest): Buffer =>
  pbkdf2Sync(digest.toString("hex"), salt, iterations, 32, "sha256");

/** What Redshift makes of `sha256|password`: it chooses the salt itself. */
export function digestOf(password: string): StoredDigest {
  const salt = randomBytes(saltBytes);
  return { salt, digest: sha256(Buffer.from(password), salt) };
}

/** The two halves of `sha256|digest|salt`, or nothing when they are no such thing. */
export function givenDigest(digest: string, salt: string): StoredDigest | undefined {
  const hex = (bytes: number): RegExp => new RegExp(`^[0-9a-f]{${bytes * 2}}$`, "i");
  return hex(digestBytes).test(digest) && hex(saltBytes).test(salt)
    ? { digest: Buffer.from(digest, "hex"), salt: Buffer.from(salt, "hex") }
    : undefined;
}

/** As PostgreSQL keeps it. */
export function toStored(given: StoredDigest): string {
  const storedKey = sha256(hmac(saltedKey(given), "Client Key"));
  return `SCRAM-SHA-256$${iterations}:${given.salt.toString("base64")}$${storedKey.toString("base64")}:${given.digest.toString("base64")}`;
}

/** Nothing for a user whose password is of another kind. */
export function fromStored(stored: string | null): StoredDigest | undefined {
  const [, salt, digest] = /^SCRAM-SHA-256\$\d+:([^$]+)\$[^:]+:(.+)$/.exec(stored ?? "") ?? [];
  return salt && digest
    ? { salt: Buffer.from(salt, "base64"), digest: Buffer.from(digest, "base64") }
    : undefined;
}

/** Asks for the digest. True when it is right; `rest` is what the client sent after it. */
export async function challenge(
  client: Socket,
  early: Buffer,
  { salt, digest }: StoredDigest,
): Promise<{ right: boolean; rest: Buffer }> {
  const serverNonce = randomBytes(4);
  client.write(
    message(
      "R",
      int32(13),
      int32(0),
      int32(salt.length),
      salt,
      int32(serverNonce.length),
      serverNonce,
    ),
  );
  const framer = new Framer();
  framer.push(early);
  const answer = await nextMessage(client, framer);
  const right = answer?.type === "d" && isRight(answer.bytes.subarray(5), digest, serverNonce);
  return { right, rest: framer.rest() };
}

function isRight(body: Buffer, digest: Buffer, serverNonce: Buffer): boolean {
  const answered = body.subarray(4, 4 + digestBytes);
  if (body.length < 8 + digestBytes || body.readInt32BE(0) !== digestBytes) return false;
  const nonceLength = body.readInt32BE(4 + digestBytes);
  const clientNonce = body.subarray(8 + digestBytes);
  return (
    clientNonce.length === nonceLength &&
    timingSafeEqual(answered, sha256(digest, serverNonce, clientNonce))
  );
}

/** The next whole message, or nothing when the connection ends or takes too long. */
function nextMessage(socket: Socket, framer: Framer): Promise<ReturnType<Framer["next"]>> {
  return new Promise((resolve) => {
    const end = (): void => done(undefined);
    const read = (chunk: Buffer): void => {
      framer.push(chunk);
      try {
        const next = framer.next();
        if (next) done(next);
      } catch {
        done(undefined); // not the protocol: refused like a wrong answer
      }
    };
    const timer = setTimeout(end, answerMs);
    const done = (found: ReturnType<Framer["next"]>): void => {
      clearTimeout(timer);
      socket.off("data", read).off("close", end).off("error", end);
      socket.pause(); // whoever reads next resumes it
      resolve(found);
    };
    socket.on("data", read).on("close", end).on("error", end);
    socket.resume();
    read(Buffer.alloc(0));
  });
}

/**
 * Logs in to PostgreSQL by SCRAM. Its next words, or its refusal (VALID UNTIL, a database that doesn't exist), are put
 * back into the socket for the session to read.
 */
export async function logInUpstream(upstream: Socket, stored: StoredDigest): Promise<void> {
  const framer = new Framer();
  const nonce = randomBytes(18).toString("base64");
  const bare = `n=,r=${nonce}`;
  const first = Buffer.from(`n,,${bare}`);
  const putBack = (bytes: Buffer): void => void (bytes.length > 0 && upstream.unshift(bytes));
  for (;;) {
    const next = await nextMessage(upstream, framer);
    if (!next) return;
    const kind = next.type === "R" ? next.bytes.readInt32BE(5) : -1;
    if (kind === 10)
      upstream.write(message("p", cstring("SCRAM-SHA-256"), int32(first.length), first));
    else if (kind === 11) {
      const serverFirst = next.bytes.toString("utf8", 9);
      const withoutProof = `c=biws,r=${/r=([^,]+)/.exec(serverFirst)?.[1] ?? ""}`;
      const clientKey = hmac(saltedKey(stored), "Client Key");
      const signature = hmac(sha256(clientKey), `${bare},${serverFirst},${withoutProof}`);
      const proof = clientKey.map((byte, at) => byte ^ (signature[at] ?? 0));
      upstream.write(
        message("p", Buffer.from(`${withoutProof},p=${Buffer.from(proof).toString("base64")}`)),
      );
    } else if (kind === 12) return putBack(framer.rest());
    else return putBack(Buffer.concat([next.bytes, framer.rest()]));
  }
}
