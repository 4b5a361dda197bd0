// A receiver that keeps what it accepted even when it is killed: a line an event, written before the answer.
// POST /v1/batch · PUT /settings { delayMs, faulty }: a share of the requests fails, each in its own way.
// Arguments: port, folder of the journals (a file a write key).
import { openSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const [, , port, folder = "."] = process.argv;
/** @type {Map<string, number>} */
const journals = new Map();
let settings = { delayMs: 0, faulty: 0 };

/** @param {string} key */
const journalOf = (key) => {
  const known = journals.get(key) ?? openSync(join(folder, `${key}.log`), "a");
  journals.set(key, known);
  return known;
};

const zipped = gzipSync("a zero byte: \0");

const server = createServer((request, response) => {
  /** @type {Buffer[]} */
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    if (request.method === "PUT") {
      settings = { ...settings, ...JSON.parse(Buffer.concat(chunks).toString()) };
      response.end();
      return;
    }
    const { batch } = JSON.parse(Buffer.concat(chunks).toString());
    const accept = () => {
      const key =
        Buffer.from((request.headers.authorization ?? "").replace("Basic ", ""), "base64")
          .toString()
          .split(":")[0] ?? "";
      const at = Date.now();
      writeSync(
        journalOf(key),
        batch
          .map(
            (
              /** @type {{ recordId: string, messageId: string, traits: { version: number } }} */ {
                recordId,
                messageId,
                traits,
              },
            ) => `${recordId}\t${messageId}\t${traits.version}\t${at}\n`,
          )
          .join(""),
      );
    };
    const answer = () => {
      if (Math.random() >= settings.faulty) {
        accept();
        response.end("OK");
        return;
      }
      const way = Math.floor(Math.random() * 9);
      if (way === 3 || (way === 8 && batch.length === 1)) accept();
      if (way === 0) response.writeHead(429, { "retry-after": "1" }).end();
      else if (way === 1) response.writeHead(500).end();
      else if (way === 4) response.writeHead(500).end("a zero byte: \0");
      else if (way === 5) response.writeHead(503).end(`${"x".repeat(999)}😀`);
      else if (way === 6) response.writeHead(500, { "content-encoding": "gzip" }).end(zipped);
      else if (way === 7 && batch.length > 1) response.writeHead(400).end("a bad\0row");
      else if (way === 8 && batch.length > 1) response.writeHead(413).end("too large");
      else if (way === 8) response.end("OK");
      else response.destroy(); // 2, 7 alone: never read · 3: accepted, and the answer lost
    };
    setTimeout(answer, settings.delayMs * (0.5 + Math.random()));
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(port), "127.0.0.1", () => console.log("receiver ready"));
