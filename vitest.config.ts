import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const alias = { "@": fileURLToPath(new URL(".", import.meta.url)) };
const exclude = ["node_modules/**", ".next/**", "e2e/**"];
// an odd zone (UTC+5:45), so that code that forgets its zone fails loudly
// and BASE_URL as ours: Vite puts its own into the environment
// and this machine's own servers, which the product refuses unless it is told otherwise
const env = {
  TZ: "Asia/Kathmandu",
  LOG_LEVEL: "error",
  BASE_URL: "http://localhost:3000",
  NETWORK_ALLOW: "127.0.0.1,[::1]",
};

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: "unit",
          env,
          include: ["{lib,components,scripts,sandbox}/**/*.test.ts"],
          exclude: [...exclude, "**/*.{db,sandbox}.test.ts", "sandbox/**"],
          testTimeout: 60_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: "database",
          env,
          include: ["lib/**/*.db.test.ts"],
          exclude,
          globalSetup: "lib/testing/database-setup.ts",
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: "warehouse",
          env,
          include: ["lib/**/*.sandbox.test.ts"],
          exclude,
          globalSetup: "lib/testing/sandbox-setup.ts",
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: "sandbox",
          env,
          include: ["sandbox/**/*.test.ts"],
          exclude,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
