// `npm test`: everything, from a fresh clone. Ends with one line: N passed, N failed.
import { build, generate, install } from "./ready.mjs";
import { check, conclude, findBrowser, journeys, tellSshd, vitest } from "./stages.mjs";

await install();
await generate();
findBrowser();
check();
vitest(["database"]);
tellSshd();
vitest(["warehouse"]);
vitest(["sandbox"]);
await build();
journeys();
conclude();
