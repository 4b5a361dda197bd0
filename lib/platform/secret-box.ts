// Secrets are sealed before they reach the database: AES-256-GCM, a fresh nonce each time, the id of the key beside
// the ciphertext (so that keys can be rotated), and the record's id as associated data (so that a ciphertext moved
// to another row does not open).
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import { required } from "@/lib/platform/env";

const VERSION = "v1";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

type Key = { id: string; bytes: Buffer };
let ring: Key[] | undefined;

const keys = (): Key[] => (ring ??= required("ENCRYPTION_KEY").map(keyFrom));

export function keyFrom(base64: string): Key {
  const bytes = Buffer.from(base64, "base64");
  return { id: createHash("sha256").update(bytes).digest("hex").slice(0, 8), bytes };
}

/** Seals `value` (any JSON) for the record `recordId`: `v1.<key id>.<nonce, tag and ciphertext in base64url>`. */
export function seal(recordId: string, value: unknown, key: Key | undefined = keys()[0]): string {
  if (!key) throw new Error("There is no key to seal with.");
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key.bytes, nonce).setAAD(Buffer.from(recordId));
  const text = Buffer.concat([cipher.update(JSON.stringify(value), "utf8"), cipher.final()]);
  return `${VERSION}.${key.id}.${Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64url")}`;
}

/** Opens what `seal` made for the same record. Throws when the key is unknown or the text was changed or moved. */
export function open(recordId: string, sealed: string, known: Key[] = keys()): unknown {
  const [version, keyId, body] = sealed.split(".");
  if (version !== VERSION || !keyId || !body) throw new Error("This is not a sealed secret.");
  const key = known.find(({ id }) => id === keyId);
  if (!key) throw new Error(`A secret was sealed with the key ${keyId}, which is not among ENCRYPTION_KEY.`);
  const bytes = Buffer.from(body, "base64url");
  const decipher = createDecipheriv("aes-256-gcm", key.bytes, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(recordId))
    .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  return JSON.parse(text.toString("utf8"));
}

/** A further key for another purpose, such as signing session cookies, so that there is one key to keep safe. */
export const derivedKey = (purpose: string): string => {
  const [first] = keys();
  if (!first) throw new Error("There is no key to derive from.");
  return Buffer.from(hkdfSync("sha256", first.bytes, "tidegate", purpose, 32)).toString("base64url");
};
