import type { NextConfig } from "next";

/** For every answer, static files too. What differs by setting or by answer is in proxy.ts. */
const everywhere = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY", // for browsers that don't know frame-ancestors
  // links of invitations and of the set-up carry tokens
  "Referrer-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy":
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
};

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // types are checked once, by `npm run check`: not again on every machine that starts Tidegate
  typescript: { ignoreBuildErrors: true },
  // plain Node packages with native or dynamic parts: loaded, not bundled
  serverExternalPackages: ["pg", "pino", "ssh2", "undici"],
  headers: async () => [
    {
      source: "/:path*",
      headers: Object.entries(everywhere).map(([key, value]) => ({ key, value })),
    },
  ],
  experimental: { serverActions: { bodySizeLimit: "1mb" } },
};

export default config;
