// `npm run worker`: one more worker, here or on another machine; DATABASE_URL and ENCRYPTION_KEY say of which Tidegate.
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  become,
  buildWorker,
  generate,
  install,
  root,
  workerFlags,
  workerProgram,
} from "./ready.mjs";

await install();
await generate();
await buildWorker();
if (existsSync(join(root, ".env"))) process.loadEnvFile(join(root, ".env"));
become([...workerFlags, workerProgram]);
