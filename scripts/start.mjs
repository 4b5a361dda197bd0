// `npm start`: makes a fresh clone ready, then runs everything (scripts/up.ts) on the Node that package.json names.
import { spawn } from "node:child_process";
import { build, generate, install, node, root } from "./ready.mjs";
import { stopWithParent } from "./with-parent.mjs";

await install();
await generate();
await build();

const up = spawn(node, ["--import", "tsx", "scripts/up.ts"], { cwd: root, stdio: "inherit" });
// Ctrl-C reaches up.ts too; it alone decides when all is stopped
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(signal, () => up.kill("SIGTERM"));
// npm runs this in a shell; when that is killed, nobody else would tell us
stopWithParent(() => up.kill("SIGTERM"));
up.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
