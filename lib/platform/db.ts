import { PrismaPg } from "@prisma/adapter-pg";
import type { Clock } from "@/lib/platform/clock";
import { databaseUrl } from "@/lib/platform/env";
import { storable } from "@/lib/platform/foreign-text";
import { Prisma, PrismaClient } from "@/prisma/generated/client";

export type Db = PrismaClient;
/** The client within `$transaction`. */
export type Tx = Parameters<Parameters<PrismaClient["$transaction"]>[0]>[0];

const kept = globalThis as { tidegateDb?: PrismaClient };

/**
 * No write fails for what a text holds: a zero byte, or half of an emoji, is made visible on the way. Raw SQL is left
 * as it is; only ids and numbers are sent by it.
 */
function openClient(): PrismaClient {
  const client = new PrismaClient({
    adapter: new PrismaPg({
      connectionString: databaseUrl(),
      max: 10,
      connectionTimeoutMillis: 10_000,
    }),
  }).$extends({
    query: { $allModels: { $allOperations: ({ args, query }) => query(storable(args)) } },
  });
  return client as unknown as PrismaClient; // it lacks $on alone, which nobody uses
}

/** The config database. One client a process, kept over hot reloads; made at first use, so that a build needs none. */
export const db = (): PrismaClient => (kept.tidegateDb ??= openClient());

/** Whether a write was refused because a unique value is taken already (Prisma's P2002). */
export const isUniqueViolation = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "code" in error && error.code === "P2002";

type PrismaFailure = {
  clientVersion?: unknown;
  code?: unknown;
  meta?: { driverAdapterError?: { cause?: { originalCode?: unknown } } };
};

/** SQLSTATE classes that say something about what was sent: a value, a constraint, a name, a size. */
const ABOUT_WHAT_WAS_SENT = /^(22|23|42|54)/;

/**
 * Whether something failed since the config database is away, restarting, in recovery, full or too busy: the same can
 * succeed once it is not. Prisma gives its errors a `clientVersion`, and a code of its own (P1001: out of reach) or the
 * server's (57P03: in recovery).
 */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error) || error.name === "PrismaClientValidationError") return false;
  const { clientVersion, code, meta } = error as PrismaFailure;
  if (clientVersion === undefined) return false;
  const state = meta?.driverAdapterError?.cause?.originalCode;
  if (typeof state === "string") return !ABOUT_WHAT_WAS_SENT.test(state);
  // without a word of the server's: out of reach, no free connection, or a connection that was lost
  return code === undefined || /^(P1\d{3}|P2010|P2024|P2028|P2034)$/.test(String(code));
}

/**
 * The present moment for a statement, as columns have it (UTC): by the database's own clock, since machines whose clocks
 * differ must agree on who holds a lease and what is due. Tests say what a clock shows.
 */
export const moment = (clock?: Clock): Prisma.Sql =>
  clock
    ? Prisma.sql`${clock.now()}::timestamp(3)`
    : Prisma.sql`timezone('UTC', clock_timestamp())::timestamp(3)`;

/** The same as a value. */
export async function databaseNow(clock?: Clock): Promise<Date> {
  if (clock) return clock.now();
  const [row] = await db().$queryRaw<{ now: Date }[]>`SELECT ${moment()} AS now`;
  if (!row) throw new Error("The database did not say what time it is.");
  return row.now;
}

/** A row, or rows, with numbers where the database has bigints. */
export type Numbered<T> = T extends bigint
  ? number
  : T extends Date | string
    ? T
    : T extends object
      ? { [Key in keyof T]: Numbered<T[Key]> }
      : T;

/**
 * Rows as they are read, with their counts and positions as numbers: 2⁵³ rows are more than any table has. Whatever is
 * in them, lists and rows of other tables, is converted too.
 */
export function numbered<T>(value: T): Numbered<T> {
  const convert = (each: unknown): unknown => {
    if (typeof each === "bigint") return Number(each);
    if (Array.isArray(each)) return each.map(convert);
    if (typeof each !== "object" || each === null || each instanceof Date) return each;
    return Object.fromEntries(Object.entries(each).map(([key, inner]) => [key, convert(inner)]));
  };
  return convert(value) as Numbered<T>;
}
