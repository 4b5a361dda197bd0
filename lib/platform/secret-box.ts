// Secrets are sealed before they reach the database, in an envelope: each has a data key of its own (AES-256-GCM), and
// that key is wrapped by the first key of the ring. The id of the wrapping key stands beside it, so that a new key
// only needs to wrap anew; the record's id is associated data, so that what is moved to another row does not open.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { currentRing, keyNamed, type Key } from "@/lib/platform/key-ring";

const VERSION = "v2";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

function encrypt(key: Buffer, associated: string, bytes: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(associated));
  const body = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64url");
}

function decrypt(key: Buffer, associated: string, text: string): Buffer {
  const bytes = Buffer.from(text, "base64url");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
    .setAAD(Buffer.from(associated))
    .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([
    decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)),
    decipher.final(),
  ]);
}

const wrapOf = (recordId: string) => `key of ${recordId}`;

const envelope = (recordId: string, key: Key, dataKey: Buffer, body: string) =>
  [VERSION, key.id, encrypt(key.bytes, wrapOf(recordId), dataKey), body].join(".");

function unwrap(
  recordId: string,
  sealed: string,
  ring: readonly Key[] | undefined,
): { dataKey: Buffer; body: string } {
  const [version, keyId, wrapped, body] = sealed.split(".");
  if (version !== VERSION || !keyId || !wrapped || !body)
    throw new Error("This is not a sealed secret.");
  return { dataKey: decrypt(keyNamed(keyId, ring).bytes, wrapOf(recordId), wrapped), body };
}

/** Seals `value` (any JSON) for the record `recordId`: `v2.<key id>.<wrapped data key>.<ciphertext>`, both in base64url with nonce and tag in front. */
export function seal(
  recordId: string,
  value: unknown,
  ring: readonly [Key, ...Key[]] = currentRing(),
): string {
  const dataKey = randomBytes(KEY_BYTES);
  return envelope(
    recordId,
    ring[0],
    dataKey,
    encrypt(dataKey, recordId, Buffer.from(JSON.stringify(value))),
  );
}

/** Opens what `seal` made for the same record. Throws when its key is not in the ring, or the text was changed or moved. */
export function open(recordId: string, sealed: string, ring?: readonly Key[]): unknown {
  const { dataKey, body } = unwrap(recordId, sealed, ring);
  return JSON.parse(decrypt(dataKey, recordId, body).toString("utf8"));
}

/** The same secret under the ring's first key. The data key stays, so the text itself isn't touched; throws like `open`. */
export function rewrap(
  recordId: string,
  sealed: string,
  ring: readonly [Key, ...Key[]] = currentRing(),
): string {
  const { dataKey, body } = unwrap(recordId, sealed, ring);
  decrypt(dataKey, recordId, body); // what was tampered with must not get a fresh wrapping
  return envelope(recordId, ring[0], dataKey, body);
}
