// `npm run check`: types, lint, structure, unit tests. The one command before a commit.
import { generate, install } from "./ready.mjs";
import { check, conclude } from "./stages.mjs";

await install();
await generate();
check();
conclude();
