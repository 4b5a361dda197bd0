/** How often a run that fails for a passing reason is tried before it fails for good. */
export const MAX_ATTEMPTS = 6;

/** Of how many rejected rows a run keeps what was to be sent: enough to see what is wrong, and no copy of the table. */
export const PAYLOADS_KEPT = 10_000;

const FIRST_MS = 2_000;
const LONGEST_MS = 5 * 60_000;

/**
 * How long a run waits after its `attempt`th try (1 is the first): doubling from 2 s to 5 min, less up to a half by
 * chance so that many runs don't come back at once; the other side's own wish (Retry-After) if that is longer.
 */
export function backoffMs(attempt: number, wishMs = 0, chance = Math.random()): number {
  const full = Math.min(FIRST_MS * 2 ** (attempt - 1), LONGEST_MS);
  return Math.max(Math.round(full * (1 - chance / 2)), Math.min(wishMs, LONGEST_MS));
}

/** A worker holds a run this long without a sign of life; it renews far more often. A killed worker's run is taken over after this and one sweep: within 30 s. */
export const LEASE_MS = 15_000;
export const RENEW_MS = 3_000;
/** How often workers fire slots and look for runs that nobody has. */
export const SWEEP_MS = 3_000;
