import type { CheckUpdate } from "@/lib/connectors/contract/checks";

const HOUR_MS = 60 * 60_000;

export const allPassed = (results: readonly Pick<CheckUpdate, "status">[]): boolean =>
  results.length > 0 && results.every(({ status }) => status === "passed");

/** How long until a source is verified again: what is broken is looked at more often, so that it turns green by itself. */
export const nextCheckMs = (passed: boolean): number => (passed ? 6 * HOUR_MS : HOUR_MS / 2);

/** A verification that was begun and not written down after this long is begun again: its worker has died. */
export const CHECK_LEASE_MS = 3 * 60_000;

/** The checks with one told anew: it replaces what was known of it, in its place. */
export function withCheck<C extends { id: string }>(checks: readonly C[], update: C): C[] {
  return checks.some(({ id }) => id === update.id)
    ? checks.map((check) => (check.id === update.id ? update : check))
    : [...checks, update];
}
