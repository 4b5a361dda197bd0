// Makes a fresh clone ready: packages, Prisma's client, the production build, each only when its inputs changed.
// Plain JavaScript and Node's own modules alone, since it runs before anything is installed, on Node 20.19 or newer.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Node of the version in package.json: the machine's own may be as old as 20.19. */
export const node = join(root, "node_modules", ".bin", process.platform === "win32" ? "node.exe" : "node");
const bin = (/** @type {string} */ name) => join(root, "node_modules", ".bin", name);

/** @param {string} sentence @returns {never} */
export function giveUp(sentence) {
  console.error(`\n${sentence}\n`);
  process.exit(1);
}

/** @param {string} path @param {import("node:crypto").Hash} hash */
function addTo(path, hash) {
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path).sort()) if (name !== "generated") addTo(join(path, name), hash);
  } else if (!/\.test\.tsx?$/.test(path)) {
    hash.update(path).update(readFileSync(path));
  }
}

/** @param {string[]} inputs */
function stampOf(inputs) {
  const hash = createHash("sha256");
  for (const input of inputs) addTo(join(root, input), hash);
  return hash.digest("hex");
}

/**
 * Runs `work` unless the stamp beside its result says that its inputs are the same as last time.
 * @param {string} stampFile @param {string[]} inputs @param {() => void} work
 */
function whenChanged(stampFile, inputs, work) {
  const file = join(root, stampFile);
  const stamp = stampOf(inputs);
  if (existsSync(file) && readFileSync(file, "utf8") === stamp) return;
  rmSync(file, { force: true });
  work();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, stamp);
}

/**
 * @param {string} what @param {string} command @param {string[]} args
 * @param {{ quiet?: boolean, env?: NodeJS.ProcessEnv }} [options]
 */
export function step(what, command, args, { quiet = true, env = process.env } = {}) {
  const began = Date.now();
  process.stdout.write(`${what} … `);
  const done = spawnSync(command, args, { cwd: root, env, encoding: "utf8", stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit" });
  if (done.status !== 0) {
    giveUp(`${what} failed${done.error ? `: ${done.error.message}` : "."}\n${(done.stdout ?? "").slice(-4000)}${(done.stderr ?? "").slice(-4000)}`);
  }
  console.log(`${((Date.now() - began) / 1000).toFixed(1)} s`);
}

export function install() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) giveUp(`Tidegate needs Node 20.19 or newer; this is ${process.versions.node}.`);
  whenChanged("node_modules/.tidegate-installed", ["package-lock.json"], () => {
    // devDependencies too: the build needs them, whatever NODE_ENV says
    step("Installing packages (a minute or two, the first time)", "npm", ["ci", "--include=dev", "--no-audit", "--no-fund"]);
  });
  if (!existsSync(node)) giveUp("The package `node` did not install its binary. Run `npm ci` and look at what it prints.");
}

export function generate() {
  whenChanged("prisma/generated/.inputs", ["prisma/schema.prisma", "package-lock.json"], () => {
    // Prisma's CLI would download a schema engine that `generate` does not use: any existing file satisfies it
    const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: join(root, "package.json"), CHECKPOINT_DISABLE: "1" };
    step("Generating the database client", node, [bin("prisma"), "generate", "--schema", "prisma/schema.prisma"], { env });
  });
}

export function build() {
  const inputs = ["app", "components", "lib", "public", "prisma/schema.prisma", "package-lock.json", "next.config.ts", "postcss.config.mjs", "tsconfig.json"];
  whenChanged(".next/.inputs", inputs, () => {
    step("Building the web app (about half a minute)", node, [bin("next"), "build"], { env: { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" } });
  });
}
