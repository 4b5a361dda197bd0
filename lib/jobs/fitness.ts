// Whether this worker can work: with the key of this installation, and the database that it was written for.
import { keyProblem } from "@/lib/platform/instance-secret";
import { log } from "@/lib/platform/log";
import { schemaProblem } from "@/lib/platform/schema";

/** Why this worker can't work, as of now; null when it can. Throws where the database can't be asked. */
export const findUnfit = async (): Promise<string | null> =>
  (await schemaProblem()) ?? (await keyProblem());

export type Fitness = {
  /** What was found last. */
  isFit(): boolean;
  /** Looks again, and logs where it has changed. Gives whether it is fit. */
  check(): Promise<boolean>;
};

/** Unfit until the first check says otherwise. */
export function openFitness(): Fitness {
  let last: string | null | undefined;
  return {
    isFit: () => last === null,
    check: async () => {
      const before = last;
      last = await findUnfit();
      if (last !== null && last !== before)
        log.error({ problem: last }, "this worker takes no work until that is corrected");
      if (last === null && before) log.info("this worker takes work again");
      return last === null;
    },
  };
}
