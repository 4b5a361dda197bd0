// One Tidegate a data folder, and nobody else's process taken for it; programs that end with the one that started them.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { startChild } from "./children";
import { endedWithin, processAt, processesIn, written } from "./processes";
import { root } from "./ready.mjs";
import { lockDataDir, runningIn, temporaryDir } from "./services";

const { dir, remove } = temporaryDir("tidegate-services-");
const file = join(dir, "running.pid");
const others: ChildProcess[] = [];
const hasProc = existsSync("/proc/self/stat");
afterAll(() => {
  for (const other of others) other.kill("SIGKILL");
  remove();
});

/** Any program; this one even has a command line as Tidegate's. */
async function program(): Promise<number> {
  const child = spawn(
    process.execPath,
    ["-e", "setInterval(() => undefined, 1000)", "--", "scripts/up.ts"],
    { stdio: "ignore" },
  );
  others.push(child);
  await once(child, "spawn");
  return child.pid ?? 0;
}

test("the lock is kept against the Tidegate that runs, and taken from one that is gone", async () => {
  const pid = await program();
  writeFileSync(file, written(pid));
  expect(runningIn(dir)?.pid).toBe(pid);
  expect(() => lockDataDir(dir)).toThrow(`Tidegate is running here already (process ${pid}`);
  expect(readFileSync(file, "utf8")).toBe(written(pid));

  const found = processAt(pid);
  others.at(-1)?.kill("SIGKILL");
  if (found) await endedWithin(found, 5_000);
  const release = lockDataDir(dir);
  expect(readFileSync(file, "utf8")).toBe(written(process.pid));
  release();
  expect(readdirSync(dir)).toEqual([]);
});

test("a running.pid whose number belongs to another program by now keeps nobody from starting", async () => {
  const pid = await program();
  for (const text of [String(pid), `${pid}\nanother-start\n`, `${pid}\n\n`, "", "nonsense", "-1"]) {
    writeFileSync(file, text);
    expect(runningIn(dir)).toBeUndefined();
    lockDataDir(dir)();
    expect(existsSync(file)).toBe(false);
  }
  expect(processAt(pid)).toBeDefined();
});

test("a lock that somebody else holds by now is not released", () => {
  const release = lockDataDir(dir);
  writeFileSync(file, "1\nsomebody\n");
  release();
  expect(readFileSync(file, "utf8")).toBe("1\nsomebody\n");
});

test.skipIf(!hasProc)(
  "a program whose supervisor is killed in the moment of its start ends too",
  async () => {
    const child = `import("./scripts/with-parent.mjs").then(({ stopWithParent }) => { setInterval(() => undefined, 1000); stopWithParent(() => process.exit(0)); })`;
    const supervisor = `
    import("./scripts/children.ts").then(({ startChild }) => {
      void startChild({ name: "program", args: ["-e", ${JSON.stringify(child)}], env: {}, ready: () => false, onFailure: () => undefined });
      const children = process.getBuiltinModule("node:fs").readFileSync("/proc/self/task/" + process.pid + "/children", "utf8");
      process.getBuiltinModule("node:fs").writeSync(1, children);
      process.kill(process.pid, "SIGKILL");
    });`;
    for (let time = 0; time < 3; time++) {
      const started = spawn(process.execPath, ["--import", "tsx", "-e", supervisor], {
        cwd: root,
        stdio: ["ignore", "pipe", "inherit"],
      });
      let said = "";
      started.stdout.on("data", (chunk: Buffer) => {
        said += chunk.toString();
      });
      const [, signalName] = (await once(started, "exit")) as [number | null, string | null];
      expect(signalName).toBe("SIGKILL");
      const pids = said.trim().split(/\s+/).filter(Boolean).map(Number);
      expect(pids.length).toBeGreaterThan(0);
      for (const pid of pids) {
        const found = processAt(pid);
        if (found) expect(await endedWithin(found, 10_000), found.commandLine).toBe(true);
      }
    }
  },
);

test.skipIf(!hasProc)(
  "a command ends with all that it started when the start that waits for it is killed",
  async () => {
    const command = `process.getBuiltinModule("node:child_process").spawn("sleep", ["600"]); setInterval(() => undefined, 1000);`;
    const script = `import("./scripts/ready.mjs").then(({ step }) => step("Waiting", process.execPath, ["-e", ${JSON.stringify(command)}]))`;
    const started = spawn(process.execPath, ["-e", script], { cwd: root, stdio: "ignore" });
    const sleeping = () =>
      processesIn(root, "sleep").filter(({ commandLine }) => commandLine.includes("600"));
    await expect.poll(sleeping, { timeout: 10_000 }).toHaveLength(1);
    const [found] = sleeping();
    started.kill("SIGKILL");
    expect(found && (await endedWithin(found, 10_000))).toBe(true);
  },
);

test("a program gets those variables of the environment that are named, and no others", async () => {
  process.env.OIDC_CLIENT_SECRET = "not-for-you";
  const { child, line } = await startChild({
    name: "program",
    args: ["-e", "console.log(JSON.stringify(process.env)); setInterval(() => undefined, 1000)"],
    env: { GIVEN: "yes" },
    inherits: ["PATH"],
    ready: (text) => text.startsWith("{"),
    onFailure: () => undefined,
  });
  await child.stop();
  delete process.env.OIDC_CLIENT_SECRET;
  expect(Object.keys(JSON.parse(line) as object).sort()).toEqual(
    ["GIVEN", "PATH", "TIDEGATE_STOP_WITH_STDIN"].sort(),
  );
});
