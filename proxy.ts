// Headers for every answer that isn't a static file. It authorizes nothing: a proxy can be walked around, so each page,
// route and action judges for itself (lib/web).
import { NextResponse, type NextRequest } from "next/server";
import { env } from "@/lib/platform/env";
import { contentSecurityPolicy } from "@/lib/platform/content-security-policy";

export function proxy(request: NextRequest): NextResponse {
  const nonce = crypto.randomUUID().replaceAll("-", "");
  const isHttps = env().BASE_URL?.startsWith("https://") ?? false;
  const policy = contentSecurityPolicy({ nonce, isHttps, isDev: env().NODE_ENV === "development" });
  const headers = new Headers(request.headers);
  headers.set("x-nonce", nonce);
  headers.set("content-security-policy", policy); // where Next finds the nonce for its own scripts
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  if (isHttps)
    response.headers.set("strict-transport-security", "max-age=63072000; includeSubDomains");
  return response;
}

export const config = { matcher: "/((?!_next/static/).*)" };
