// A child whose parent was killed outright must not live on: it holds ports and the database.
/** Calls `stop` once the process that started this one is gone. @param {() => void} stop */
export function stopWithParent(stop) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, 500);
  watch.unref();
}
