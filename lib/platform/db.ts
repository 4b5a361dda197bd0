import { PrismaPg } from "@prisma/adapter-pg";
import { databaseUrl } from "@/lib/platform/env";
import { PrismaClient } from "@/prisma/generated/client";

export type Db = PrismaClient;
/** The client within `$transaction`. */
export type Tx = Parameters<Parameters<PrismaClient["$transaction"]>[0]>[0];

const kept = globalThis as { tidegateDb?: PrismaClient };

/** The config database. One client a process, kept over hot reloads; made at first use, so that a build needs none. */
export const db = (): PrismaClient =>
  (kept.tidegateDb ??= new PrismaClient({
    adapter: new PrismaPg({
      connectionString: databaseUrl(),
      max: 10,
      connectionTimeoutMillis: 10_000,
    }),
  }));

/** Whether a write was refused because a unique value is taken already (Prisma's P2002). */
export const isUniqueViolation = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "code" in error && error.code === "P2002";
