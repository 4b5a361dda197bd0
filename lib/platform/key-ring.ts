// The keys that secrets are sealed with: the first seals, all of them open. From ENCRYPTION_KEY, or from the file that
// ENCRYPTION_KEY_FILE names, which is read again when it has changed: a key can be rotated while Tidegate runs.
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { encryptionKeysSchema, env, SettingsError } from "@/lib/platform/env";

/** 32 bytes; the id is the beginning of their hash, and tells nothing of them. */
export type Key = { id: string; bytes: Buffer };
export type KeyRing = readonly [Key, ...Key[]];

export function keyFrom(base64: string): Key {
  const bytes = Buffer.from(base64, "base64");
  return { id: createHash("sha256").update(bytes).digest("hex").slice(0, 8), bytes };
}

/** A ring of keys as they stand in a setting or a file: base64, by commas or lines. Throws a SettingsError for a missing or a short one. */
export function ringFrom(text: string, setting: string): KeyRing {
  const parsed = encryptionKeysSchema.safeParse(text);
  const [first, ...others] = parsed.data ?? [];
  if (!first)
    throw new SettingsError(
      `The setting ${setting} is wrong: each key ${parsed.error?.issues[0]?.message ?? "is missing"}.`,
    );
  return [keyFrom(first), ...others.map(keyFrom)];
}

let kept: { version: string; ring: KeyRing } | undefined;

/** The ring as it is now. Throws a SettingsError when there is none or one that can't be used. */
export function currentRing(): KeyRing {
  const { ENCRYPTION_KEY: keys, ENCRYPTION_KEY_FILE: file } = env();
  if (keys)
    return (kept ??= { version: "", ring: ringFrom(keys.join(","), "ENCRYPTION_KEY") }).ring;
  if (!file)
    throw new SettingsError(
      "ENCRYPTION_KEY is not set. Secrets can't be kept without it: set it to 32 random bytes in base64 (openssl rand -base64 32 prints one) and keep it safe.",
    );
  const { mtimeNs, ino, size } = stat(file);
  const version = `${ino}:${mtimeNs}:${size}`;
  if (kept?.version !== version)
    kept = { version, ring: ringFrom(readFileSync(file, "utf8"), "ENCRYPTION_KEY_FILE") };
  return kept.ring;
}

function stat(file: string) {
  try {
    return statSync(file, { bigint: true });
  } catch (error) {
    throw new SettingsError(`The setting ENCRYPTION_KEY_FILE is wrong: ${file} can't be read.`, {
      cause: error,
    });
  }
}

/** The key of this id. Throws, naming the id, when the ring doesn't have it. */
export function keyNamed(id: string, ring: readonly Key[] = currentRing()): Key {
  const key = ring.find((known) => known.id === id);
  if (!key)
    throw new Error(`A secret was sealed with the key ${id}, which is not among ENCRYPTION_KEY.`);
  return key;
}
