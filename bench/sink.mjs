// A receiver in a process of its own: reads what it is sent, counts, and answers after a delay if it is told to.
// POST: an event batch · GET /stats: { bytes, requests, refused } since the last reset
// GET /reset?delay=ms, and if wanted &slowEvery=n&slow=ms (each nth takes so long), &capacity=n (429 to more at once)
import { createServer } from "node:http";

let bytes = 0;
let requests = 0;
let delay = 0;
let slowEvery = 0;
let slow = 0;
let capacity = Infinity;
let working = 0;
let refused = 0;

const server = createServer((request, response) => {
  if (request.method === "GET") {
    const url = new URL(request.url ?? "/", "http://sink");
    const body = JSON.stringify({ bytes, requests, refused });
    if (url.pathname === "/reset") {
      delay = Number(url.searchParams.get("delay") ?? 0);
      slowEvery = Number(url.searchParams.get("slowEvery") ?? 0);
      slow = Number(url.searchParams.get("slow") ?? 0);
      capacity = Number(url.searchParams.get("capacity") ?? Infinity);
      bytes = requests = refused = 0;
    }
    response.end(body);
    return;
  }
  request.on("data", (chunk) => {
    bytes += chunk.length;
  });
  request.on("end", () => {
    requests += 1;
    if (working >= capacity) {
      refused += 1;
      response.writeHead(429).end();
      return;
    }
    working += 1;
    const answer = () => {
      working -= 1;
      response.end("OK");
    };
    const wait = slowEvery > 0 && requests % slowEvery === 0 ? slow : delay;
    if (wait > 0) setTimeout(answer, wait);
    else answer();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(`sink ready ${typeof address === "object" ? address?.port : ""}`);
});
