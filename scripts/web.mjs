// The web server: Next's production build (or, with --dev, its development server) on BIND_HOST.
import { createServer } from "node:http";
import next from "next";
import { refuseBigBody, refuseUpgrade, settleOrigin } from "./front.mjs";
import { consoleAsLines } from "./lines.mjs";
import { stopWithParent } from "./with-parent.mjs";

/** A request that takes longer to arrive holds a connection for nothing. */
const REQUEST_MS = 60_000;

// from the first moment on: what is not up yet has nothing to finish
/** @type {() => void} */
let stop = () => process.exit(0);
stopWithParent(() => stop());

const dev = process.argv.includes("--dev");
if (!dev) consoleAsLines("web server");
const port = Number(process.env.PORT ?? 3000);
const hostname = process.env.BIND_HOST ?? "127.0.0.1";
const isBehindProxy = process.env.TRUSTED_PROXY === "on";

// Next asks itself now and then: at this address, rather than at what a request calls its Host
const written = hostname.includes(":") ? `[${hostname}]` : hostname;
const reachable = ["0.0.0.0", "::"].includes(hostname) ? "127.0.0.1" : written;
process.env.__NEXT_PRIVATE_ORIGIN = `http://${reachable}:${port}`;

const app = next({ dev, hostname, port });
await app.prepare();
const handle = app.getRequestHandler();
const server = createServer({ requestTimeout: REQUEST_MS }, (request, response) => {
  settleOrigin(request.headers, request.socket.remoteAddress, isBehindProxy);
  if (!refuseBigBody(request, response)) void handle(request, response);
});
// the development server tells the browser of changes over a WebSocket
const upgrade = dev ? app.getUpgradeHandler() : refuseUpgrade;
server.on("upgrade", (request, socket, head) => void upgrade(request, socket, head));
server.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
server.listen(port, hostname, () => console.log(`web ready on ${hostname}:${port}`));

stop = () => {
  server.close(() => process.exit(0));
  server.closeAllConnections(); // live run pages hold theirs open for as long as one looks at them
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
