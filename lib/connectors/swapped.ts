// A table that is replaced by rename, as dbt replaces each model every hour, is away for a moment: who looks then must
// not hear that it is gone. The one place that says for how long it is looked for again.
import { SyncError } from "@/lib/platform/errors";
import { retryTransient, type Delay, type RetryOptions } from "./retry";

/** The code of a table that the catalogue doesn't have; a statement's own is 42P01, or 3F000 for its schema. */
const MISSING = "TABLE_MISSING";
const gone: readonly (string | undefined)[] = [MISSING, "42P01", "3F000"];
const LOOKED_FOR = "LOOKED_FOR_AGAIN";

/** About four seconds: a rename takes milliseconds, a DROP and a CREATE … AS the time of a small query. */
const RETRIES: RetryOptions = {
  tries: 7,
  firstDelayMs: 100,
  maxDelayMs: 1_500,
  when: ({ detail }) => detail.code === LOOKED_FOR,
};

/** The error of a table that isn't in the catalogue. */
export const tableMissing = (message: string, remedy?: string): SyncError =>
  new SyncError(message, "user-fixable", { code: MISSING, ...(remedy && { remedy }) });

export const isMissing = (error: unknown): error is SyncError =>
  error instanceof SyncError && gone.includes(error.detail.code);

/** Does `work` again while a table that it needs is missing; throws the error of the last time. */
export async function whileSwapped<T>(
  work: () => Promise<T>,
  delay: Delay,
  signal: AbortSignal,
): Promise<T> {
  try {
    return await retryTransient(
      async () => {
        try {
          return await work();
        } catch (error) {
          if (!isMissing(error)) throw error;
          throw new SyncError(error.message, "transient", { code: LOOKED_FOR }, { cause: error });
        }
      },
      RETRIES,
      delay,
      signal,
    );
  } catch (error) {
    throw error instanceof SyncError && error.detail.code === LOOKED_FOR ? error.cause : error;
  }
}
