import type { NextConfig } from "next";

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // types are checked once, by `npm run check`: not again on every machine that starts Tidegate
  typescript: { ignoreBuildErrors: true },
  // plain Node packages with native or dynamic parts: loaded, not bundled
  serverExternalPackages: ["pg", "pg-boss", "pino", "ssh2", "undici"],
  experimental: { serverActions: { bodySizeLimit: "1mb" } },
};

export default config;
