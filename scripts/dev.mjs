// `npm run dev`: the same services, with Next's development server and a worker that restarts on a change.
import { become, generate, install } from "./ready.mjs";

await install();
await generate();
become(["--import", "tsx", "scripts/up.ts", "--dev"]);
