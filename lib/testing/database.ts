import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, inject } from "vitest";
import { db } from "@/lib/platform/db";

/**
 * A migrated database of this test file's own, cloned from the template: call it once at the top of the file. The
 * settings are set before anything reads them, so that `db()` and the secret box work as in production.
 */
export function useDatabase(): void {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const admin = async (sql: string) => {
    const client = new pg.Client({ connectionString: inject("postgresUrl") });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  beforeAll(async () => {
    await admin(`CREATE DATABASE ${name} TEMPLATE template`);
    const url = new URL(inject("postgresUrl"));
    url.pathname = `/${name}`;
    process.env.DATABASE_URL = url.href;
    process.env.ENCRYPTION_KEY = randomBytes(32).toString("base64");
  });
  afterAll(async () => {
    await db().$disconnect();
    await admin(`DROP DATABASE ${name} WITH (FORCE)`);
  });
}
