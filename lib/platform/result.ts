/** An expected outcome: a value, not an exception. `reason` is a sentence for a person. */
export type Result<T, R extends string = string> =
  { ok: true; value: T } | { ok: false; reason: R; field?: string };

export const ok = <T>(value: T): { ok: true; value: T } => ({ ok: true, value });
export const refused = <R extends string>(
  reason: R,
  field?: string,
): { ok: false; reason: R; field?: string } => ({ ok: false, reason, ...(field && { field }) });
