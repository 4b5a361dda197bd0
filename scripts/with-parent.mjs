// A child whose parent was killed outright must not live on: it holds ports and the database.

/** Read at once: a parent may die while this process is still busy starting. */
const parent = process.ppid;

/**
 * Calls `stop` once the process that started this one is gone.
 * @param {() => void} stop @returns {{ cancel(): void }}
 */
export function stopWithParent(stop) {
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, 500);
  watch.unref();
  return { cancel: () => clearInterval(watch) };
}
