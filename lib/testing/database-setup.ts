import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { applyMigrations } from "@/prisma/migrate";
import { startEmbeddedPostgres } from "@/scripts/embedded-postgres";
import { freePort, temporaryDir } from "@/scripts/services";

declare module "vitest" {
  export interface ProvidedContext {
    /** A PostgreSQL of this test run; the database `template` is migrated and empty. */
    postgresUrl: string;
  }
}

/** One PostgreSQL for the database tests; each file clones the migrated template (lib/testing/database.ts). */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { dir, remove } = temporaryDir("tidegate-test-");
  const server = await startEmbeddedPostgres({
    dataDir: join(dir, "postgres"),
    port: await freePort(),
    password: randomBytes(9).toString("hex"),
    settings: { fsync: "off" },
  });
  await applyMigrations(server.url("template"));
  project.provide("postgresUrl", server.url());
  return async () => {
    await server.stop();
    remove();
  };
}
