/** Names of one's own machine: nobody else can have a page served under them. */
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Whether a page of this origin is one of ours: scheme, host and port are those of BASE_URL (`base`). Where that is this
 * machine itself, its other names count too.
 */
export function isOwnOrigin(origin: string, base: string): boolean {
  const theirs = new URL(origin);
  const ours = new URL(base);
  if (theirs.origin === ours.origin) return true;
  const isLoopback = LOOPBACK.includes(theirs.hostname) && LOOPBACK.includes(ours.hostname);
  return isLoopback && theirs.protocol === ours.protocol && theirs.port === ours.port;
}
