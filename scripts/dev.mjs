// `npm run dev`: the same services, with Next's development server and a worker that restarts on a change.
import { spawn } from "node:child_process";
import { generate, install, node, root } from "./ready.mjs";
import { stopWithParent } from "./with-parent.mjs";

await install();
await generate();
const up = spawn(node, ["--import", "tsx", "scripts/up.ts", "--dev"], { cwd: root, stdio: "inherit" });
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(signal, () => up.kill("SIGTERM"));
// npm runs this in a shell; when that is killed, nobody else would tell us
stopWithParent(() => up.kill("SIGTERM"));
up.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
