// A child whose parent was killed outright must not live on: it holds ports and the database.
//
// Its stdin is a pipe that nobody but the parent holds, so the kernel closes it in the moment in which the parent ends,
// also when that is before the child has run its first line. Who was started otherwise, as by a shell, looks at its parent.

/** Read at once: a parent may end while this process is still busy starting. */
const parent = process.ppid;

const SETTING = "TIDEGATE_STOP_WITH_STDIN";
/** The environment of a child whose stdin is a pipe of its parent's. */
export const STOP_WITH_STDIN = Object.freeze({ [SETTING]: "1" });
const hasPipe = process.env[SETTING] === "1";
// what this process starts has a stdin of its own
delete process.env[SETTING];

/** How long one may take to stop in order. */
const STOP_MS = 15_000;

/**
 * Calls `stop` once the process that started this one is gone, and ends this process where that takes too long.
 * @param {() => void} stop @returns {{ cancel(): void }}
 */
export function stopWithParent(stop) {
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    setTimeout(() => process.exit(1), STOP_MS).unref();
    stop();
  };
  if (hasPipe) {
    process.stdin.on("end", end).on("close", end).on("error", end).resume();
    return { cancel: () => void (isOver = true) };
  }
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    end();
  }, 500);
  watch.unref();
  return { cancel: () => clearInterval(watch) };
}
