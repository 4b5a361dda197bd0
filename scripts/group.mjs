// node scripts/group.mjs <command> …: runs a command that knows nothing of whoever started it, and ends it with all that it
// started once that one is gone. To be started detached, so that the process group is its own.
import { spawn } from "node:child_process";
import { stopWithParent } from "./with-parent.mjs";

/** How long the command may take to end in order. */
const END_MS = 5_000;

const signalGroup = (/** @type {NodeJS.Signals} */ signal) => process.kill(-process.pid, signal);

const [command = "", ...args] = process.argv.slice(2);
const program = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });
program.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
program.on("exit", (code) => process.exit(code ?? 1));

// the command was signalled too, being of the same group: this process waits for its end
let isEnding = false;
const onSignal = () => {
  if (isEnding) return;
  isEnding = true;
  setTimeout(() => signalGroup("SIGKILL"), END_MS).unref();
};
process.on("SIGTERM", onSignal);
process.on("SIGINT", onSignal);
stopWithParent(() => signalGroup("SIGTERM"));
