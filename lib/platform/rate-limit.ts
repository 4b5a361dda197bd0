// How often something may be tried. Counted in the config database, so that several web processes share it; while that
// is away each counts for itself.
import { createHash } from "node:crypto";
import {
  RateLimiterMemory,
  RateLimiterPrisma,
  RateLimiterRes,
  type RateLimiterAbstract,
} from "rate-limiter-flexible";
import type { Clock } from "@/lib/platform/clock";
import { databaseNow, db } from "@/lib/platform/db";
import { log } from "@/lib/platform/log";
import { ok, refusedFor, type Result } from "@/lib/platform/result";

const MINUTE_S = 60;

/** Tries within a time. Each ends by itself: whoever tries a stranger's account can't lock its owner out for ever. */
const limits = {
  /** Of one account from one address. */
  "sign-in": { points: 5, duration: 5 * MINUTE_S },
  /** From one address, of whatever accounts. */
  "sign-in by address": { points: 30, duration: 15 * MINUTE_S },
  /** Of one account, from addresses that it isn't known at. */
  "sign-in of account": { points: 20, duration: 10 * MINUTE_S },
  /** One-time links: set-up and invitations. */
  link: { points: 10, duration: 10 * MINUTE_S },
  /** Passkeys and codes, from one address; codes have a limit for their account too. */
  "second step": { points: 30, duration: 5 * MINUTE_S },
  /** Passwords that are asked for within a session, and of one account in all of its sessions. */
  "own password": { points: 5, duration: 5 * MINUTE_S },
  "own password of account": { points: 20, duration: 15 * MINUTE_S },
  /** A code of an app: once, for as long as it would be taken. */
  code: { points: 1, duration: 2 * MINUTE_S },
  /** Verifications and other looks at hosts that somebody enters. */
  verify: { points: 60, duration: MINUTE_S },
  invite: { points: 30, duration: 60 * MINUTE_S },
  /** Requests that use a warehouse, of one person and of one team. */
  "warehouse of person": { points: 300, duration: MINUTE_S },
  "warehouse of team": { points: 1_500, duration: MINUTE_S },
} as const;
export type Limit = keyof typeof limits;

const kept = new Map<Limit, RateLimiterAbstract>();

function limiter(name: Limit): RateLimiterAbstract {
  const known = kept.get(name);
  if (known) return known;
  const options = { keyPrefix: name, ...limits[name] };
  const made = new RateLimiterPrisma({
    ...options,
    storeClient: db(),
    tableName: "rateLimit",
    insuranceLimiter: new RateLimiterMemory(options),
    clearExpiredByTimeout: false,
  });
  kept.set(name, made);
  return made;
}

/** E-mail addresses and the like are kept as hashes: what was tried is nobody's business. */
const hashed = (key: string): string => createHash("sha256").update(key).digest("base64url");

const wait = (ms: number): string => {
  const minutes = Math.ceil(ms / 60_000);
  return ms <= 60_000 ? `${Math.max(1, Math.ceil(ms / 1000))} seconds` : `${minutes} minutes`;
};

/** One try more; refused with the time to wait when there were too many. */
export async function spend(name: Limit, key: string): Promise<Result<null>> {
  try {
    await limiter(name).consume(hashed(key));
    return ok(null);
  } catch (reached) {
    if (!(reached instanceof RateLimiterRes)) throw reached;
    log.warn({ limit: name }, "limit reached");
    return refusedFor(
      Math.max(1, Math.ceil(reached.msBeforeNext / 1000)),
      `Too many tries. Try again in ${wait(reached.msBeforeNext)}.`,
    );
  }
}

/**
 * Counts a try against each limit before it is made, so that tries at the same moment count too; a try that succeeds
 * forgives the earlier ones of its first limit, and isn't counted by the others.
 */
export async function tryWithin<T>(
  tries: [Limit, string][],
  work: () => Promise<Result<T>>,
): Promise<Result<T>> {
  for (const [name, key] of tries) {
    const spent = await spend(name, key);
    if (!spent.ok) return spent;
  }
  const outcome = await work();
  if (outcome.ok)
    await Promise.all(
      tries.map(([name, key], at) =>
        at === 0 ? limiter(name).delete(hashed(key)) : limiter(name).reward(hashed(key)),
      ),
    );
  return outcome;
}

/** Forgets windows that have ended. */
export const sweepLimits = async (clock?: Clock): Promise<void> =>
  void (await db().rateLimit.deleteMany({ where: { expire: { lt: await databaseNow(clock) } } }));
