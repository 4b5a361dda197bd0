import { createHash, randomBytes, randomUUID } from "node:crypto";

export const newId = (): string => randomUUID();

const TOKEN_BYTES = 24;

/** The token of a link: what is kept of it is its hash alone. */
export const newToken = (): string => randomBytes(TOKEN_BYTES).toString("base64url");

export const hashOfToken = (token: string): string =>
  createHash("sha256").update(token).digest("hex");

/** A UUID that is always the same for the same parts: version 8, the custom layout of RFC 9562, from SHA-256. */
export function stableId(...parts: string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`); // length first: ("a","bc") is not ("ab","c")
  const hex = hash.digest("hex");
  const variant = ((parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(18, 20)}-${hex.slice(20, 32)}`;
}
