// The secret of this installation with which its people's sessions are signed. Random, made at the first start, and
// sealed by the key ring: a rotated key signs nobody out.
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { db } from "@/lib/platform/db";
import { messageOf } from "@/lib/platform/errors";
import { open, seal } from "@/lib/platform/secret-box";

const ID = "sessions";
const kept = globalThis as { tidegateInstanceSecret?: string };

/** Reads it, and makes it the first time; of several web servers that start at once, all get the same. */
export async function loadInstanceSecret(): Promise<void> {
  await db().instanceSecret.createMany({
    data: { id: ID, sealedSecret: seal(ID, randomBytes(32).toString("base64url")) },
    skipDuplicates: true,
  });
  const { sealedSecret } = await db().instanceSecret.findUniqueOrThrow({ where: { id: ID } });
  kept.tidegateInstanceSecret = z.string().parse(open(ID, sealedSecret));
}

/** Why this program's keys are not those of this installation; null when they are, or nothing was sealed yet. */
export async function keyProblem(): Promise<string | null> {
  const found = await db().instanceSecret.findUnique({ where: { id: ID } });
  if (!found) return null;
  try {
    open(ID, found.sealedSecret);
    return null;
  } catch (error) {
    return `The encryption key here is not the one of this installation: ${messageOf(error)} Set ENCRYPTION_KEY, or ENCRYPTION_KEY_FILE, as it is where the web server runs.`;
  }
}

/** It, once the web server has started (instrumentation.ts). */
export function instanceSecret(): string {
  if (kept.tidegateInstanceSecret === undefined)
    throw new Error(
      "The web server has not started: instrumentation.ts reads the secret of this installation.",
    );
  return kept.tidegateInstanceSecret;
}
