// Whether the config database has the shape that this program was written for.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { db } from "@/lib/platform/db";

let known: string[] | undefined;

/** The migrations of this version, read once: an upgrade may replace the files under a program that runs. */
const knownMigrations = (): string[] =>
  (known ??= readdirSync(join(process.cwd(), "prisma/migrations"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort());

/** Why this version can't work with the config database as it is; null when it can. */
export async function schemaProblem(migrations = knownMigrations()): Promise<string | null> {
  const found = await db().$queryRaw<{ name: string }[]>`
    SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`;
  const applied = new Set(found.map(({ name }) => name));
  const newer = [...applied].filter((name) => !migrations.includes(name));
  if (newer.length > 0)
    return `The database was changed by a newer version of Tidegate (${newer.join(", ")}). Install that version here too.`;
  const missing = migrations.filter((name) => !applied.has(name));
  if (missing.length > 0)
    return `The database lacks changes that this version needs (${missing.join(", ")}). They are made when Tidegate is started in this version, or by npm run db:migrate.`;
  return null;
}
