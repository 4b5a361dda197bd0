// `npm run e2e -- [file or options]`: the browser journeys against the production build, on free ports.
import { build, generate, install } from "./ready.mjs";
import { conclude, findBrowser, journeys } from "./stages.mjs";

await install();
await generate();
await build();
findBrowser();
journeys(process.argv.slice(2));
conclude();
