/** Takes the next piece of work that is due, and gives what does it; null when nothing is due. */
export type Take = () => Promise<(() => Promise<void>) | null>;

export type Places = {
  /** There may be work: look. */
  wake(): void;
  /** Takes no more, and waits for what is under way. */
  stop(): Promise<void>;
};

/**
 * Does what is due, up to `most` pieces at once, until nothing is due. A piece that was taken has one more place look for
 * another, so that a single look is enough where there is none. What `take` or a piece throws goes to `onError`; the next
 * `wake` looks again.
 */
export function openPlaces(most: number, take: Take, onError: (error: unknown) => void): Places {
  const busy = new Set<Promise<void>>();
  let isStopped = false;
  /** Somebody called `wake` since the last look began: what that look didn't find may be there now. */
  let lookAgain = false;

  const fill = async (): Promise<void> => {
    for (;;) {
      lookAgain = false;
      const work = isStopped ? null : await take();
      if (work) {
        open();
        await work();
      } else if (!lookAgain) return;
    }
  };
  const open = (): void => {
    if (isStopped || busy.size >= most) return;
    const place = fill()
      .catch(onError)
      .finally(() => busy.delete(place));
    busy.add(place);
  };
  return {
    wake: () => {
      lookAgain = true;
      open();
    },
    stop: async () => {
      isStopped = true;
      await Promise.all(busy);
    },
  };
}
