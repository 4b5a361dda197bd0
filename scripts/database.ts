// npm run db:migrate | db:new-migration -- <name> | db:reset | db:seed
// On DATABASE_URL where it is set, else on the embedded database of DATA_DIR (Tidegate must not be running then).
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "@/lib/platform/env";
import { messageOf } from "@/lib/platform/errors";
import { applyMigrations, newMigration, resetDatabase } from "@/prisma/migrate";
import { root } from "./ready.mjs";
import { lockDataDir, openDatabase, openDataDir } from "./services";

async function main([command, name]: string[]): Promise<string> {
  if (command === "new" && !name)
    throw new Error("Name the migration: npm run db:new-migration -- add-something");
  if (existsSync(join(root, ".env"))) process.loadEnvFile(join(root, ".env"));
  const env = parseEnv(process.env);
  const dataDir = openDataDir(env.DATA_DIR);
  const release = env.DATABASE_URL ? () => undefined : lockDataDir(dataDir);
  const database = await openDatabase(env, dataDir); // which applies what is missing
  try {
    if (command === "migrate")
      return `Up to date: ${(await applyMigrations(database.url)).join(", ") || "nothing was missing"}.`;
    if (command === "new" && name) {
      const made = await newMigration(database.url, name);
      return made
        ? `Wrote prisma/migrations/${made}. Read it, then npm run db:migrate.`
        : "The migrations already say all that the schema says.";
    }
    if (command === "reset") return `Made anew: ${(await resetDatabase(database.url)).join(", ")}.`;
    if (command === "seed") {
      process.env.DATABASE_URL = database.url;
      Object.assign(process.env, database.keys);
      const { seed } = await import("@/prisma/factories/seed");
      return await seed(dataDir);
    }
    throw new Error("Say: migrate, new <name>, reset, or seed.");
  } finally {
    await database.stop();
    release();
  }
}

main(process.argv.slice(2)).then(
  (said) => {
    console.log(said);
    process.exit(0);
  },
  (error: unknown) => {
    console.error(messageOf(error));
    process.exit(1);
  },
);
