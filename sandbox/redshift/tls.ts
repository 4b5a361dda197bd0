// The sandbox's own certificate authority. node:crypto makes keys but no X.509, so node-forge writes
// the certificates around keys that node made (forge's own key generation takes seconds).
import { createPrivateKey, generateKeyPairSync, randomBytes } from "node:crypto";
import forge from "node-forge";

export interface Certificates {
  /** PEM of the authority's certificate: what a client must trust. */
  ca: string;
  cert: string;
  key: string;
}

function keyPair(): {
  pem: string;
  publicKey: forge.pki.rsa.PublicKey;
  privateKey: forge.pki.rsa.PrivateKey;
} {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  // forge reads PKCS#1 only
  const key = forge.pki.privateKeyFromPem(
    createPrivateKey(privateKey.export({ type: "pkcs1", format: "pem" }))
      .export({ type: "pkcs1", format: "pem" })
      .toString(),
  );
  return {
    pem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    privateKey: key,
    publicKey: forge.pki.setRsaPublicKey(key.n, key.e),
  };
}

function certificate(
  publicKey: forge.pki.rsa.PublicKey,
  name: string,
  issuer: string,
  years: number,
): forge.pki.Certificate {
  const made = forge.pki.createCertificate();
  made.publicKey = publicKey;
  // never a leading zero: forge would write the number in a form that OpenSSL refuses, one time in 512
  made.serialNumber = `01${randomBytes(15).toString("hex")}`;
  made.validity.notBefore = new Date(Date.now() - 24 * 3600_000);
  made.validity.notAfter = new Date(Date.now() + years * 365 * 24 * 3600_000);
  made.setSubject([{ name: "commonName", value: name }]);
  made.setIssuer([{ name: "commonName", value: issuer }]);
  return made;
}

/** Makes an authority and a certificate of it for 127.0.0.1, ::1 and localhost. */
export function makeCertificates(): Certificates {
  const authorityName = "Tidegate sandbox CA";
  const authority = keyPair();
  const ca = certificate(authority.publicKey, authorityName, authorityName, 10);
  ca.setExtensions([
    { name: "basicConstraints", cA: true, critical: true },
    { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    { name: "subjectKeyIdentifier" },
  ]);
  ca.sign(authority.privateKey, forge.md.sha256.create());

  const server = keyPair();
  const cert = certificate(server.publicKey, "localhost", authorityName, 10);
  cert.setExtensions([
    { name: "basicConstraints", cA: false },
    { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
    { name: "extKeyUsage", serverAuth: true },
    {
      name: "subjectAltName",
      altNames: [
        { type: 2, value: "localhost" },
        { type: 7, ip: "127.0.0.1" },
        { type: 7, ip: "::1" },
      ],
    },
  ]);
  cert.sign(authority.privateKey, forge.md.sha256.create());
  return {
    ca: forge.pki.certificateToPem(ca),
    cert: forge.pki.certificateToPem(cert),
    key: server.pem,
  };
}
