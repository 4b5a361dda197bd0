// `npm start`: makes a fresh clone ready, then runs everything (scripts/up.ts) on the Node that package.json names.
import { become, build, generate, install } from "./ready.mjs";

await install();
await generate();
await build();
become(["--import", "tsx", "scripts/up.ts"]);
