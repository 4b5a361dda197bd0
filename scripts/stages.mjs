// What `npm run check`, `npm run e2e` and `npm test` are made of. Each stage adds to one tally, so that a run ends with
// one line: N passed, N failed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { giveUp, node, root, systemBrowsers } from "./ready.mjs";

export const tally = { passed: 0, failed: 0 };
const bin = (/** @type {string} */ name) => join(root, "node_modules", ".bin", name);

/** @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
const run = (args, env = process.env) =>
  spawnSync(node, args, { cwd: root, stdio: "inherit", env }).status === 0;

/** A stage that either holds or doesn't. @param {string} title @param {string[]} args */
function holds(title, args) {
  console.log(`\n── ${title}`);
  const ok = run(args);
  tally[ok ? "passed" : "failed"] += 1;
}

/** @param {string[]} projects */
export function vitest(projects) {
  console.log(`\n── Tests: ${projects.join(", ")}`);
  const dir = mkdtempSync(join(tmpdir(), "tidegate-vitest-"));
  const report = join(dir, "report.json");
  // the reporters beside the JSON one print what failed
  run([
    bin("vitest"),
    "run",
    ...projects.flatMap((name) => ["--project", name]),
    "--reporter=dot",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ]);
  if (existsSync(report)) {
    const { numPassedTests, numFailedTests, numFailedTestSuites, success } = JSON.parse(
      readFileSync(report, "utf8"),
    );
    tally.passed += numPassedTests;
    // a file that can't even be loaded fails without a failed test
    tally.failed += success ? 0 : Math.max(numFailedTests, numFailedTestSuites, 1);
  } else tally.failed += 1;
  rmSync(dir, { recursive: true, force: true });
}

export function check() {
  holds("Format", [bin("prettier"), "--check", "--log-level=warn", "."]);
  holds("Types", [bin("tsc"), "--noEmit"]);
  holds("Lint, with the import law", [bin("eslint"), "--max-warnings=0", "."]);
  holds("Structure", ["scripts/structure.mjs"]);
  vitest(["unit"]);
}

/** The system's Chromium, else Playwright's own, else (as root on Debian) installs Debian's. */
export function findBrowser() {
  const found = () => systemBrowsers.some((path) => existsSync(path));
  if (found()) return;
  const playwrights = spawnSync(
    node,
    ["-e", "console.log(require('@playwright/test').chromium.executablePath())"],
    { cwd: root, encoding: "utf8" },
  ).stdout.trim();
  if (playwrights && existsSync(playwrights)) return;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    console.log("Installing Debian's Chromium for the browser journeys …");
    /** @type {import("node:child_process").SpawnSyncOptions} */
    const quiet = {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    };
    spawnSync("apt-get", ["update", "-qq"], quiet);
    for (const name of ["chromium-headless-shell", "chromium"]) {
      spawnSync("apt-get", ["install", "-y", "-qq", name], quiet);
      if (found()) return;
    }
  }
  console.log("Installing Playwright's Chromium for the browser journeys …");
  if (run([bin("playwright"), "install", "chromium"])) return;
  giveUp(
    "The journeys need a browser. Install Chromium (Debian: apt-get install chromium), set CHROMIUM_PATH, or run `npx playwright install chromium`.",
  );
}

/**
 * Says whether tunnels are tested against OpenSSH too. It isn't installed here: Debian's package starts a server that
 * listens to the world.
 */
export function tellSshd() {
  if (["/usr/sbin/sshd", "/usr/local/sbin/sshd"].some((path) => existsSync(path))) return;
  console.log(
    "\nThere is no sshd on this machine: SSH tunnels are tested against the SSH library's own server alone.",
  );
}

/** @param {string[]} args names or options for Playwright */
export function journeys(args = []) {
  console.log("\n── Browser journeys, on the production build");
  const ok = run([bin("playwright"), "test", ...args]);
  const report = join(root, "test-results", "e2e.json");
  if (!existsSync(report)) {
    tally.failed += 1;
    return;
  }
  const { stats, errors } = JSON.parse(readFileSync(report, "utf8"));
  tally.passed += stats.expected + stats.flaky;
  tally.failed += stats.unexpected + (errors?.length ?? 0);
  if (!ok && stats.unexpected === 0 && !errors?.length) tally.failed += 1;
}

/** The closing line, and the exit code that says the same. @returns {never} */
export function conclude() {
  console.log(`\n${tally.passed} passed, ${tally.failed} failed`);
  process.exit(tally.failed === 0 && tally.passed > 0 ? 0 : 1);
}
