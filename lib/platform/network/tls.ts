// Whom a TLS connection trusts. Reading some hundreds of certificates takes 60 to 100 ms, and a context that was made of
// them holds megabytes outside of V8's heap: there is one for each bundle, and every login shares it.
import {
  createSecureContext,
  getCACertificates,
  rootCertificates,
  type SecureContext,
} from "node:tls";

/** A team may have certificates of its own; of those that were not used for longest the context is made anew. */
const MOST_KEPT = 20;
const kept = new Map<string, SecureContext>();

/**
 * What checks a server against Node's and the system's certificate authorities, and one more (PEM) where it is given.
 * The same text gives the same context.
 */
export function trusting(caCertificate = ""): SecureContext {
  const known = kept.get(caCertificate);
  const context =
    known ??
    createSecureContext({
      ca: [
        ...rootCertificates,
        ...getCACertificates("system"),
        ...(caCertificate === "" ? [] : [caCertificate]),
      ],
    });
  kept.delete(caCertificate);
  kept.set(caCertificate, context); // the last used is the last of the map
  const [oldest] = kept.keys();
  if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
  return context;
}
