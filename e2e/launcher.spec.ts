// What `npm start` does to processes. No browser: the program itself, without the sandbox to be quick.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { workerProgram } from "@/scripts/ready.mjs";
import { temporaryDir } from "@/scripts/services";
import { expect, test } from "./fixtures/tidegate";

type Started = { process: ChildProcess; output: () => string; exit: Promise<number | null> };

const start = (dataDir: string, settings: Record<string, string> = {}): Started =>
  startProgram(["--import", "tsx", "scripts/up.ts"], {
    NODE_ENV: "development",
    DATA_DIR: dataDir,
    PORT: "0",
    SANDBOX: "off",
    DATABASE_URL: "",
    ENCRYPTION_KEY: "",
    BASE_URL: "",
    ...settings,
  });

function startProgram(args: string[], settings: Record<string, string>): Started {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return {
    process: child,
    output: () => text,
    exit: once(child, "exit").then(([code]) => code as number | null),
  };
}

const up = (started: Started) =>
  expect.poll(started.output, { timeout: 60_000 }).toContain("Tidegate is up");

/** Processes whose command line or parentage names this data folder. */
function processesOf(pids: number[]): number[] {
  return pids.filter((pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  });
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean)
    .map(Number);

test("it starts, takes one more worker, refuses a second one on the same data, stops without a trace, and starts again with everything kept", async () => {
  const { dir, remove } = temporaryDir("tidegate-launcher-");
  const first = start(dir);
  await up(first);
  for (const file of ["encryption-key", "postgres-password", "endpoints.json"])
    expect(statSync(join(dir, file)).mode & 0o777, file).toBe(0o600);
  const key = readFileSync(join(dir, "encryption-key"), "utf8");
  const { web, setupUrl, database } = JSON.parse(
    readFileSync(join(dir, "endpoints.json"), "utf8"),
  ) as { web: string; setupUrl: string; database: string };
  expect((await fetch(`${web}/api/health`)).status).toBe(200);
  expect((await fetch(setupUrl)).status).toBe(200);

  const worker = startProgram(["scripts/worker.mjs"], {
    DATABASE_URL: database,
    ENCRYPTION_KEY: key.trim(),
  });
  await expect.poll(worker.output, { timeout: 60_000 }).toContain("worker ready");
  worker.process.kill("SIGTERM");
  expect(await worker.exit).toBe(0);

  const second = start(dir);
  expect(await second.exit).toBe(1);
  expect(second.output()).toContain("Tidegate is running here already");

  const pids = childrenOf(first.process.pid ?? 0);
  expect(pids.length).toBeGreaterThanOrEqual(3); // database, web server, worker
  first.process.kill("SIGTERM");
  expect(await first.exit).toBe(0);
  expect(processesOf(pids)).toEqual([]);

  const again = start(dir);
  await up(again);
  expect(readFileSync(join(dir, "encryption-key"), "utf8")).toBe(key);
  again.process.kill("SIGINT");
  expect(await again.exit).toBe(0);
  remove();
});

test("in production every line that it and its programs write is one JSON object, from the first to the last", async () => {
  const { dir, remove } = temporaryDir("tidegate-launcher-");
  const started = start(dir, { NODE_ENV: "production", LOG_LEVEL: "debug" });
  await up(started);
  const { web } = JSON.parse(readFileSync(join(dir, "endpoints.json"), "utf8")) as { web: string };
  for (const path of ["/", "/sign-in", "/nowhere", "/api/browse", "/api/health"])
    await fetch(`${web}${path}`, { method: path === "/api/browse" ? "POST" : "GET" });
  started.process.kill("SIGTERM");
  expect(await started.exit).toBe(0);
  const second = start(dir, { NODE_ENV: "production", PORT: "nothing" });
  expect(await second.exit).toBe(1);
  const lines = `${started.output()}${second.output()}`.split("\n").filter((line) => line !== "");
  expect(lines.length).toBeGreaterThan(6);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number) });
  remove();
});

test("killed outright, nothing that it started lives on", async () => {
  const { dir, remove } = temporaryDir("tidegate-launcher-");
  const started = start(dir);
  await up(started);
  const programs = childrenOf(started.process.pid ?? 0).filter((pid) =>
    /web\.mjs|worker/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8")),
  );
  expect(programs).toHaveLength(2);
  started.process.kill("SIGKILL");
  await expect.poll(() => processesOf(programs), { timeout: 20_000 }).toEqual([]);
  // the database it left is stopped by the next start, on the same data
  const next = start(dir);
  await up(next);
  next.process.kill("SIGTERM");
  expect(await next.exit).toBe(0);
  remove();
});

test("a database server that is killed is started again, and everything goes on", async () => {
  const { dir, remove } = temporaryDir("tidegate-launcher-");
  const started = start(dir);
  await up(started);
  const { web } = JSON.parse(readFileSync(join(dir, "endpoints.json"), "utf8")) as { web: string };
  const programs = childrenOf(started.process.pid ?? 0).filter((pid) =>
    /web\.mjs|worker/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8")),
  );
  const postmaster = () =>
    Number.parseInt(readFileSync(join(dir, "postgres", "postmaster.pid"), "utf8"), 10);
  for (let time = 0; time < 2; time++) {
    const killed = postmaster();
    process.kill(killed, "SIGKILL");
    await expect
      .poll(() => existsSync(join(dir, "postgres", "postmaster.pid")) && postmaster(), {
        timeout: 30_000,
      })
      .not.toBe(killed);
    await expect
      .poll(async () => (await fetch(`${web}/api/health`)).status, { timeout: 30_000 })
      .toBe(200);
  }
  expect(processesOf(programs)).toEqual(programs);
  const last = postmaster();
  started.process.kill("SIGTERM");
  expect(await started.exit).toBe(0);
  expect(processesOf([...programs, last])).toEqual([]);
  remove();
});

test("a child that fails, a taken port, a folder that can't be written, a wrong setting: one sentence and exit code 1", async () => {
  const { dir, remove } = temporaryDir("tidegate-launcher-");
  const started = start(dir);
  await up(started);
  const web = childrenOf(started.process.pid ?? 0).find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("web.mjs"),
  );
  process.kill(web ?? 0, "SIGKILL");
  expect(await started.exit).toBe(1);
  expect(started.output()).toContain("The web server ended");

  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" && address ? String(address.port) : "";
  const refusals: [settings: Record<string, string>, sentence: string][] = [
    [{ PORT: port }, `Port ${port} is taken by another program.`],
    [{ DATA_DIR: "/dev/null/data" }, "Tidegate can't write to its data folder"],
    [{ PORT: "99999" }, "The setting PORT is wrong"],
    [{ SANDBOX: "maybe" }, "The setting SANDBOX is wrong: must be on or off."],
    [{ DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" }, "ENCRYPTION_KEY must be set too"],
    [
      { ENCRYPTION_KEY: "short" },
      "The setting ENCRYPTION_KEY is wrong: must be 32 random bytes in base64",
    ],
    [
      {
        DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none",
        ENCRYPTION_KEY: Buffer.alloc(32, 7).toString("base64"),
      },
      "The database that DATABASE_URL names can't be used",
    ],
  ];
  for (const [settings, sentence] of refusals) {
    const refused = start(dir, settings);
    expect(await refused.exit, sentence).toBe(1);
    expect(refused.output()).toContain(sentence);
  }
  taken.close();
  remove();
});

test("the encryption key is rotated and the old one retired while all runs; without a key neither program starts", async () => {
  const { dir, remove } = temporaryDir("tidegate-launcher-");
  const started = start(dir);
  await up(started);
  const file = join(dir, "encryption-key");
  const key = readFileSync(file, "utf8").trim();
  const { web, setupUrl } = JSON.parse(readFileSync(join(dir, "endpoints.json"), "utf8")) as {
    web: string;
    setupUrl: string;
  };
  const run = async (args: string[], settings: Record<string, string>) => {
    const child = spawn(process.execPath, ["--import", "tsx", ...args], {
      env: { ...process.env, DATABASE_URL: "", ENCRYPTION_KEY: "", ...settings },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    const [code] = (await once(child, "exit")) as [number | null];
    return { code, text };
  };
  const secrets = (command: string) => run(["scripts/secrets.ts", command], { DATA_DIR: dir });
  expect((await secrets("rotate-key")).text).toContain("1 secret now under the key");
  expect(readFileSync(file, "utf8")).toContain(key);
  expect((await secrets("retire-keys")).text).toContain("Removed");
  expect(readFileSync(file, "utf8")).not.toContain(key);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect((await fetch(setupUrl)).status).toBe(200);
  expect((await secrets("status")).text).toMatch(/^[0-9a-f]{8} {2}1 secret, seals\n$/);

  const DATABASE_URL = "postgresql://nobody@127.0.0.1:1/none";
  for (const program of ["scripts/web.mjs", workerProgram]) {
    for (const [ENCRYPTION_KEY, sentence] of [
      ["", "ENCRYPTION_KEY is not set"],
      ["c2hvcnQ=", "The setting ENCRYPTION_KEY is wrong"],
    ] as const) {
      const refused = await run([program], {
        DATABASE_URL,
        ENCRYPTION_KEY,
        PORT: new URL(web).port,
        NODE_ENV: "production",
      });
      expect(refused.code, `${program} with “${ENCRYPTION_KEY}”`).toBe(1);
      expect(refused.text).toContain(sentence);
    }
  }
  started.process.kill("SIGTERM");
  expect(await started.exit).toBe(0);
  remove();
});
