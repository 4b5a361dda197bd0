import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";
import { systemBrowsers } from "./scripts/ready.mjs";

const system = systemBrowsers.find((path) => existsSync(path));
const asRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  globalSetup: "./e2e/fixtures/global-setup.ts",
  // one Tidegate for all journeys, and an owner that the first of them creates: they run one after the other
  workers: 1,
  fullyParallel: false,
  timeout: 180_000,
  expect: { timeout: 20_000 },
  reporter: [["list"], ["json", { outputFile: "test-results/e2e.json" }]],
  use: {
    viewport: { width: 1360, height: 860 },
    actionTimeout: 20_000,
    navigationTimeout: 30_000,
    screenshot: "only-on-failure",
    // TRACE=1 keeps a trace of what fails: each journey then records every step, and is slower
    trace: process.env.TRACE ? "retain-on-failure" : "off",
    // a machine far from UTC, so that code that mixes up zones fails
    timezoneId: "America/Sao_Paulo",
    // without a graphics card the processor draws what moves, instead of what is tested
    contextOptions: { reducedMotion: "reduce" },
    launchOptions: {
      executablePath: system,
      args: [
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        ...(asRoot ? ["--no-sandbox"] : []),
      ],
    },
  },
});
