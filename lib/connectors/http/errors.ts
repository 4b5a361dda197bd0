// What went wrong between us and an HTTP receiver, said plainly. The one place that reads undici's and Node's codes.
import { SyncError, type Fault } from "@/lib/platform/errors";
import { explainRefusal, NetworkRefused } from "@/lib/platform/network/guard";

export type HttpAnswer = {
  status: number;
  /** Start of the body, secrets removed. */
  text: string;
  /** Where a redirect leads, as a whole address. */
  location?: string;
  /** At most a day. */
  retryAfterMs?: number;
};

const userFix = (
  message: string,
  remedy: string,
  detail: { code?: string; serverText?: string } = {},
) => new SyncError(message, "user-fixable", { remedy, ...detail });

const PASSES = "It is tried again by itself.";

const TLS_UNTRUSTED = [
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
];
const TIMEOUTS = [
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
];

/** No answer at all: DNS, socket, TLS or a timeout. */
export function networkError(error: unknown, origin: string): SyncError {
  if (error instanceof NetworkRefused) {
    const { message, remedy } = explainRefusal(error);
    return userFix(message, remedy, { code: error.code });
  }
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  const host = new URL(origin).hostname;
  const told = (message: string, fault: Fault, remedy: string) =>
    new SyncError(
      message,
      fault,
      { remedy, serverText: cause.message, ...(code && { code }) },
      { cause },
    );
  if (code === "ENOTFOUND")
    return told(`There is no host named “${host}”.`, "user-fixable", "Check the address.");
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return told(
      `The certificate is not for the name “${host}”.`,
      "user-fixable",
      "Use the name that the certificate was made for.",
    );
  if (code === "CERT_HAS_EXPIRED")
    return told(
      `The certificate of ${host} has expired.`,
      "user-fixable",
      "The receiver needs a new certificate.",
    );
  if (code && TLS_UNTRUSTED.includes(code))
    return told(
      `The certificate of ${host} isn't signed by a trusted authority.`,
      "user-fixable",
      "The receiver needs a certificate of a public authority, or Node must be told of yours (NODE_EXTRA_CA_CERTS).",
    );
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "EPROTO")
    return told(
      `${origin} doesn't speak TLS.`,
      "user-fixable",
      "Check its port. If the receiver takes plain HTTP, enter the address with http://.",
    );
  if (code === "ECONNREFUSED")
    return told(
      `${origin} refuses the connection.`,
      "transient",
      "Is the receiver running, and is the port right?",
    );
  if (code && TIMEOUTS.includes(code))
    return told(
      `${origin} didn't answer in time.`,
      "transient",
      "Is the receiver reachable from here?",
    );
  return told(`The connection to ${origin} was lost.`, "transient", PASSES);
}

/** These say that something is wrong with what was sent, not with the way there. */
export const isRefusal = (status: number): boolean =>
  status === 400 || status === 409 || status === 413 || status === 422;

function passingText(status: number): string {
  if (status === 429) return "The receiver asks to send more slowly.";
  if (status < 500) return `The receiver didn't take the request in time (HTTP ${status}).`;
  return `The receiver has a fault of its own (HTTP ${status}).`;
}

/** An answer that is neither acceptance nor a refusal of the events. */
export function statusError(answer: HttpAnswer): SyncError {
  const { status, text, location, retryAfterMs } = answer;
  const detail = { code: String(status), ...(text && { serverText: text }) };
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const message = passingText(status);
    return new SyncError(message, "transient", {
      ...detail,
      remedy:
        retryAfterMs === undefined
          ? PASSES
          : "It is tried again by itself, after the pause that the receiver asks for.",
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
  if (status === 401 || status === 403)
    return userFix(
      `The receiver doesn't accept the key (HTTP ${status}).`,
      "Check the write key or the secret header, and that its source is enabled at the receiver.",
      detail,
    );
  if (status === 404 || status === 405 || status === 410)
    return userFix(
      `The receiver has no such address (HTTP ${status}).`,
      "Check the path of the address.",
      detail,
    );
  if (status >= 300 && status < 400)
    return userFix(
      `The receiver points to another address (HTTP ${status}).`,
      `Redirects aren't followed. Enter the final address${location ? `: ${location}` : "."}`,
      detail,
    );
  return userFix(
    `The receiver answered with HTTP ${status}.`,
    "Check the address and what the receiver expects.",
    detail,
  );
}
