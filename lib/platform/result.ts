/** An expected outcome: a value, not an exception. `reason` is a sentence for a person. */
export type Result<T, R extends string = string> = { ok: true; value: T } | Refusal<R>;

/** `retryAfterS`: it was too much, and may be tried again after so many seconds. */
export type Refusal<R extends string = string> = {
  ok: false;
  reason: R;
  field?: string;
  retryAfterS?: number;
};

export const ok = <T>(value: T): { ok: true; value: T } => ({ ok: true, value });
export const refused = <R extends string>(reason: R, field?: string): Refusal<R> => ({
  ok: false,
  reason,
  ...(field && { field }),
});

/** What was too much at once, or too often. */
export const refusedFor = (retryAfterS: number, reason: string): Refusal => ({
  ok: false,
  reason,
  retryAfterS,
});
