// A receiver in a process of its own: reads what it is sent, counts, and answers after a delay if it is told to.
// POST: an event batch · GET /stats: { bytes, requests } since the last reset · GET /reset?delay=ms
import { createServer } from "node:http";

let bytes = 0;
let requests = 0;
let delay = 0;

const server = createServer((request, response) => {
  if (request.method === "GET") {
    const url = new URL(request.url ?? "/", "http://sink");
    const body = JSON.stringify({ bytes, requests });
    if (url.pathname === "/reset") {
      delay = Number(url.searchParams.get("delay") ?? 0);
      bytes = 0;
      requests = 0;
    }
    response.end(body);
    return;
  }
  request.on("data", (chunk) => {
    bytes += chunk.length;
  });
  request.on("end", () => {
    requests += 1;
    if (delay > 0) setTimeout(() => response.end("OK"), delay);
    else response.end("OK");
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(`sink ready ${typeof address === "object" ? address?.port : ""}`);
});
