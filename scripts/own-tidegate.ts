// A Tidegate of one's own for journeys and benchmarks: as `npm start` runs it, the production build, in a folder that goes.
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDir } from "./services";

const READY_MS = 120_000;
const LOOK_MS = 100;
/** Journeys and benchmarks have receivers, proxies and bastions of their own on this machine. */
const LOOPBACK = "127.0.0.1,[::1]";

/** Starts it on free ports. `stop` leaves nothing behind unless `keep`. */
export async function startOwnTidegate(
  prefix: string,
): Promise<{ dataDir: string; endpoints: () => unknown; stop(keep?: boolean): Promise<void> }> {
  const { dir: dataDir, remove } = temporaryDir(prefix);
  const up = spawn(process.execPath, ["--import", "tsx", "scripts/up.ts"], {
    env: {
      ...process.env,
      DATA_DIR: dataDir,
      PORT: "0",
      SANDBOX: "on",
      SANDBOX_PORTS: "free",
      SANDBOX_DEMO: "0",
      DATABASE_URL: "",
      ENCRYPTION_KEY: "",
      BASE_URL: "",
      NETWORK_ALLOW: LOOPBACK,
      NODE_ENV: "development",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = join(dataDir, "output.log"); // of all its programs
  for (const stream of [up.stdout, up.stderr])
    stream.on("data", (chunk: Buffer) => appendFileSync(log, chunk));
  const ended = new Promise<void>((done) => up.on("exit", () => done()));
  const file = join(dataDir, "endpoints.json");
  const deadline = Date.now() + READY_MS;
  while (!existsSync(file)) {
    if (up.exitCode !== null || Date.now() > deadline)
      throw new Error(
        `Tidegate did not come up:\n${existsSync(log) ? readFileSync(log, "utf8") : ""}`,
      );
    await new Promise((wait) => setTimeout(wait, LOOK_MS));
  }
  return {
    dataDir,
    endpoints: () => JSON.parse(readFileSync(file, "utf8")) as unknown,
    stop: async (keep = false) => {
      up.kill("SIGTERM");
      await ended;
      if (!keep) remove();
    },
  };
}
