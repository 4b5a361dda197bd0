// Makes a fresh clone ready: packages, Prisma's client, the production build, each only when its inputs changed.
// Plain JavaScript and Node's own modules alone, since it runs before anything is installed, on Node 20.19 or newer.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { areForPrograms, say } from "./lines.mjs";
import { STOP_WITH_STDIN, stopWithParent } from "./with-parent.mjs";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Node of the version in package.json: the machine's own may be as old as 20.19. */
export const node = join(
  root,
  "node_modules",
  ".bin",
  process.platform === "win32" ? "node.exe" : "node",
);
const bin = (/** @type {string} */ name) => join(root, "node_modules", ".bin", name);

/**
 * Browsers for the journeys, the best first; Playwright's own where there is none. Debian's are the only ones on a closed
 * network; its headless shell spends nothing on windows that nobody sees.
 */
export const systemBrowsers = [
  process.env.CHROMIUM_PATH,
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
].filter((path) => path !== undefined);

/** Runs a command that ends with the process that started it; see there. */
export const groupProgram = join(root, "scripts", "group.mjs");

/** @param {string} sentence @returns {never} */
export function giveUp(sentence) {
  say(`\n${sentence}\n`, "error");
  process.exit(1);
}

/** @param {string} path @param {import("node:crypto").Hash} hash */
function addTo(path, hash) {
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path).sort())
      if (name !== "generated") addTo(join(path, name), hash);
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
 * @param {string} stampFile @param {string[]} inputs @param {() => Promise<void>} work
 */
async function whenChanged(stampFile, inputs, work) {
  const file = join(root, stampFile);
  const stamp = stampOf(inputs);
  if (existsSync(file) && readFileSync(file, "utf8") === stamp) return;
  rmSync(file, { force: true });
  await work();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, stamp);
}

/**
 * Runs one long command and says how long it took. It has a process group of its own, which ends when this process is asked
 * to stop or is killed: a build that went on in the background would block the next.
 * @param {string} what @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<void>}
 */
export function step(what, command, args, env = process.env) {
  const began = Date.now();
  if (!areForPrograms()) process.stdout.write(`${what} … `);
  const child = spawn(process.execPath, [groupProgram, command, ...args], {
    cwd: root,
    env: { ...env, ...STOP_WITH_STDIN },
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => undefined); // it may end first
  let output = "";
  const keep = (/** @type {Buffer} */ chunk) => (output = (output + chunk).slice(-6000));
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const stop = () => {
    if (child.pid) process.kill(-child.pid, "SIGTERM");
    process.exit(130);
  };
  /** @type {NodeJS.Signals[]} */
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, stop);
  const watched = stopWithParent(stop);
  return new Promise((done) => {
    child.on("error", (error) => giveUp(`${what} failed: ${error.message}`));
    child.on("exit", (code) => {
      if (code !== 0) giveUp(`${what} failed.\n${output}`);
      for (const signal of signals) process.off(signal, stop);
      watched.cancel();
      const took = `${((Date.now() - began) / 1000).toFixed(1)} s`;
      say(areForPrograms() ? `${what}: ${took}` : took);
      done();
    });
  });
}

export async function install() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    giveUp(`Tidegate needs Node 20.19 or newer; this is ${process.versions.node}.`);
  await whenChanged("node_modules/.tidegate-installed", ["package-lock.json"], () =>
    // devDependencies too: the build needs them, whatever NODE_ENV says
    step("Installing packages (a minute or two, the first time)", "npm", [
      "ci",
      "--include=dev",
      "--no-audit",
      "--no-fund",
    ]),
  );
  if (!existsSync(node))
    giveUp(
      "The package `node` did not install its binary. Run `npm ci` and look at what it prints.",
    );
}

export async function generate() {
  // Prisma's CLI would download a schema engine that `generate` does not use: any existing file satisfies it
  const env = {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: join(root, "package.json"),
    CHECKPOINT_DISABLE: "1",
  };
  await whenChanged("prisma/generated/.inputs", ["prisma/schema.prisma", "package-lock.json"], () =>
    step(
      "Generating the database client",
      node,
      [bin("prisma"), "generate", "--schema", "prisma/schema.prisma"],
      env,
    ),
  );
}

/**
 * How the worker is run. What it reads lies outside of V8's heap, and is freed when the young generation is collected:
 * a smaller one is collected sooner, which takes 30 to 60 MB off the worker's peak and costs no time that was measured.
 */
export const workerFlags = ["--max-semi-space-size=8"];
export const workerSource = "lib/worker/main.ts";
/** The worker as it is run but for `npm run dev`: nothing is compiled when it starts, and no compiler stays in its memory. */
export const workerProgram = ".next/worker/main.mjs";

/** Makes one program of a TypeScript file and what it imports; packages stay where they are. @param {string} entry @param {string} outdir */
export async function bundle(entry, outdir) {
  const esbuild = await import("esbuild");
  rmSync(join(root, outdir), { recursive: true, force: true });
  await esbuild.build({
    entryPoints: [join(root, entry)],
    outdir: join(root, outdir),
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    packages: "external",
    outExtension: { ".js": ".mjs" },
    logLevel: "warning",
  });
}

export const buildWorker = () =>
  whenChanged(
    ".next/worker/.inputs",
    [
      "lib",
      "scripts/with-parent.mjs",
      "prisma/schema.prisma",
      "package-lock.json",
      "tsconfig.json",
    ],
    () => bundle(workerSource, ".next/worker"),
  );

/**
 * Becomes another program on the Node of package.json: what tells us to stop tells it, and its end is ours.
 * @param {string[]} args
 */
export function become(args) {
  const program = spawn(node, args, {
    cwd: root,
    env: { ...process.env, ...STOP_WITH_STDIN },
    stdio: ["pipe", "inherit", "inherit"],
  });
  const stop = () => program.kill("SIGTERM");
  // Ctrl-C reaches the program too; it alone decides when all is stopped
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]))
    process.on(signal, stop);
  // npm runs this in a shell; when that is killed, nobody else would tell us
  stopWithParent(stop);
  program.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}

export async function build() {
  const inputs = [
    "app",
    "components",
    "lib",
    "public",
    "prisma/schema.prisma",
    "package-lock.json",
    "next.config.ts",
    "instrumentation.ts",
    "proxy.ts",
    "postcss.config.mjs",
    "tsconfig.json",
  ];
  await whenChanged(".next/.inputs", inputs, () =>
    step("Building the web app (about half a minute)", node, [bin("next"), "build"], {
      ...process.env,
      NODE_ENV: "production",
      NEXT_TELEMETRY_DISABLED: "1",
    }),
  );
  await buildWorker();
}
