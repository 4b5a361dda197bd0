import { foreignText } from "@/lib/platform/foreign-text";

/**
 * What the engine knows of a failure: shall it be tried again, is it final, or can the user mend it?
 * A connector maps its driver's errors to these at its edge (`errors.ts`); no one above reads a driver's text.
 */
export type Fault = "transient" | "terminal" | "user-fixable";

type Detail = {
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
};

const MOST_OF_A_CODE = 100;

/** The same in every copy of this file that a process has. */
const BRAND = Symbol.for("tidegate.SyncError");

/**
 * What it says may quote anybody, so it is foreign text: it can always be stored, logged and shown. Next puts this class
 * into several bundles, and a session that one of them opened is used by another: so an error is known by its brand, and
 * not by which copy of the class made it.
 */
export class SyncError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && BRAND in value;
  }
  override readonly name = "SyncError";
  readonly detail: Detail;
  constructor(
    /** Plain sentence: what happened. */
    message: string,
    readonly fault: Fault,
    { remedy, serverText, code, ...detail }: Detail = {},
    options?: ErrorOptions,
  ) {
    super(foreignText(message), options);
    Object.defineProperty(this, BRAND, { value: true });
    this.detail = {
      ...detail,
      ...(remedy !== undefined && { remedy: foreignText(remedy) }),
      ...(serverText !== undefined && { serverText: foreignText(serverText) }),
      ...(code !== undefined && { code: foreignText(code, MOST_OF_A_CODE) }),
    };
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
  foreignText(error instanceof Error ? error.message : String(error));
