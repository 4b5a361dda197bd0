// npm run secrets -- status | rotate-key | retire-keys
// The keys that secrets are sealed with (lib/platform/key-ring.ts), while Tidegate runs or not. On DATABASE_URL where it
// is set, else on the embedded database of DATA_DIR.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { db } from "@/lib/platform/db";
import { env, parseEnv } from "@/lib/platform/env";
import { messageOf } from "@/lib/platform/errors";
import { currentRing, keyFrom, ringFrom } from "@/lib/platform/key-ring";
import { keysInUse, resealAll } from "@/lib/platform/reseal";
import { root } from "./ready.mjs";
import { lockDataDir, openDatabase, openDataDir, runningDatabase, writePrivate } from "./services";

const plural = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;

async function status(): Promise<string> {
  const ring = currentRing();
  const used = await keysInUse();
  const lines = ring.map(
    ({ id }, at) => `${id}  ${plural(used.get(id) ?? 0, "secret")}${at === 0 ? ", seals" : ""}`,
  );
  const lost = [...used]
    .filter(([id]) => !ring.some((key) => key.id === id))
    .map(([id, n]) => `${id}  ${plural(n, "secret")}, KEY MISSING: they can't be opened`);
  return [...lines, ...lost].join("\n");
}

const writeRing = (file: string, keys: string[]) => writePrivate(file, `${keys.join("\n")}\n`);
const keysOf = (file: string) =>
  readFileSync(file, "utf8")
    .split(/[,\n]/)
    .map((line) => line.trim())
    .filter(Boolean);

/** A new key in front of the file's; with ENCRYPTION_KEY the person has put it there. Then everything is wrapped anew. */
async function rotateKey(): Promise<string> {
  const file = env().ENCRYPTION_KEY_FILE;
  if (file) {
    ringFrom(readFileSync(file, "utf8"), "ENCRYPTION_KEY_FILE");
    writeRing(file, [randomBytes(32).toString("base64"), ...keysOf(file)]);
  } else if (currentRing().length === 1) {
    throw new Error(
      "ENCRYPTION_KEY has one key only. Put a new one in front (ENCRYPTION_KEY=new,old; openssl rand -base64 32 prints one), start every web server and worker with it, and call this again.",
    );
  }
  const [{ id }] = currentRing();
  const { resealed, failed } = await resealAll();
  if (failed.length > 0)
    throw new Error(
      `${plural(resealed, "secret")} now under the key ${id}, but these could not be opened, and are as they were:\n${failed.join("\n")}`,
    );
  return `${plural(resealed, "secret")} now under the key ${id}. The older keys still open backups; npm run secrets -- retire-keys removes those that nothing needs.`;
}

/** Removes from the file the keys that wrap nothing. What was sealed under the old one in the same instant keeps its key. */
async function retireKeys(): Promise<string> {
  const used = await keysInUse();
  const [first, ...others] = currentRing();
  const idle = others.filter(({ id }) => !used.has(id));
  if (idle.length === 0)
    return others.length === 0
      ? "There is one key, and it seals."
      : "Every key still opens something: npm run secrets -- rotate-key first.";
  const file = env().ENCRYPTION_KEY_FILE;
  if (!file)
    return `Nothing needs ${idle.map(({ id }) => id).join(", ")} any more: take ${idle.length === 1 ? "it" : "them"} out of ENCRYPTION_KEY.`;
  const kept = keysOf(file).filter(
    (key) => keyFrom(key).id === first.id || used.has(keyFrom(key).id),
  );
  writeRing(file, kept);
  return `Removed ${idle.map(({ id }) => id).join(", ")}. Backups made before the rotation can't be opened without.`;
}

const commands: Record<string, () => Promise<string>> = {
  status: status,
  "rotate-key": rotateKey,
  "retire-keys": retireKeys,
};

async function main([command = ""]: string[]): Promise<string> {
  const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (!run) throw new Error("Say: status, rotate-key, or retire-keys.");
  if (existsSync(join(root, ".env"))) process.loadEnvFile(join(root, ".env"));
  const settings = parseEnv(process.env);
  const dataDir = openDataDir(settings.DATA_DIR);
  const running = runningDatabase(settings, dataDir);
  // a start in the same moment would take the database server for one that was left behind
  const release = running || settings.DATABASE_URL ? () => undefined : lockDataDir(dataDir);
  const database = running ?? (await openDatabase(settings, dataDir));
  Object.assign(process.env, { DATABASE_URL: database.url, ...database.keys });
  try {
    return await run();
  } finally {
    await db().$disconnect();
    await database.stop();
    release();
  }
}

main(process.argv.slice(2)).then(
  (says) => console.log(says),
  (error: unknown) => {
    console.error(messageOf(error));
    process.exitCode = 1;
  },
);
