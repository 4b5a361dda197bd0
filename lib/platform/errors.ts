/**
 * What the engine knows of a failure: shall it be tried again, is it final, or can the user mend it?
 * A connector maps its driver's errors to these at its edge (`errors.ts`); no one above reads a driver's text.
 */
export type Fault = "transient" | "terminal" | "user-fixable";

export class SyncError extends Error {
  override readonly name = "SyncError";
  constructor(
    /** Plain sentence: what happened. */
    message: string,
    readonly fault: Fault,
    readonly detail: {
      /** What to do about it. */
      remedy?: string;
      /** The server's own text, secrets already removed. */
      serverText?: string;
      /** SQLSTATE or HTTP status. */
      code?: string;
      /** The receiver's or server's wish, in ms, before the next try. */
      retryAfterMs?: number;
      /** It is away (paused, restarting, out of reach): nothing is wrong but to wait, for long if need be. */
      waitsFor?: "warehouse";
    } = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A SyncError in one breath: what happened, and what to do. */
export const toldIn = ({ message, detail }: SyncError): string =>
  [message, detail.remedy].filter(Boolean).join(" ");

/** A text that leaves us, with stars where a secret stood. */
export const withoutSecrets = (text: string, secrets: readonly string[]): string =>
  secrets.filter(Boolean).reduce((clean, secret) => clean.replaceAll(secret, "***"), text);

/** Anything thrown, as a sentence. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
