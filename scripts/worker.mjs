// `npm run worker`: one more worker, here or on another machine; DATABASE_URL and ENCRYPTION_KEY say of which Tidegate.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildWorker, generate, install, node, root, workerFlags, workerProgram } from "./ready.mjs";
import { stopWithParent } from "./with-parent.mjs";

await install();
await generate();
await buildWorker();

if (existsSync(join(root, ".env"))) process.loadEnvFile(join(root, ".env"));
const worker = spawn(node, [...workerFlags, workerProgram], { cwd: root, stdio: "inherit" });
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(signal, () => worker.kill("SIGTERM"));
// npm runs this in a shell; when that is killed, nobody else would tell us
stopWithParent(() => worker.kill("SIGTERM"));
worker.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
