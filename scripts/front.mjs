// What every request goes through before Next sees it: what a stranger may not claim is taken off, and what is too big is
// refused. No authorization: that is each page's, route's and action's own.

/** As much as any form or action needs. */
export const BODY_LIMIT = 1_048_576;

/** Next's own, from one part of it to another. */
const INTERNAL = [
  "x-middleware-subrequest",
  "x-middleware-subrequest-id",
  "x-middleware-rewrite",
  "x-middleware-next",
  "x-invoke-path",
  "x-invoke-query",
  "x-invoke-output",
  "x-matched-path",
  "x-nonce",
];

/**
 * Who asks, as the rest may believe it: one address in X-Forwarded-For. Without a trusted proxy it is the one that
 * connected, and what else a request says of its way here is dropped; with one, the last that the proxy wrote.
 * @param {import("node:http").IncomingHttpHeaders} headers changed in place
 * @param {string | undefined} address who connected @param {boolean} isBehindProxy
 */
export function settleOrigin(headers, address, isBehindProxy) {
  for (const name of INTERNAL) delete headers[name];
  const told = isBehindProxy
    ? String(headers["x-forwarded-for"] ?? "")
        .split(",")
        .at(-1)
        ?.trim()
    : "";
  // An action that Next hands to another of its own pages says by this whom it was for. No other site can make a
  // browser send either header, so it can't be used to pass for the same site.
  const ownHost = headers["x-action-forwarded"] === "1" ? headers["x-forwarded-host"] : undefined;
  for (const name of Object.keys(headers))
    if (
      name === "forwarded" ||
      name === "x-real-ip" ||
      (name.startsWith("x-forwarded-") && !isBehindProxy)
    )
      delete headers[name];
  if (ownHost !== undefined) headers["x-forwarded-host"] = ownHost;
  headers["x-forwarded-for"] = told || (address ?? "");
}

/**
 * Tidegate has nothing to upgrade to: whoever asks gets an answer, and their connection ends. Next would hold it open.
 * @param {import("node:http").IncomingMessage} _request @param {import("node:stream").Duplex} socket
 */
export function refuseUpgrade(_request, socket) {
  socket.on("error", () => socket.destroy()); // it may be gone already
  socket.end(
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nTidegate has no other protocol to change to.\n",
    () => socket.destroy(),
  );
}

/** A connection that is closed while bytes come in takes the answer with it: so long the rest is read and dropped. */
const LINGER_MS = 2_000;

/**
 * Answers 413 to a body over the limit, and hangs up on who sends on and on. True when nobody else is to see the request.
 * @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response
 */
export function refuseBigBody(request, response) {
  const refuse = () => {
    if (!response.headersSent)
      response.writeHead(413, { "content-type": "text/plain; charset=utf-8", connection: "close" });
    const { socket } = request;
    socket.destroySoon = () => void socket.end(); // by which Node would close it behind the answer
    response.end("This is more than Tidegate takes at once (1 MB).");
    const late = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once("close", () => clearTimeout(late));
  };
  const length = request.headers["content-length"];
  if (length !== undefined && Number(length) > BODY_LIMIT) {
    refuse();
    request.resume();
    return true;
  }
  if (request.headers["transfer-encoding"] === undefined) return false;
  // a body without a length is counted as it comes, before whoever reads it: for them a refused one never ends
  let seen = 0;
  const push = request.push.bind(request);
  request.push = (chunk, encoding) => {
    seen += chunk?.length ?? 0;
    if (seen <= BODY_LIMIT) return push(chunk, encoding);
    if (chunk === null) request.destroy();
    else if (!request.destroyed && !response.writableEnded) refuse();
    return true;
  };
  return false;
}
