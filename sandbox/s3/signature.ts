// Signature Version 4, checked by signing the request again with AWS's own signer: what this server
// accepts was signed as AWS signs.
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Sha256 } from "@aws-crypto/sha256-js";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import { accessDenied, S3Error } from "./errors";

export interface Key {
  secret: string;
  /** Whom deny rules name. */
  identity: string;
}

export interface Signed {
  identity: string;
  region: string;
}

interface Claim {
  credential: string;
  signedHeaders: string[];
  signature: string;
  date: string;
  presigned: boolean;
}

const maxSkew = 15 * 60_000;

function claimOf(request: IncomingMessage, url: URL): Claim {
  const header = request.headers.authorization;
  if (header) {
    const match =
      /^AWS4-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/.exec(
        header,
      );
    if (!match)
      throw new S3Error(
        400,
        "AuthorizationHeaderMalformed",
        "The authorization header is malformed",
      );
    const date = request.headers["x-amz-date"];
    if (typeof date !== "string") throw accessDenied();
    return {
      credential: match[1] ?? "",
      signedHeaders: (match[2] ?? "").split(";"),
      signature: match[3] ?? "",
      date,
      presigned: false,
    };
  }
  const parameter = (name: string): string => url.searchParams.get(name) ?? "";
  if (!parameter("X-Amz-Signature")) throw accessDenied();
  return {
    credential: parameter("X-Amz-Credential"),
    signedHeaders: parameter("X-Amz-SignedHeaders").split(";"),
    signature: parameter("X-Amz-Signature"),
    date: parameter("X-Amz-Date"),
    presigned: true,
  };
}

/** Throws S3's own error unless the request is signed by a known key, for the right time and place. */
export async function verifySignature(
  request: IncomingMessage,
  url: URL,
  keys: Map<string, Key>,
): Promise<Signed> {
  const claim = claimOf(request, url);
  const [id = "", , region = "", service = ""] = claim.credential.split("/");
  const key = keys.get(id);
  if (!key)
    throw new S3Error(
      403,
      "InvalidAccessKeyId",
      "The AWS Access Key Id you provided does not exist in our records.",
      { AWSAccessKeyId: id },
    );
  const date = new Date(
    claim.date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
  );
  if (Number.isNaN(date.getTime())) throw accessDenied();
  if (!claim.presigned && Math.abs(Date.now() - date.getTime()) > maxSkew)
    throw new S3Error(
      403,
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
    );

  const headers: Record<string, string> = {};
  for (const name of claim.signedHeaders) headers[name] = String(request.headers[name] ?? "");
  const query: Record<string, string | string[]> = {};
  for (const [name, value] of url.searchParams) {
    const present = query[name];
    query[name] =
      present === undefined ? value : [...(Array.isArray(present) ? present : [present]), value];
  }
  const signer = new SignatureV4({
    credentials: { accessKeyId: id, secretAccessKey: key.secret },
    region,
    service,
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const again = new HttpRequest({
    method: request.method ?? "GET",
    path: url.pathname,
    headers,
    query,
  });
  let expected: string;
  if (claim.presigned) {
    const expiresIn = Number(url.searchParams.get("X-Amz-Expires") ?? 0);
    if (Date.now() > date.getTime() + expiresIn * 1000)
      throw new S3Error(403, "AccessDenied", "Request has expired");
    for (const name of Object.keys(query))
      if (/^X-Amz-/.test(name) && name !== "X-Amz-Content-Sha256") delete query[name];
    const signed = await signer.presign(again, {
      signingDate: date,
      expiresIn,
      unhoistableHeaders: new Set(claim.signedHeaders.filter((name) => name !== "host")),
    });
    expected = String(signed.query?.["X-Amz-Signature"] ?? "");
  } else {
    const signed = await signer.sign(again, {
      signingDate: date,
      signableHeaders: new Set(claim.signedHeaders),
      unsignableHeaders: new Set(),
    });
    expected = /Signature=([0-9a-f]+)/.exec(signed.headers["authorization"] ?? "")?.[1] ?? "";
  }
  const same =
    expected.length === claim.signature.length &&
    timingSafeEqual(Buffer.from(expected), Buffer.from(claim.signature));
  if (!same)
    throw new S3Error(
      403,
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    );
  return { identity: key.identity, region };
}
